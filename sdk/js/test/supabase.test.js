// A small app with the real supabase-js, unchanged but for its address and its key.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";
import { startServer } from "./server.js";
import { ok } from "./supabase.js";

const [anonKey, serviceKey] = ["the-anon-key", "the-service-key-of-the-test"];
const config = (port) => `
listen: "127.0.0.1:${port}"
databases: { main: { driver: memory } }
mail: { url: "file:mails", from: "Test <no-reply@example.com>" }
auth: { url: "http://127.0.0.1:${port}", redirects: ["http://app.example.com"], tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { attempts: 1000 }, anonymous: {}, email: { signup: true } } }
log: { level: warn }
compat: { supabase: { anon_key: "${anonKey}", service_key: "${serviceKey}" } }
channels: { "room:{id}": { subscribe: 'auth != nil', publish: 'auth != nil' } }
collections:
  people: { fields: { name: { type: string }, salary: { type: int } }, rules: { read: "true" }, fields_readable: { salary: "false" } }
  notes:
    fields:
      owner:  { type: string }
      author: { type: ref, to: people }
      title:  { type: string, required: true }
      stars:  { type: int, default: 0 }
      tags:   { type: json }
    rules:
      read:   'doc.owner == "all" || doc.owner == auth.id'
      create: 'next.owner == auth.id'
      update: 'doc.owner == auth.id && next.owner == auth.id'
      delete: 'doc.owner == auth.id'
  avatars:
    files: { images: {} }
    fields: { owner: { type: string } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil && next.path startsWith auth.id + "/"', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
  posters: { files: { public: true, images: {} }, rules: { read: "true", create: "auth != nil" } }
  comments: { fields: { note: { type: ref, to: notes }, text: { type: string } }, rules: { read: "true" } }
`;

let server;
before(async () => { server = await startServer("", config); });
after(async () => { assert.equal(await server.stop(), 0); });

const client = (key) => createClient(server.url, key, { auth: { persistSession: false, autoRefreshToken: false }, realtime: { transport: WebSocket } });

test("an app of supabase-js signs up, writes and reads", async () => {
  const admin = client(serviceKey);
  ok(await admin.from("people").insert([{ id: "ann", name: "Ann", salary: 10 }, { id: "bob", name: "Bob", salary: 20 }]));
  ok(await admin.from("notes").insert([
    { id: "n1", owner: "all", author: "ann", title: "Alpha", stars: 3, tags: ["a", "b"] },
    { id: "n2", owner: "all", author: "bob", title: "Beta", stars: 5, tags: ["b"] },
    { id: "n3", owner: "nobody", title: "hidden" },
  ]));
  ok(await admin.from("comments").insert({ note: "n1", text: "first" }));

  const supabase = client(anonKey);
  assert.deepEqual(ok(await supabase.from("notes").select("id, title, author(name), comments(text)").order("id")), [
    { id: "n1", title: "Alpha", author: { name: "Ann" }, comments: [{ text: "first" }] },
    { id: "n2", title: "Beta", author: { name: "Bob" }, comments: [] },
  ]);
  const { user, session } = ok(await supabase.auth.signUp({ email: "ada@example.com", password: "correct horse", options: { data: { name: "Ada" } } }));
  assert.equal(user.user_metadata.name, "Ada");
  assert.ok(session.expires_at > Date.now() / 1000);

  const made = ok(await supabase.from("notes").insert({ owner: user.id, title: "mine" }).select("title, stars").single());
  assert.deepEqual(made, { title: "mine", stars: 0 });
  ok(await supabase.from("notes").upsert([{ id: "m2", owner: user.id, title: "two" }, { id: "m3", owner: user.id, title: "three" }]));
  assert.deepEqual(ok(await supabase.from("notes").update({ stars: 4 }).eq("id", "m2").select("id, stars")), [{ id: "m2", stars: 4 }]);
  assert.equal((await supabase.from("notes").delete({ count: "exact" }).eq("id", "m3")).count, 1);

  const { count } = await supabase.from("notes").select("*", { count: "exact", head: true });
  assert.equal(count, 4);
  assert.deepEqual(ok(await supabase.from("notes").select("id").or("stars.eq.3,title.ilike.%ET%").order("stars", { ascending: false })), [{ id: "n2" }, { id: "n1" }]);
  assert.deepEqual(ok(await supabase.from("notes").select("id").contains("tags", ["a"]).in("title", ["Alpha", "Beta, no"]).not("author", "is", null).range(0, 9)), [{ id: "n1" }]);
  assert.deepEqual(ok(await supabase.from("notes").select("id, author!inner(name)").eq("author.name", "Bob").maybeSingle()), { id: "n2", author: { name: "Bob" } });
});

test("what supabase-js is refused has the codes that apps look at", async () => {
  const supabase = client(anonKey);
  for (const [call, status, code] of [
    [supabase.from("nope").select(), 404, "PGRST205"],
    [supabase.from("notes").select().eq("id", "none").single(), 406, "PGRST116"],
    [supabase.from("notes").insert({ owner: "all", title: "x" }), 401, "42501"],
    [supabase.from("people").select("salary"), 403, "42501"],
    [client("wrong").from("notes").select(), 401, "PGRST301"],
  ]) {
    const answer = await call;
    assert.deepEqual([answer.status, answer.error?.code], [status, code]);
  }
  assert.equal((await supabase.auth.signInWithPassword({ email: "ada@example.com", password: "wrong" })).error.code, "invalid_credentials");
  assert.equal((await supabase.auth.signUp({ email: "new@example.com", password: "short" })).error.code, "weak_password");
});

test("sessions of supabase-js are refreshed, changed and ended", async () => {
  const supabase = client(anonKey);
  ok(await supabase.auth.signUp({ email: "bea@example.com", password: "correct horse" }));
  assert.ok(ok(await supabase.auth.refreshSession()).session.access_token);
  assert.deepEqual(ok(await supabase.auth.updateUser({ data: { age: 3 } })).user.user_metadata, { age: 3 });
  assert.equal(ok(await supabase.auth.getUser()).user.email, "bea@example.com");
  assert.equal((await supabase.auth.signOut()).error, null);
  assert.equal((await supabase.auth.getUser()).error.name, "AuthSessionMissingError");
  assert.equal(ok(await supabase.auth.signInAnonymously()).user.is_anonymous, true);
  const admin = client(serviceKey);
  const eve = ok(await admin.auth.admin.createUser({ email: "eve@example.com", password: "correct horse", email_confirm: true, app_metadata: { team: "red" } })).user;
  assert.equal(eve.app_metadata.team, "red");
  assert.equal(ok(await admin.auth.admin.getUserById(eve.id)).user.email, "eve@example.com");
  ok(await admin.auth.admin.deleteUser(eve.id));
});

/** Where the link of the mail of a number leads, as a browser sees it. */
const landing = async (n) => {
  const link = (await server.mail(n)).match(/http\S+verify\S+/)[0];
  const { status, headers } = await fetch(link, { redirect: "manual" });
  assert.equal(status, 303);
  return new URL(headers.get("location"));
};

test("supabase-js signs in by the links of mails, in both flows", async () => {
  const emailRedirectTo = "http://app.example.com/in";
  const implicit = client(anonKey);
  ok(await implicit.auth.signInWithOtp({ email: "fay@example.com", options: { emailRedirectTo } }));
  const fragment = new URLSearchParams((await landing(0)).hash.slice(1));
  const { user } = ok(await implicit.auth.setSession({ access_token: fragment.get("access_token"), refresh_token: fragment.get("refresh_token") }));
  assert.equal(user.email, "fay@example.com");

  const kept = new Map();
  const storage = { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => void kept.set(k, v), removeItem: (k) => void kept.delete(k) };
  const pkce = createClient(server.url, anonKey, { auth: { flowType: "pkce", autoRefreshToken: false, storage }, realtime: { transport: WebSocket } });
  ok(await pkce.auth.resetPasswordForEmail("fay@example.com", { redirectTo: emailRedirectTo }));
  const code = (await landing(1)).searchParams.get("code");
  assert.equal((await implicit.auth.exchangeCodeForSession(code)).error !== null, true); // it has no verifier
  ok(await pkce.auth.resetPasswordForEmail("fay@example.com", { redirectTo: emailRedirectTo }));
  const session = ok(await pkce.auth.exchangeCodeForSession((await landing(2)).searchParams.get("code")));
  assert.equal(session.user.id, user.id);
  ok(await pkce.auth.updateUser({ password: "a quiet horse battery" }));
  ok(await client(anonKey).auth.signInWithPassword({ email: "fay@example.com", password: "a quiet horse battery" }));

  const { url } = ok(await pkce.auth.signInWithOAuth({ provider: "github", options: { redirectTo: emailRedirectTo, skipBrowserRedirect: true } }));
  assert.equal((await fetch(url, { redirect: "manual" })).status, 400); // it is not configured
  const { auth } = client(serviceKey);
  assert.equal(ok(await auth.admin.inviteUserByEmail("gus@example.com", { redirectTo: emailRedirectTo, data: { team: "red" } })).user.user_metadata.team, "red");
  const { properties } = ok(await auth.admin.generateLink({ type: "magiclink", email: "fay@example.com" }));
  assert.equal(ok(await client(anonKey).auth.verifyOtp({ token_hash: properties.hashed_token, type: "magiclink" })).user.id, user.id);
});

/** What a channel comes to when it is subscribed: its status, and why. */
const subscribed = (channel) => new Promise((resolve) => channel.subscribe((status, error) => resolve([status, error?.message])));

test("supabase-js follows tables, and talks in channels", async () => {
  const supabase = client(anonKey);
  const { user } = ok(await supabase.auth.signInAnonymously());
  const changes = [];
  let wake = () => undefined;
  const note = (change) => { changes.push(change); wake(); };
  const until = async (n) => { while (changes.length < n) await new Promise((resolve) => { wake = resolve; }); };

  const rows = supabase.channel("any name").on("postgres_changes", { event: "*", schema: "public", table: "notes", filter: `owner=eq.${user.id}` }, note);
  assert.deepEqual(await subscribed(rows), ["SUBSCRIBED", undefined]);
  ok(await supabase.from("notes").insert({ id: "r1", owner: user.id, title: "one" }));
  await until(1);
  ok(await supabase.from("notes").update({ stars: 7 }).eq("id", "r1"));
  await until(2);
  ok(await supabase.from("notes").delete().eq("id", "r1"));
  await until(3);
  assert.deepEqual(changes.map((c) => [c.eventType, c.new.title, c.new.stars, c.old.id]), [["INSERT", "one", 0, undefined], ["UPDATE", "one", 7, "r1"], ["DELETE", undefined, undefined, "r1"]]);

  changes.length = 0;
  const other = client(anonKey);
  ok(await other.auth.signInAnonymously());
  const [here, there] = [supabase.channel("room:1", { config: { broadcast: { ack: true } } }), other.channel("room:1").on("broadcast", { event: "typing" }, note)];
  const present = new Promise((resolve) => { there.on("presence", { event: "join" }, resolve); });
  assert.deepEqual(await subscribed(there), ["SUBSCRIBED", undefined]);
  assert.deepEqual(await subscribed(here), ["SUBSCRIBED", undefined]);
  assert.equal(await here.send({ type: "broadcast", event: "typing", payload: { who: "ann" } }), "ok");
  await until(1);
  assert.deepEqual(changes[0].payload, { who: "ann" });
  assert.deepEqual(await here.httpSend("typing", { by: "http" }), { success: true });
  await until(2);
  assert.equal(await here.track({ mood: "good" }), "ok");
  assert.equal((await present).newPresences[0].mood, "good");
  const stranger = client(anonKey);
  const [status, reason] = await subscribed(stranger.channel("elsewhere"));
  assert.equal(status, "CHANNEL_ERROR");
  assert.match(reason, /no rule for the channel elsewhere/);
  for (const c of [supabase, other, stranger]) await c.removeAllChannels();
});

test("supabase.storage keeps files under the rules", async () => {
  const supabase = client(anonKey);
  const { user } = ok(await supabase.auth.signUp({ email: "files@example.com", password: "correct horse" }));
  const avatars = supabase.storage.from("avatars");
  const at = (name) => `${user.id}/${name}`;
  const made = ok(await avatars.upload(at("hello world.txt"), new Blob(["hello"], { type: "text/plain" }), { metadata: { a: 1 } }));
  assert.deepEqual([made.path, made.fullPath], [at("hello world.txt"), `avatars/${at("hello world.txt")}`]);
  assert.equal(ok(await avatars.upload(at("ü/b.txt"), Buffer.from("raw"), { contentType: "text/plain" })).path, at("ü/b.txt"));
  const twice = (await avatars.upload(at("hello world.txt"), "x")).error;
  assert.deepEqual([twice.message, twice.statusCode, twice.status], ["The resource already exists", "409", 400]);
  ok(await avatars.upload(at("hello world.txt"), "hello 2", { upsert: true }));
  ok(await avatars.update(at("hello world.txt"), new File(["hello 3"], "x.txt")));
  assert.equal((await avatars.upload("other/x.txt", "x")).error.statusCode, "403");

  assert.equal(await ok(await avatars.download(at("hello world.txt"))).text(), "hello 3");
  const info = ok(await avatars.info(at("hello world.txt")));
  assert.deepEqual([info.size, info.bucketId, info.metadata], [7, "avatars", { a: 1 }]);
  assert.deepEqual([(await avatars.exists(at("hello world.txt"))).data, (await avatars.exists(at("none"))).data], [true, false]);
  const entries = ok(await avatars.list(user.id));
  assert.deepEqual(entries.map(({ name, id, metadata }) => [name, id !== null, metadata?.size]), [["hello world.txt", true, 7], ["ü", false, undefined]]);
  assert.deepEqual(ok(await avatars.listV2({ prefix: `${user.id}/`, with_delimiter: true })).objects.map((o) => o.key), [at("hello world.txt")]);

  const { signedUrl } = ok(await avatars.createSignedUrl(at("hello world.txt"), 60, { download: "named.txt" }));
  const fetched = await fetch(signedUrl);
  assert.deepEqual([await fetched.text(), fetched.headers.get("content-disposition")], ["hello 3", 'attachment; filename="named.txt"']);
  const several = ok(await avatars.createSignedUrls([at("ü/b.txt"), "none"], 60));
  assert.equal(await (await fetch(several[0].signedUrl)).text(), "raw");
  assert.deepEqual([several[1].signedUrl, typeof several[1].error], [null, "string"]);
  const { token, path } = ok(await avatars.createSignedUploadUrl(at("signed.txt")));
  ok(await client(anonKey).storage.from("avatars").uploadToSignedUrl(path, token, new Blob(["signed"])));
  assert.equal(await ok(await avatars.download(at("signed.txt"))).text(), "signed");

  ok(await avatars.move(at("signed.txt"), at("moved.txt")));
  ok(await avatars.copy(at("moved.txt"), "copied.txt", { destinationBucket: "posters" }));
  const posters = supabase.storage.from("posters");
  assert.equal(await (await fetch(posters.getPublicUrl("copied.txt").data.publicUrl)).text(), "signed");
  const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  ok(await posters.upload("p.png", pixel, { contentType: "image/png" }));
  const picture = await fetch(posters.getPublicUrl("p.png", { transform: { width: 1, height: 1, format: "jpeg" } }).data.publicUrl);
  assert.equal(picture.headers.get("content-type"), "image/jpeg");
  assert.equal(ok(await posters.download("p.png", { transform: { width: 1, quality: 60 } })).type, "image/png");

  const stranger = client(anonKey).storage.from("avatars");
  assert.equal((await stranger.download(at("moved.txt"))).error.message, "Object not found");
  assert.deepEqual([ok(await stranger.list(user.id)), ok(await stranger.remove([at("moved.txt")]))], [[], []]);
  assert.deepEqual(ok(await avatars.remove([at("moved.txt"), at("none")])).map((o) => o.name), [at("moved.txt")]);
  const admin = client(serviceKey).storage;
  assert.deepEqual(ok(await admin.listBuckets()).map((b) => [b.id, b.public]), [["avatars", false], ["posters", true]]);
  assert.equal(ok(await admin.getBucket("posters")).public, true);
  assert.equal((await admin.createBucket("posters")).error.message, "The resource already exists");
  ok(await admin.emptyBucket("avatars"));
  assert.deepEqual(ok(await avatars.list(user.id)), []);
});
