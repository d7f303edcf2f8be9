import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JSDOM } from "jsdom";
import WebSocket from "ws";
import "./linked.js";

const dom = new JSDOM(`<div id="root"></div>`, { url: "http://localhost/" });
globalThis.window = dom.window; // the tests of the client itself run without one
globalThis.document = dom.window.document;
globalThis.navigator ??= dom.window.navigator;
globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const { act, createElement: h, StrictMode, useState } = await import("react");
const { createRoot } = await import("react-dom/client");
const { createClient } = await import("../dist/basalt.js");
const { useAggregate, useDoc, useInfiniteQuery, useMutation, useOutbox, usePresence, useQuery, useUpload, useUser } = await import("../react/dist/index.js");
const { json, memory, network } = await import("./fakes.js");
const { scripted: script } = await import("./scripted.js");
const { startServer } = await import("./server.js");

let server;
before(async () => {
  server = await startServer();
});
after(async () => {
  assert.equal(await server.stop(), 0);
});

async function until(what, holds) {
  for (let tries = 0; tries < 2400; tries++) {
    if (holds()) return;
    await act(() => new Promise((resolve) => setTimeout(resolve, 25)));
  }
  assert.fail(`never: ${what}; there is ${document.body.innerHTML}`);
}

test("hooks show live queries, documents and who is there", async () => {
  const client = createClient(server.url, { WebSocket });
  const user = await client.auth.signUp("react@example.com", "correct horse");
  const todos = client.db.collection("todos");
  const one = await todos.add({ title: "one" });
  let setDone;
  function App() {
    const [done, set] = useState(false);
    setDone = set;
    const list = useQuery(todos.where("done", "==", done).orderBy("title"));
    const { doc } = useDoc(todos.doc(one.id));
    const none = useQuery(null);
    const wrong = useQuery(client.db.collection("nothing"));
    const room = usePresence(client.channel("room:r"), { name: "me" });
    return h("p", null, [
      list.loading ? "loading" : list.docs.map((d) => d.title).join(), `doc=${doc?.stars}`, `none=${none.docs.length}`, `wrong=${wrong.error?.code}`,
      `here=${room.members.map((m) => m.user === user.id && m.state.name)}`, `said=${room.messages.map((m) => m.data)}`,
    ].join(" "));
  }
  const root = createRoot(document.getElementById("root"));
  await act(() => root.render(h(App)));
  const text = () => document.body.textContent.trim();
  await until("all is there", () => text() === "one doc=0 none=0 wrong=not_found here=me said=");
  await todos.add({ title: "two" });
  await todos.doc(one.id).update({ stars: 4 });
  await client.channel("room:r").publish("hi");
  await until("all has changed", () => text() === "one,two doc=4 none=0 wrong=not_found here=me said=hi");
  await act(() => setDone(true));
  await until("another query", () => text().startsWith(" ".trim() + "doc=4") || text().startsWith("doc=4"));
  await act(() => root.unmount());
});

test("a query is told from another one by all that it asks for, and by its client", async () => {
  const one = createClient(server.url, { WebSocket, storage: memory() }), two = createClient(server.url, { WebSocket, storage: memory() });
  await one.auth.signInAnonymously();
  await two.auth.signInAnonymously();
  for (const core of [1, 2]) await one.db.collection("todos").add({ title: `core ${core}`, stars: core });
  await two.db.collection("todos").add({ title: "of two", stars: 2 });
  let set;
  function App() {
    const [[client, core], setAsked] = useState([one, 1]);
    set = setAsked;
    const { docs } = useQuery(client.db.collection("todos").filter("stars == $core", { core }));
    return h("p", null, docs.map((d) => d.title).join());
  }
  const root = createRoot(document.getElementById("root"));
  const text = () => document.body.textContent.trim();
  await act(() => root.render(h(StrictMode, null, h(App))));
  await until("the first", () => text() === "core 1");
  await act(() => set([one, 2]));
  await until("the value of a member that is called core", () => text() === "core 2");
  await act(() => set([two, 2]));
  await until("the same of another client", () => text() === "of two");
  await act(() => root.unmount());
});

/** Shows what a hook returns, in StrictMode. `now` is what it has returned last. */
async function show(hook, first) {
  const shown = { now: undefined };
  function App() {
    const [argument, set] = useState(first);
    shown.set = (value) => act(() => set(value));
    shown.now = hook(argument);
    return null;
  }
  const root = createRoot(document.createElement("div"));
  await act(() => root.render(h(StrictMode, null, h(App))));
  shown.end = () => act(() => root.unmount());
  return shown;
}

/** A client of somebody new. */
async function person(options) {
  const client = createClient(server.url, { WebSocket, storage: memory(), ...options });
  await client.auth.signInAnonymously();
  return client;
}

const scripted = (auth, key) => script(auth, key, act);

test("useQuery keeps its documents on an error, and asks again when it is told to", async () => {
  const one = scripted(), other = scripted(undefined, "other");
  const list = await show(useQuery, one.query);
  assert.equal(one.live.length, 1, "StrictMode leaves one of two");
  await one.live[0].show([{ id: "a" }]);
  const error = new Error("lost");
  await one.live[0].fail(error);
  assert.deepEqual([list.now.docs, list.now.error, list.now.loading, list.now.connected], [[{ id: "a" }], error, false, false]);
  await act(() => list.now.retry());
  assert.deepEqual([one.live.length, list.now.docs, list.now.error], [1, [{ id: "a" }], error], "until the answer is there");
  await one.live[0].show([{ id: "b" }]);
  assert.deepEqual([list.now.docs, list.now.error], [[{ id: "b" }], undefined]);
  await one.live[0].fail(error);
  await list.set(other.query);
  assert.deepEqual([list.now.docs, list.now.error, list.now.loading], [[], undefined, true], "another query has neither its documents nor its error");
  await list.end();
  assert.deepEqual([one.live.length, other.live.length], [0, 0]);
});

test("after an error a query is asked again for another user, without the documents of the one before", async () => {
  const client = await person();
  const script = scripted(client.auth);
  const list = await show(useQuery, script.query);
  await script.live[0].show([{ id: "a" }]);
  await script.live[0].fail(new Error("lost"));
  assert.deepEqual(list.now.docs, [{ id: "a" }]);
  await act(() => client.auth.signOut());
  await until("it is asked again", () => list.now.loading && script.live.length === 1);
  assert.deepEqual(list.now.docs, []);
  await list.end();
  assert.equal(script.live.length, 0);
});

test("useInfiniteQuery shows page after page, all of them live", async () => {
  const { db } = await person();
  const todos = db.collection("todos");
  await todos.add(["a", "b", "c", "d", "e"].map((title) => ({ title })));
  const list = await show(() => useInfiniteQuery(todos.orderBy("title"), { size: 2 }));
  const titles = () => list.now.docs.map((d) => d.title).join("");
  await until("the first page", () => titles() === "ab" && list.now.hasMore);
  await act(() => list.now.loadMore());
  await until("the second page", () => titles() === "abcd" && list.now.hasMore && !list.now.loadingMore);
  await todos.add({ title: "aa" });
  await until("what is new", () => titles() === "aaabc");
  await act(() => list.now.loadMore());
  await until("the end", () => titles() === "aaabcde" && !list.now.hasMore);
  await list.end();
});

test("useInfiniteQuery shows what there is while more is on its way, and asks once", async () => {
  const script = scripted();
  const list = await show(() => useInfiniteQuery(script.query, { size: 1 }));
  assert.equal(script.live[0].size, 2, "one more than is shown");
  await script.live[0].show([{ id: "a" }, { id: "b" }]);
  assert.deepEqual([list.now.docs, list.now.hasMore, list.now.loadingMore], [[{ id: "a" }], true, false]);
  const { loadMore } = list.now;
  await act(() => {
    loadMore();
    loadMore(); // a scroll says it twice
  });
  await act(() => list.now.loadMore());
  assert.deepEqual(script.live.map((l) => l.size), [3]);
  assert.deepEqual([list.now.docs.map((d) => d.id), list.now.loadingMore], [["a", "b"], true]);
  await script.live[0].show([{ id: "a" }, { id: "b" }]);
  assert.deepEqual([list.now.docs.length, list.now.hasMore, list.now.loadingMore], [2, false, false]);
  await act(() => list.now.loadMore());
  assert.deepEqual(script.live.map((l) => l.size), [3], "there is no more");
  await list.end();
});

test("useAggregate follows its figures", async () => {
  const { db } = await person();
  const todos = db.collection("todos");
  await todos.add([{ title: "a", stars: 2 }, { title: "b", stars: 3, done: true }]);
  const figures = await show((ask) => useAggregate(todos, ask), { sum: ["stars"], count: true });
  await until("the first", () => figures.now.rows[0]?.sum.stars === 5);
  await todos.add({ title: "c", stars: 4 });
  await until("the next", () => figures.now.rows[0].sum.stars === 9 && figures.now.rows[0].count === 3);
  await figures.set({ group: ["done"], count: true });
  await until("other figures", () => figures.now.rows.length === 2 && figures.now.rows.every((r) => r.sum === undefined));
  await figures.set({ sum: ["nothing"] });
  await until("what is wrong", () => figures.now.error?.code === "invalid");
  await figures.end();
});

test("useUser follows who is signed in", async () => {
  let give;
  const storage = { ...memory(), get: () => new Promise((resolve) => (give = resolve)) };
  const { auth } = createClient(server.url, { WebSocket, storage });
  const who = await show(() => useUser(auth));
  assert.deepEqual(who.now, { user: null, loading: true });
  await act(() => give(null));
  await until("no one is there", () => !who.now.loading);
  storage.get = () => null;
  await act(() => auth.signInAnonymously());
  assert.equal(who.now.user.id, auth.user.id);
  await act(() => auth.signOut());
  assert.deepEqual(who.now, { user: null, loading: false });
  await who.end();
});

test("useMutation says that it is under way, and how it has ended", async () => {
  const { db } = await person();
  const add = await show(() => useMutation((doc) => db.collection("todos").add(doc)));
  assert.equal(add.now.pending, false);
  let result;
  await act(async () => {
    result = add.now.mutate({ title: "a" });
  });
  assert.ok(add.now.pending || add.now.data);
  const doc = await act(() => result);
  await until("it has ended", () => !add.now.pending);
  assert.deepEqual([doc.title, add.now.data, add.now.error], ["a", doc, undefined]);
  assert.equal(await act(() => add.now.mutate({ titel: "a" })), undefined, "it never rejects");
  assert.deepEqual([add.now.error.code, add.now.error.errors[0].field, add.now.data, add.now.pending], ["invalid", "titel", undefined, false]);
  await act(() => add.now.reset());
  assert.equal(add.now.error, undefined);
  await add.end();
});

test("useMutation shows how the newest call has ended", async () => {
  const calls = [];
  const add = await show(() => useMutation((name) => new Promise((resolve, reject) => calls.push({ name, resolve, reject }))));
  let all;
  await act(async () => {
    all = [add.now.mutate("one"), add.now.mutate("two")];
  });
  await act(() => calls[1].resolve("two"));
  assert.deepEqual([add.now.data, add.now.pending], ["two", true]);
  await act(() => calls[0].reject(new Error("too late")));
  assert.deepEqual([add.now.data, add.now.error, add.now.pending], ["two", undefined, false]);
  assert.deepEqual(await Promise.all(all), [undefined, "two"]);
  await add.end();
});

test("useUpload stores a file, says how far it is, pauses and gives up", async () => {
  const net = network();
  const { db } = await person({ fetch: net.fetch });
  const file = await show(() => useUpload(db.collection("pictures")));
  assert.deepEqual([file.now.pending, file.now.progress], [false, null]);
  const doc = await act(() => file.now.upload(new File(["12345"], "a.txt"), { fields: { alt: "five" } }));
  assert.deepEqual([doc.alt, file.now.doc, file.now.progress, file.now.pending], ["five", doc, { sent: 5, total: 5 }, false]);
  await act(() => file.now.upload("x", { path: "../x" }));
  assert.equal(file.now.error.code, "invalid");
  const end = net.answer(/files/, (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
  let result;
  await act(async () => {
    result = file.now.upload("x");
  });
  assert.ok(file.now.pending);
  await act(() => file.now.cancel());
  assert.equal(await act(() => result), undefined);
  assert.deepEqual([file.now.pending, file.now.error], [false, undefined], "what was cancelled is no error");
  end();
  const large = new Uint8Array(6 << 20).fill(7);
  const stalled = net.answer(/PATCH/, (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
  await act(() => file.now.pause());
  assert.equal(file.now.paused, false, "there is nothing to hold");
  await act(async () => {
    result = file.now.upload(large);
  });
  await until("a piece is on its way", () => net.calls.some((c) => c.method === "PATCH"));
  await act(() => file.now.pause());
  assert.deepEqual([file.now.paused, file.now.pending], [true, true]);
  stalled();
  const sent = net.calls.filter((c) => c.method === "PATCH").length;
  await act(() => new Promise((resolve) => setTimeout(resolve, 100)));
  assert.equal(net.calls.filter((c) => c.method === "PATCH").length, sent, "it is paused and sends");
  await act(() => file.now.resume());
  assert.equal(file.now.paused, false);
  assert.equal((await act(() => result)).size, large.length);
  assert.equal(net.calls.filter((c) => c.method === "POST" && /tus$/.test(c.url)).length, 1, "it has begun anew");
  await file.end();
});

test("useOutbox counts what waits, and lists what was refused", async () => {
  const net = network();
  const client = await person({ optimistic: true, fetch: net.fetch });
  const box = await show(() => useOutbox(client.outbox));
  assert.deepEqual([box.now.pending, box.now.refusals], [0, []]);
  const end = net.answer(/todos/, json({ code: "forbidden", detail: "not you" }, 403));
  let adding;
  await act(async () => {
    adding = client.db.collection("todos").add({ title: "a" }).catch((e) => e);
  });
  await until("it is refused", () => box.now.refusals.length === 1 && box.now.pending === 0);
  assert.deepEqual([box.now.refusals[0].error, box.now.refusals[0].mutation.body.title], [await adding, "a"]);
  end();
  const held = net.hold(/todos/);
  await act(async () => {
    adding = client.db.collection("todos").add({ title: "b" });
    await held.asked;
  });
  assert.equal(box.now.pending, 1);
  held.release();
  await act(() => adding);
  await until("it is confirmed", () => box.now.pending === 0);
  await act(() => box.now.dismiss(box.now.refusals[0]));
  assert.deepEqual(box.now.refusals, []);
  await box.end();
  const without = await show(() => useOutbox(undefined));
  assert.deepEqual([without.now.pending, without.now.refusals], [0, []]);
  await without.end();
});
