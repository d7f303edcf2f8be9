// Stores and reads files of a real server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import WebSocket from "ws";
import { createClient, Pause, uploadByLink } from "../dist/basalt.js";
import { locks, memory, network, unreachable, until } from "./fakes.js";
import { startServer } from "./server.js";

let server;
before(async () => {
  server = await startServer();
});
after(async () => {
  assert.equal(await server.stop(), 0, "the server shuts down cleanly");
});

let people = 0;
async function signedUp(options) {
  const client = createClient(server.url, { WebSocket, ...options });
  await client.auth.signUp(`files${++people}@example.com`, "correct horse");
  return client;
}
const person = async (options) => (await signedUp(options)).db.collection("pictures");

/** Gives a test an IndexedDB, as a browser has one that outlives its pages. */
function withIndexedDB(t) {
  globalThis.indexedDB = new IDBFactory();
  t.after(() => delete globalThis.indexedDB);
}

const content = new Uint8Array(12 << 20).map((_, i) => i % 251);
const same = async (blob) => Buffer.compare(new Uint8Array(await blob.arrayBuffer()), content) === 0;
const patches = (net) => net.calls.filter((c) => c.method === "PATCH").length;

test("upload, url, download and link", async () => {
  const pictures = await person();
  const seen = [];
  const fields = { alt: "ünï \"q\"", stars: 3 };
  const doc = await pictures.upload("a text", { path: "d/ä.txt", fields, onProgress: (p) => seen.push(p) });
  assert.deepEqual([doc.name, doc.path, doc.alt, doc.stars, doc.size], ["ä.txt", "d/ä.txt", fields.alt, 3, 6]);
  assert.deepEqual(seen, [{ sent: 0, total: 6 }, { sent: 6, total: 6 }]);
  const again = await pictures.upload(new Uint8Array([1, 2, 3]), { path: "d/ä.txt" });
  assert.deepEqual([again.id, again.size], [doc.id, 3]);
  assert.deepEqual([...new Uint8Array(await (await pictures.download(doc.id)).arrayBuffer())], [1, 2, 3]);
  assert.equal(pictures.url(doc.id, { download: "x y.txt" }), `${server.url}/v1/files/pictures/${doc.id}?download=x%20y.txt`);
  assert.equal(pictures.url(doc.id, { width: 20, height: 10, fit: "cover" }), `${server.url}/v1/files/pictures/${doc.id}?width=20&height=10&fit=cover`);
  assert.equal((await fetch(pictures.url(doc.id))).status, 404); // of a caller without a token
  const link = await pictures.link(doc.id, "5m");
  assert.ok(new Date(link.expires) > new Date());
  assert.equal((await (await fetch(link.url)).arrayBuffer()).byteLength, 3);
  const up = await pictures.uploadLink({ max: 10, path: "in/a.txt", fields: { alt: "by link" } });
  const over = await pictures.uploadLink({ id: doc.id, expires: "5m" });
  const gone = await pictures.uploadLink();
  await pictures.revokeUploadLink(gone.id);
  const sent = async (url) => (await fetch(url, { method: "PUT", body: "by link" })).status;
  assert.deepEqual([await sent(up.url), await sent(up.url), await sent(over.url), await sent(gone.url)], [201, 403, 200, 403]);
  const revoked = await pictures.link(doc.id);
  await pictures.revokeLinks(doc.id);
  assert.equal((await fetch(revoked.url)).status, 403);
  const named = await pictures.upload(new File(["x"], "of a file.txt", { type: "text/markdown" }));
  assert.deepEqual([named.name, named.type], ["of a file.txt", "text/markdown"]);
  await assert.rejects((await person()).download(doc.id), { code: "not_found" });
  await assert.rejects(pictures.upload("x", { path: "../x" }), { code: "invalid" });
});

test("pictures of an image", async () => {
  const pictures = await person();
  const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  const doc = await pictures.upload(pixel, { name: "pixel.png" });
  assert.equal((await pictures.download(doc.id, { width: 1, format: "jpeg" })).type, "image/jpeg");
  const link = await pictures.link(doc.id, "5m", { width: 1, format: "jpeg" });
  assert.equal((await fetch(link.url)).headers.get("content-type"), "image/jpeg");
  assert.equal((await fetch(link.url.replace("width=1", "width=2"))).status, 403);
});

test("a large file goes in pieces, and on where it broke off", async () => {
  let pieces = 0;
  const breaking = async (url, init) => {
    if (init.method === "PATCH" && ++pieces === 2) throw new TypeError("the network is gone");
    const answer = await fetch(url, init);
    if (init.method === "PATCH" && pieces === 4) {
      pieces++;
      throw new TypeError("the answer is lost"); // and the piece is there
    }
    return answer;
  };
  const pictures = await person({ fetch: breaking });
  const seen = [];
  const doc = await pictures.upload(content, { name: "large.bin", fields: { alt: "large" }, onProgress: ({ sent }) => seen.push(sent) });
  assert.deepEqual([doc.size, doc.name, doc.alt], [content.length, "large.bin", "large"]);
  assert.ok(pieces > 3, `${pieces} pieces`);
  assert.deepEqual([seen[0], seen.at(-1)], [0, content.length]);
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  const back = new Uint8Array(await (await pictures.download(doc.id)).arrayBuffer());
  assert.deepEqual(Buffer.compare(back, content), 0);
});

test("an upload that is given up", async () => {
  const pictures = await person();
  const stop = new AbortController();
  const sending = pictures.upload(new Uint8Array(12 << 20), { signal: stop.signal, onProgress: ({ sent }) => sent > 0 && stop.abort() });
  await assert.rejects(sending, { code: "aborted" });
  assert.equal((await pictures.get()).items.length, 0);
});

test("a pause holds an upload, which goes on where it was", async () => {
  const net = network();
  const pictures = await person({ fetch: net.fetch });
  const pause = new Pause();
  const before = net.calls.length;
  pause.pause();
  const held = pictures.upload("small", { pause });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(net.calls.length, before, "what has not begun waits");
  pause.resume();
  assert.equal((await held).size, 5);
  // A piece that is on its way stops at once.
  const back = net.answer(/PATCH/, (_, { signal }) => new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    if (patches(net) === 1) pause.pause();
  }));
  const seen = [];
  const stop = new AbortController();
  const sending = pictures.upload(content, { pause, signal: stop.signal, onProgress: ({ sent }) => seen.push(sent) });
  await until("it is paused", () => pause.paused);
  back();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const calls = net.calls.length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual([net.calls.length, patches(net)], [calls, 1], "it is paused and sends");
  pause.resume();
  const doc = await sending;
  assert.ok(await same(await pictures.download(doc.id)));
  assert.equal(net.calls.filter((c) => c.method === "POST" && /tus$/.test(c.url)).length, 1, "it has begun anew");
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  // One that is paused can be given up.
  pause.pause();
  const given = pictures.upload(content, { pause, signal: stop.signal });
  stop.abort();
  await assert.rejects(given, { code: "aborted" });
});

test("an upload goes on where it was: after a reload, and after it was given up", async (t) => {
  withIndexedDB(t);
  const storage = memory();
  const options = { path: "resumed.bin", fields: { alt: "resumed" } };
  const file = () => new File([content], "resumed.bin", { type: "application/octet-stream", lastModified: 5 }); // as it is chosen anew
  const first = await person({ storage });
  const stop = new AbortController();
  const broken = first.upload(file(), { ...options, signal: stop.signal, onProgress: ({ sent }) => sent > 0 && stop.abort() });
  await assert.rejects(broken, { code: "aborted" });
  const net = network();
  const reloaded = createClient(server.url, { storage, fetch: net.fetch }).db.collection("pictures");
  const seen = [];
  const doc = await reloaded.upload(file(), { ...options, onProgress: ({ sent }) => seen.push(sent) });
  assert.deepEqual([doc.size, doc.alt, doc.path], [content.length, "resumed", "resumed.bin"]);
  assert.ok(seen[1] > 0 && !net.calls.some((c) => c.method === "POST"), "it has begun anew");
  assert.ok(await same(await reloaded.download(doc.id)));
  // What is whole is over: the same file again is another one, and one of another name or user is, too.
  await assert.rejects(reloaded.upload(file(), options), { code: "conflict" });
  const [a, b] = [await reloaded.upload(file(), { name: "a" }), await reloaded.upload(file(), { name: "a" })];
  assert.notEqual(a.id, b.id);
});

test("an upload that is cancelled is gone, and one that has expired begins anew", async (t) => {
  withIndexedDB(t);
  const net = network();
  const pictures = await person({ fetch: net.fetch });
  const begun = async () => {
    const stop = new AbortController();
    await assert.rejects(pictures.upload(content, { resume: "mine", signal: stop.signal, onProgress: ({ sent }) => sent > 0 && stop.abort() }), { code: "aborted" });
    const { url, headers } = net.calls.findLast((c) => c.method === "PATCH");
    const { Authorization } = headers;
    const ask = async (method) => (await fetch(url, { method, headers: { "Tus-Resumable": "1.0.0", Authorization } })).status;
    assert.equal(await ask("HEAD"), 200);
    return ask;
  };
  const ask = await begun();
  await pictures.cancelUpload(content, { resume: "mine" });
  assert.equal(await ask("HEAD"), 404);
  await pictures.cancelUpload(content, { resume: "mine" }); // there is none
  await (await begun())("DELETE"); // as the server does when a day is over
  assert.equal((await pictures.upload(content, { resume: "mine" })).size, content.length);
});

test("a link for one upload takes a large file in pieces", async (t) => {
  withIndexedDB(t);
  const pictures = await person();
  const { url } = await pictures.uploadLink({ fields: { alt: "by link" } });
  const net = network();
  const stop = new AbortController();
  const options = { name: "partner.bin", resume: "x", fetch: net.fetch };
  const broken = uploadByLink(url, content, { ...options, signal: stop.signal, onProgress: ({ sent }) => sent > 0 && stop.abort() });
  await assert.rejects(broken, { code: "aborted" });
  const receipt = await uploadByLink(url, content, options);
  assert.equal(net.calls.filter((c) => c.method === "POST").length, 1, "it has gone on where it was");
  assert.ok(net.calls.every((c) => !c.headers.Authorization));
  const doc = await pictures.doc(receipt.id).get();
  assert.deepEqual([doc.name, doc.alt, doc.size, receipt.size], ["partner.bin", "by link", content.length, content.length]);
  await assert.rejects(uploadByLink(url, content), { code: "forbidden" });
  const other = await pictures.uploadLink({ id: doc.id });
  assert.equal((await uploadByLink(other.url, "small")).id, doc.id);
  assert.equal(await (await pictures.download(doc.id)).text(), "small");
  const large = await pictures.uploadLink({ id: doc.id });
  assert.equal((await uploadByLink(large.url, content)).id, doc.id);
  assert.ok(await same(await pictures.download(doc.id)));
  await assert.rejects(uploadByLink(`${server.url}/v1/files/pictures`, "x"), { code: "invalid" });
});

/** A client whose writes and files wait, with the same IndexedDB and session as others of it: a page, and the page after a reload. */
function pageOf(storage, net) {
  return createClient(server.url, { WebSocket, storage, fetch: net.fetch, optimistic: { offline: true } });
}

test("files wait for the server, are shown, and go on after a reload", async (t) => {
  withIndexedDB(t);
  const storage = memory();
  const { auth } = await signedUp({ storage });
  const email = auth.user.email;
  const net = network();
  const before = pageOf(storage, net);
  await before.auth.ready;
  const back = net.answer(/\/v1\/(files|db)\//, unreachable);
  let shown;
  const end = before.db.collection("pictures").onSnapshot((s) => (shown = s));
  void before.db.collection("pictures").upload(new File(["small"], "small.txt", { type: "text/plain" }), { fields: { alt: "kept" } });
  void before.db.collection("pictures").upload(content, { name: "large.bin" });
  await until("both are shown", () => shown?.docs.length === 2);
  assert.deepEqual(shown.docs.map((d) => [d.name, d.size, d.alt]).sort(), [["large.bin", content.length, undefined], ["small.txt", 5, "kept"]]);
  assert.ok(shown.hasPendingWrites && shown.docs.every((d) => Math.abs(new Date(d.created) - Date.now()) < 3_600_000));
  await until("the first has failed", () => before.outbox.uploads[0].error?.code === "network");
  assert.equal(await before.outbox.uploads[0].file.text(), "small");
  end();
  before.outbox.pause(before.outbox.uploads[1].id);
  await until("that is kept", () => before.outbox.uploads[1].paused);
  await new Promise((resolve) => setTimeout(resolve, 50));

  // The first page is closed: it stays without a network.
  const next = network();
  const after = pageOf(storage, next);
  await until("the small one is there", async () => (await after.db.collection("pictures").get()).items.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const [large] = after.outbox.uploads;
  assert.deepEqual([after.outbox.uploads.length, large.paused, patches(next)], [1, true, 0]);
  const seen = [];
  const quiet = after.outbox.onUploads(([first]) => first && seen.push(first.sent));
  after.outbox.resume(large.id);
  await until("the large one is there", () => after.outbox.uploads.length === 0);
  quiet();
  assert.ok(seen.length > 2 && seen.every((n, i) => i === 0 || n >= seen[i - 1]), seen.join());
  const { items } = await after.db.collection("pictures").orderBy("name").get();
  assert.deepEqual(items.map((d) => [d.id === large.key, d.name, d.size]), [[true, "large.bin", content.length], [false, "small.txt", 5]]);
  assert.ok(await same(await after.db.collection("pictures").download(large.key)));
  back();
  assert.equal(auth.user.email, email);
});

test("tabs with one outbox send a file once", async (t) => {
  withIndexedDB(t);
  locks(t);
  const storage = memory();
  await signedUp({ storage });
  const nets = [network(), network(), network()];
  const first = pageOf(storage, nets[0]);
  await first.auth.ready;
  const back = nets[0].answer(/\/v1\/files\//, unreachable);
  void first.db.collection("pictures").upload(new File(["small"], "small.txt"));
  const paused = first.db.collection("pictures").upload(content, { name: "large.bin" });
  await until("both are kept", () => first.outbox.uploads[0]?.error?.code === "network" && first.outbox.uploads.length === 2);
  const posts = () => nets.flatMap((net) => net.calls).filter(({ call }) => /POST .*\/v1\/files\//.test(call)).length;
  const tried = posts();
  // Two more tabs, which find both files, and a network that is slow: what one sends the others leave alone.
  let under = 0, most = 0, open;
  const opened = new Promise((resolve) => (open = resolve));
  const slow = [];
  for (const net of nets.slice(1)) {
    slow.push(net.answer(/(POST|PATCH) .*\/v1\/files\//, async (url, init) => {
      most = Math.max(most, ++under);
      await opened;
      await new Promise((resolve) => setTimeout(resolve, 30));
      return fetch(url, init).finally(() => under--);
    }));
  }
  const others = nets.slice(1).map((net) => pageOf(storage, net));
  await until("each has both", () => others.every((tab) => tab.outbox.uploads.length === 2));
  await until("one sends", () => under > 0);
  open();
  await until("all is sent", () => others.every((tab) => tab.outbox.uploads.length === 0));
  assert.deepEqual([most, posts() - tried], [1, 2], "a file was sent by two tabs");
  assert.ok(nets.slice(1).every((net) => net.calls.every(({ call }) => !call.startsWith("HEAD"))), "one has looked for what the other sends");
  assert.equal(await others[0].db.collection("pictures").count(), 2);
  back();
  assert.equal((await paused).size, content.length, "the tab that had it first hears of it");
  await until("it shows none", () => first.outbox.uploads.length === 0);
  // What one tab has paused or given up the other does not send.
  for (const end of slow) end();
  for (const net of nets) net.answer(/POST .*\/v1\/files\//, unreachable); // else another tab would send it
  const given = others[0].db.collection("pictures").upload("given up").catch((e) => e);
  await until("it waits", () => others[0].outbox.uploads[0]?.error);
  const late = network();
  late.answer(/\/v1\/files\//, unreachable);
  const tab = pageOf(storage, late);
  await until("another has it", () => tab.outbox.uploads[0]?.error);
  tab.outbox.cancel(tab.outbox.uploads[0].id);
  assert.equal((await given).code, "aborted");
  assert.equal(await others[0].db.collection("pictures").count(), 2);
});

test("tabs show the same uploads, and each can pause, resume and cancel them", async (t) => {
  withIndexedDB(t);
  locks(t);
  const storage = memory();
  await signedUp({ storage });
  const nets = [network(), network()];
  const [one, other] = nets.map((net) => pageOf(storage, net));
  await Promise.all([one.auth.ready, other.auth.ready]);
  const pictures = one.db.collection("pictures");
  const slow = nets.map((net) => net.answer(/PATCH/, async (url, init) => {
    await new Promise((resolve) => setTimeout(resolve, 40));
    return fetch(url, init);
  }));
  const shown = (tab) => tab.outbox.uploads.map(({ name, paused, error }) => [name, paused, error?.code]);
  const both = (what, want) => until(what, () => [one, other].every((tab) => JSON.stringify(shown(tab)) === JSON.stringify(want)));
  // One that is begun in a tab is shown in the other, which can hold it; the first can let it go on.
  const seen = [];
  const sending = pictures.upload(content, { name: "large", onProgress: ({ sent }) => seen.push(sent) });
  await both("both show it", [["large", false, undefined]]);
  await until("the other sees how far it is", () => other.outbox.uploads[0]?.sent > 0);
  const { id } = other.outbox.uploads[0];
  other.outbox.pause(id);
  await both("it is paused in both", [["large", true, undefined]]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const held = nets.map(patches);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual(nets.map(patches), held, "it goes on while it is paused");
  one.outbox.resume(id);
  await both("it is resumed in both", [["large", false, undefined]]);
  assert.equal((await sending).size, content.length, "whoever began it hears of the end");
  await both("it is done in both", []);
  assert.equal(nets.flatMap((net) => net.calls).filter(({ call }) => /POST .*\/tus$/.test(call)).length, 1, "it was begun anew");
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  slow.forEach((end) => end());
  // Why it does not get on, and that it was given up.
  const away = nets.map((net) => net.answer(/\/v1\/files\//, unreachable));
  const given = pictures.upload("given up", { name: "given up" }).catch((e) => e);
  await both("both say why it waits", [["given up", false, "network"]]);
  other.outbox.cancel(other.outbox.uploads[0].id);
  assert.equal((await given).code, "aborted");
  await both("it is gone from both", []);
  away.forEach((end) => end());
  // What the server refuses is refused in both, for its reason.
  const refused = [];
  for (const tab of [one, other]) tab.outbox.onRefused(({ error }) => refused.push(error.code));
  const known = nets.map((net) => net.answer(/\/v1\/files\//, async (url, init) => { // what a tab never had, it has no refusal of
    await until("both have it", () => [one, other].every((tab) => tab.outbox.uploads.length === 1));
    return fetch(url, init);
  }));
  await assert.rejects(pictures.upload("x", { path: "../x" }), { code: "invalid" });
  known.forEach((end) => end());
  await until("both hear of it", () => refused.length === 2);
  assert.deepEqual([refused, shown(other), await other.db.collection("pictures").count()], [["invalid", "invalid"], [], 1]);
});

test("a pause is shown when it is stored, whatever else is shown meanwhile", async () => {
  const net = network(), kept = new Map();
  let held = Promise.resolve();
  const store = { load: async () => [...kept.values()], put: (m) => held.then(() => void kept.set(m.id, structuredClone(m))), remove: async (id) => void kept.delete(id) };
  const client = await signedUp({ fetch: net.fetch, optimistic: { offline: true, store } });
  const away = net.answer(/\/v1\/files\//, unreachable);
  const sending = client.db.collection("pictures").upload("waits", { name: "waits" });
  await until("it waits", () => client.outbox.uploads[0]?.error);
  const seen = [];
  client.outbox.onUploads(([u]) => u && seen.push(u.paused && !kept.get(u.id).paused));
  let store1;
  held = new Promise((resolve) => (store1 = resolve));
  client.outbox.pause(client.outbox.uploads[0].id);
  void client.db.collection("todos").add({ title: "meanwhile" });
  await new Promise((resolve) => setTimeout(resolve, 30));
  store1();
  await until("it is paused", () => client.outbox.uploads[0].paused);
  assert.ok(seen.length > 1 && !seen.includes(true), seen.join());
  away();
  client.outbox.resume(client.outbox.uploads[0].id);
  assert.equal((await sending).size, 5);
});

test("a file whose answer was lost is stored once", async (t) => {
  withIndexedDB(t);
  const net = network();
  const client = await signedUp({ fetch: net.fetch, optimistic: { offline: true } });
  for (const [body, call] of [["small", /POST .*\/files\/pictures/], [content, /PATCH/]]) {
    let lost = 0;
    const back = net.answer(call, async (url, init) => {
      const answer = await fetch(url, init);
      if (answer.headers.get("X-Basalt-Document") === null && init.method === "PATCH") return answer;
      if (++lost === 1) throw new TypeError("the answer is lost");
      return answer;
    });
    const doc = await client.db.collection("pictures").upload(body, { name: "once" });
    assert.equal(lost > 0 && (await client.db.collection("pictures").where("id", "==", doc.id).count()), 1);
    back();
  }
  assert.equal(await client.db.collection("pictures").count(), 2);
});

test("writes overtake files, except those that need them", async (t) => {
  withIndexedDB(t);
  const net = network();
  const client = await signedUp({ fetch: net.fetch, optimistic: { offline: true } });
  const held = net.answer(/PATCH|tus/, unreachable);
  const [todos, pictures] = [client.db.collection("todos"), client.db.collection("pictures")];
  const order = [];
  const uploading = pictures.upload(content, { name: "large" }).then((d) => order.push("file") && d);
  await until("it is there", () => client.outbox.uploads.length === 1);
  const { key } = client.outbox.uploads[0];
  const about = todos.add({ title: "about it", tags: [key] }).then(() => order.push("about it"));
  const renamed = pictures.doc(key).update({ name: "renamed" }).then(() => order.push("renamed"));
  await todos.add({ title: "of something else" }).then(() => order.push("else"));
  assert.deepEqual(order, ["else"]);
  held();
  const doc = await uploading;
  await Promise.all([about, renamed]);
  assert.deepEqual([order[1], (await pictures.doc(doc.id).get()).name], ["file", "renamed"]);
});

test("a file that is refused or cancelled is not shown any more", async (t) => {
  withIndexedDB(t);
  const net = network();
  const client = await signedUp({ fetch: net.fetch, optimistic: { offline: true } });
  const refusals = [];
  client.outbox.onRefused(({ mutation, error }) => refusals.push([mutation.about.name, error.code]));
  await assert.rejects(client.db.collection("pictures").upload("x", { name: "bad", fields: { nothing: 1 } }), { code: "invalid" });
  await assert.rejects(client.db.collection("pictures").upload(new Uint8Array(21 << 20), { name: "large" }), { code: "too_large" });
  const stop = new AbortController();
  const given = client.db.collection("pictures").upload(content, { name: "given up", signal: stop.signal, onProgress: ({ sent }) => sent > 0 && stop.abort() });
  await assert.rejects(given, { code: "aborted" });
  const { url, headers } = net.calls.findLast((c) => c.method === "PATCH");
  await until("the server has nothing of it", async () =>
    (await fetch(url, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0", Authorization: headers.Authorization } })).status === 404);
  assert.deepEqual(refusals, [["bad", "invalid"], ["large", "too_large"], ["given up", "aborted"]]);
  assert.deepEqual([client.outbox.uploads, (await client.db.collection("pictures").get()).items], [[], []]);
});
