import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { createClient } from "../dist/basalt.js";
import { memory } from "./fakes.js";
import { startServer } from "./server.js";

let server;
before(async () => {
  server = await startServer();
});
after(async () => {
  assert.equal(await server.stop(), 0);
});

const written = "2026-02-28T10:00:00.123000Z";
const times = { todos: { times: ["created"], refs: { after: "todos" } } };

/** The todos of somebody new, read with dates. */
async function people(dates, more = {}) {
  const client = createClient(server.url, { WebSocket, storage: memory(), dates, ...more });
  await client.auth.signInAnonymously();
  return client;
}

/** The first snapshot of a live query that satisfies a condition. */
const shown = (query, holds) =>
  new Promise((resolve, reject) => {
    const end = query.onSnapshot((s) => {
      if (!holds(s)) return;
      queueMicrotask(() => end());
      resolve(s);
    }, reject);
  });

test("a Date goes in and comes out, on every way", async () => {
  const { db } = await people(times);
  const todos = db.collection("todos");
  const at = new Date(written);
  const first = await todos.add({ title: written, created: at, tags: [written] });
  assert.deepEqual([first.created, first.title, first.tags], [at, written, [written]], "a string that is written like a time is a string");
  const [second] = await todos.add([{ title: "second", after: first.id, created: new Date(0) }]);
  assert.deepEqual(second.created, new Date(0));
  for (const found of [
    (await todos.where("created", "==", at).get()).items,
    (await todos.where({ created: { $gte: at } }).get()).items,
    (await todos.filter("created >= $at", { at }).get()).items,
    [await todos.doc(first.id).get()],
    [(await todos.doc(first.id).getWithTag()).doc],
    [await todos.doc(first.id).update({ created: at })],
    (await shown(todos.where("created", "==", at), () => true)).docs,
  ]) {
    assert.deepEqual(found.map((d) => d.created), [at]);
  }
  const expanded = await todos.where("title", "==", "second").expand("after").first();
  assert.deepEqual(expanded.expand.after.created, at);
  const back = await todos.doc(first.id).get({ expand: ["todos"] });
  assert.deepEqual(back.expand.todos.map((d) => d.created), [new Date(0)]);
  const [row] = await todos.where("created", "==", at).aggregate({ group: ["created"], count: true });
  assert.deepEqual([row.created, row.count], [at, 1]);
  const results = await db.batch().update("todos", first.id, { created: new Date(1) }).delete("todos", second.id).commit();
  assert.deepEqual([results[0].created, results[1]], [new Date(1), null]);
});

test("without a list of the times, what is written like one is one, at the top of a document", async () => {
  const todos = (await people(true)).db.collection("todos");
  const doc = await todos.add({ title: "a", created: new Date(written), tags: [written, "2026"] });
  assert.deepEqual([doc.created, doc.tags, doc.title], [new Date(written), [written, "2026"], "a"]);
});

test("without the option times are strings", async () => {
  const todos = (await people(undefined)).db.collection("todos");
  assert.equal((await todos.add({ title: "a", created: new Date(written) })).created, written);
});

test("a live query has the same document as long as it has not changed, and orders what waits as the server does", async () => {
  const { db } = await people(times, { optimistic: true });
  const todos = db.collection("todos").orderBy("created");
  await todos.add({ title: "b", created: new Date("2026-02-28T10:00:00.500Z") });
  const states = [];
  const end = todos.onSnapshot((s) => states.push(s));
  const until = async (holds) => {
    while (!states.some(holds)) await new Promise((resolve) => setTimeout(resolve, 10));
    return states.find(holds);
  };
  await until((s) => s.docs.length === 1);
  const adding = todos.add({ title: "a", created: new Date("2026-02-28T10:00:00Z") });
  const waiting = await until((s) => s.docs.length === 2);
  assert.deepEqual(waiting.docs.map((d) => [d.title, d.created instanceof Date]), [["a", true], ["b", true]]);
  assert.deepEqual(waiting.docChanges().map((c) => [c.type, c.doc.title]), [["added", "a"]], "b is the one of before");
  await adding;
  end();
});
