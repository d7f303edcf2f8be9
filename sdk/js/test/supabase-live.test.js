// @basalt-dev/supabase: supabase-js, with live queries, and with reads and writes without a connection.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import WebSocket from "ws";
import "./linked.js";
import { startServer } from "./server.js";
import { ok } from "./supabase.js";

const { createClient } = await import("../supabase/dist/index.js"); // after linked.js

const [anonKey, serviceKey] = ["the-anon-key-of-the-test", "the-service-key-of-the-test"];
const config = (port) => `
listen: "127.0.0.1:${port}"
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { url: "http://127.0.0.1:${port}", tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { attempts: 1000 } } }
log: { level: warn }
compat: { supabase: { anon_key: "${anonKey}", service_key: "${serviceKey}" } }
collections:
  todos:
    fields: { owner: { type: string }, title: { type: string, required: true, max: 20 }, done: { type: bool, default: false }, data: { type: json } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
`;

let server;
before(async () => { server = await startServer("", config); });
after(async () => { assert.equal(await server.stop(), 0); });

const ends = [];
afterEach(() => { for (const end of ends.splice(0)) end(); });

const client = (options = {}, key = anonKey) =>
  createClient(server.url, key, { auth: { persistSession: false, autoRefreshToken: false }, realtime: { transport: WebSocket }, ...options });

const credentials = (who) => ({ email: `${who}@example.com`, password: "correct horse" });

/** A live query of the table, whose states can be waited for. */
function follow(supabase, ...query) {
  let now, wake = () => undefined;
  ends.push(supabase.live("todos", ...query, (rows, snapshot) => {
    now = { titles: rows.map((row) => row.title), snapshot };
    wake();
  }));
  return async (...titles) => {
    while (now?.titles.join() !== titles.join()) await new Promise((resolve) => { wake = resolve; });
    return now.snapshot;
  };
}

/** A fetch that can be cut off, as a whole or for tables. */
function connection() {
  const it = {
    off: false, held: undefined,
    fetch: async (input, init) => {
      if (it.off) throw new TypeError("fetch failed");
      if (it.held && String(input).includes("/rest/v1/")) await it.held;
      return fetch(input, init);
    },
  };
  return it;
}

/** A store of writes that outlives a client. */
function store() {
  const kept = new Map();
  return { kept, load: async () => [...kept.values()], put: async (m) => void kept.set(m.id, structuredClone(m)), remove: async (id) => void kept.delete(id) };
}

/** Waits for what another call brings about. */
async function soon(holds) {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 2400) throw new Error(`it never holds: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

test("a list is live, and follows who is signed in", async () => {
  const supabase = client();
  const { user } = ok(await supabase.auth.signUp(credentials("ada")));
  const open = follow(supabase, (todos) => todos.where("done", "==", false).orderBy("title"));
  await open();
  ok(await supabase.from("todos").insert([{ title: "b" }, { title: "a" }]));
  await open("a", "b");
  ok(await supabase.from("todos").update({ done: true }).eq("title", "a"));
  await open("b");

  const { access_token: before } = ok(await supabase.auth.getSession()).session;
  ok(await client({}, serviceKey).auth.admin.updateUserById(user.id, { app_metadata: { team: "red" } })); // two tokens of one second are alike
  const { access_token: token } = ok(await supabase.auth.refreshSession()).session;
  assert.notEqual(token, before);
  await soon(async () => (await supabase.basalt.auth.token()) === token);
  assert.equal(supabase.basalt.auth.user.id, user.id);

  ok({ data: 1, error: (await supabase.auth.signOut()).error });
  await open(); // nothing of hers is shown any more
  ok(await supabase.auth.signUp(credentials("bob")));
  ok(await supabase.from("todos").insert({ title: "of bob" }));
  await open("of bob");
  ok(await supabase.auth.signInWithPassword(credentials("ada")));
  await open("b");
  await assert.rejects(supabase.basalt.auth.signIn("ada@example.com", "correct horse"), /come from elsewhere/);
});

test("tables that are offline are read and written without the server, and sent later", async () => {
  const supabase = client({ offline: ["todos"] });
  ok(await supabase.auth.signUp(credentials("cy")));
  const all = follow(supabase, (todos) => todos.orderBy("title"));
  const list = () => supabase.from("todos").select("title").order("title");
  const one = ok(await supabase.from("todos").insert({ title: "before" }).select().single());
  assert.equal(one.done, false); // as the server has made it
  assert.deepEqual(ok(await list()), [{ title: "before" }]);
  await all("before");

  await server.kill();
  assert.deepEqual(ok(await list()), [{ title: "before" }]); // what was answered last
  const made = await supabase.from("todos").insert({ title: "meanwhile" }).select("id, title").single();
  assert.deepEqual([made.error, made.status, made.data.title], [null, 202, "meanwhile"]);
  assert.equal((await all("before", "meanwhile")).hasPendingWrites, true);
  assert.equal((await supabase.from("todos").update({ title: "after" }).eq("id", one.id)).status, 202);
  await all("after", "meanwhile");
  assert.equal(supabase.outbox.pending, 2);
  // What names no rows by their ids fails as it does without.
  for (const call of [
    supabase.from("todos").update({ done: true }).neq("title", ""), supabase.from("todos").delete().eq("title", "before"),
    supabase.from("todos").upsert({ title: "z" }, { onConflict: "title" }), supabase.from("todos").update({ done: true }).eq("id", one.id).eq("done", false),
  ]) assert.match((await call).error.message, /fetch failed/);
  const refused = [];
  supabase.outbox.onRefused(({ mutation, error }) => refused.push([mutation.body.title, error.code]));
  assert.equal((await supabase.from("todos").insert({ title: "longer than the rule of the field" })).status, 202);

  await server.start();
  await soon(() => supabase.outbox.pending === 0);
  assert.deepEqual(ok(await list()), [{ title: "after" }, { title: "meanwhile" }]);
  assert.deepEqual(ok(await supabase.from("todos").select("id").eq("title", "meanwhile").single()), { id: made.data.id });
  assert.deepEqual(refused, [["longer than the rule of the field", "invalid"]]);
  assert.equal((await supabase.from("todos").delete().eq("id", one.id)).status, 204);
  assert.equal((await supabase.from("todos").insert({ title: "longer than the rule of the field" })).error.code, "23514"); // with the server, its answers
  await all("meanwhile");
});

test("several rows, and rows that may be there, wait too, all or none", async () => {
  const supabase = client({ offline: ["todos"] });
  ok(await supabase.auth.signUp(credentials("ivy")));
  const all = follow(supabase, (todos) => todos.orderBy("title"));
  const [a, b] = ok(await supabase.from("todos").insert([{ title: "a" }, { title: "b", data: { old: 1 } }]).select()); // with the server, its answers
  assert.equal((await supabase.from("todos").insert([{ title: "fine" }, { title: "longer than the rule of the field" }])).error.code, "23514");
  const stranger = client();
  ok(await stranger.auth.signUp(credentials("jo")));
  const foreign = ok(await stranger.from("todos").insert({ title: "of jo" }).select().single());
  await all("a", "b");

  await server.kill();
  const made = await supabase.from("todos").insert([{ title: "x" }, { title: "y", done: true }]).select("id, title");
  assert.deepEqual([made.error, made.status, made.data.map((row) => row.title)], [null, 202, ["x", "y"]]);
  assert.equal((await all("a", "b", "x", "y")).hasPendingWrites, true);
  assert.equal((await supabase.from("todos").upsert([{ id: a.id, title: "a2" }, { id: made.data[0].id, title: "x2" }])).status, 202);
  assert.equal((await supabase.from("todos").upsert({ title: "new" }, { onConflict: "id" })).status, 202);
  assert.equal((await supabase.from("todos").upsert([{ id: b.id, title: "not taken" }], { ignoreDuplicates: true })).status, 202);
  await all("a2", "b", "new", "x2", "y");
  assert.equal((await supabase.from("todos").update({ data: { a: 1 } }).eq("id", b.id)).status, 202);
  assert.equal((await supabase.from("todos").update({ done: true }).in("id", [a.id, b.id, foreign.id])).status, 202);
  assert.equal((await supabase.from("todos").delete().in("id", [made.data[1].id, foreign.id])).status, 202);
  await all("a2", "b", "new", "x2");
  const refused = [];
  supabase.outbox.onRefused(({ mutation, error }) => refused.push([...mutation.parts.map((part) => part.body.title), error.code]));
  assert.equal((await supabase.from("todos").insert([{ title: "fine" }, { title: "longer than the rule of the field" }])).status, 202);
  assert.equal((await supabase.from("todos").upsert([{ title: "with it" }, { id: foreign.id, title: "taken over" }])).status, 202);
  await all("a2", "b", "fine", "longer than the rule of the field", "new", "taken over", "with it", "x2");
  assert.equal(supabase.outbox.pending, 9);

  await server.start();
  await soon(() => supabase.outbox.pending === 0);
  await all("a2", "b", "new", "x2");
  assert.deepEqual(refused, [["fine", "longer than the rule of the field", "invalid"], ["with it", "taken over", "conflict"]]);
  assert.deepEqual(ok(await supabase.from("todos").select("title, done, data").order("title")), [
    { title: "a2", done: true, data: null }, { title: "b", done: true, data: { a: 1 } }, { title: "new", done: false, data: null }, { title: "x2", done: null, data: null },
  ]);
  assert.deepEqual(ok(await stranger.from("todos").select("title, done")), [{ title: "of jo", done: false }]);
});

test("several rows whose answer was lost are written once", async () => {
  let lost = 0;
  const loses = async (input, init) => {
    const answer = await fetch(input, init);
    if (init?.method !== "GET" && String(input).includes("/rest/v1/todos") && ++lost % 2 === 1) throw new TypeError("fetch failed");
    return answer;
  };
  const supabase = client({ offline: ["todos"], global: { fetch: loses } });
  const { user } = ok(await supabase.auth.signUp(credentials("kim")));
  const admin = client({}, serviceKey);
  const titles = async () => ok(await admin.from("todos").select("title").eq("owner", user.id).order("title")).map((row) => row.title);
  const refused = [];
  supabase.outbox.onRefused(({ error }) => refused.push(error));
  for (const call of [
    supabase.from("todos").insert([{ title: "1" }, { title: "2" }]), supabase.from("todos").upsert([{ title: "3" }]).select(),
    supabase.from("todos").upsert({ title: "4" }).select("title").single(),
  ]) {
    assert.equal((await call).status, 202);
    await soon(() => supabase.outbox.pending === 0);
  }
  assert.deepEqual([await titles(), refused], [["1", "2", "3", "4"], []]);
  const { id } = ok(await admin.from("todos").select("id").eq("owner", user.id).eq("title", "4").single());
  assert.equal((await supabase.from("todos").delete().in("id", [id, "none"])).status, 202);
  await soon(() => supabase.outbox.pending === 0);
  assert.deepEqual([await titles(), refused], [["1", "2", "3"], []]);
});

test("an answer that was lost on its way does not make a row twice", async () => {
  const lost = async (input, init) => {
    const answer = await fetch(input, init);
    if (init?.method === "POST" && String(input).includes("/rest/v1/todos")) throw new TypeError("fetch failed");
    return answer;
  };
  const supabase = client({ offline: ["todos"], global: { fetch: lost } });
  ok(await supabase.auth.signUp(credentials("dan")));
  assert.equal((await supabase.from("todos").insert({ title: "once" })).status, 202);
  await soon(() => supabase.outbox.pending === 0);
  assert.deepEqual(ok(await supabase.from("todos").select("title")), [{ title: "once" }]);
});

test("what waits of one user is not sent as another", async () => {
  const kept = store(), line = connection();
  const options = { offline: ["todos"], store: kept };
  const first = client({ ...options, global: { fetch: line.fetch } });
  const { user: eve } = ok(await first.auth.signUp(credentials("eve")));
  line.off = true;
  assert.equal((await first.from("todos").insert({ title: "of eve" })).status, 202);
  assert.equal((await first.from("todos").upsert([{ title: "too" }, { title: "two" }])).status, 202);
  await soon(() => kept.kept.size === 2); // and that visit ends

  const second = client(options);
  const { user: fay } = ok(await second.auth.signUp(credentials("fay")));
  ok(await second.from("todos").insert({ title: "of fay" }));
  assert.equal(second.outbox.pending, 0);
  const admin = client({}, serviceKey);
  const owners = async () => ok(await admin.from("todos").select("title, owner").in("owner", [eve.id, fay.id]).order("title")).map((t) => `${t.title}: ${t.owner === eve.id ? "eve" : "fay"}`);
  assert.deepEqual(await owners(), ["of fay: fay"]);
  assert.equal(kept.kept.size, 2);
  ok({ data: 1, error: (await second.auth.signOut()).error });
  assert.deepEqual(await owners(), ["of fay: fay"]);
  ok(await second.auth.signInWithPassword(credentials("eve")));
  await soon(() => kept.kept.size === 0);
  assert.deepEqual(await owners(), ["of eve: eve", "of fay: fay", "too: eve", "two: eve"]);
});

test("a request that fails after its user has gone is not kept for the next one", async () => {
  const line = connection();
  const supabase = client({ offline: ["todos"], global: { fetch: line.fetch } });
  ok(await supabase.auth.signUp(credentials("gil")));
  ok(await supabase.from("todos").insert({ title: "of gil" }));
  ok(await supabase.from("todos").select("title"));
  let cut;
  line.held = new Promise((_, reject) => { cut = () => reject(new TypeError("fetch failed")); });
  line.held.catch(() => undefined);
  const late = supabase.from("todos").insert({ title: "too late" }).then((answer) => answer);
  ok({ data: 1, error: (await supabase.auth.signOut()).error });
  ok(await supabase.auth.signUp(credentials("hal")));
  cut();
  assert.match((await late).error.message, /fetch failed/);
  assert.equal(supabase.outbox.pending, 0);
  line.off = true;
  assert.match((await supabase.from("todos").select("title").retry(false)).error.message, /fetch failed/); // nothing that gil has read
});
