import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import WebSocket from "ws";
import { append, BasaltError, createClient, increment, prepend, pull, push, removeAt } from "../dist/basalt.js";
import { startServer } from "./server.js";

let server;
before(async () => {
  server = await startServer();
});
after(async () => {
  assert.equal(await server.stop(), 0, "the server shuts down cleanly");
});

let people = 0;
async function person(options) {
  const client = createClient(server.url, { WebSocket, ...options });
  const email = `live${++people}@example.com`;
  const user = await client.auth.signUp(email, "correct horse");
  return { ...client, email, user, todos: client.db.collection("todos") };
}

/** Waits until something holds. */
async function until(what, holds) {
  for (let tries = 0; tries < 2400; tries++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`never: ${what}`);
}

/** Follows a query: `now` is what it shows, `all` every state. */
function follow(query) {
  const seen = { all: [], changes: [], error: undefined, now: undefined };
  seen.end = query.onSnapshot(
    (s) => {
      seen.now = s.docs?.map((d) => d.title);
      seen.snapshot = s;
      seen.all.push(seen.now);
      for (const c of s.docChanges()) seen.changes.push(`${c.type} ${c.doc.title}`);
    },
    (e) => (seen.error = e),
  );
  return seen;
}

describe("live queries", () => {
  test("show what the query returns, and every change of it", async () => {
    const { todos } = await person();
    await todos.add({ title: "b" });
    const open = follow(todos.where("done", "==", false).orderBy("title"));
    await until("the first state", () => open.now?.join() === "b");
    const a = await todos.add({ title: "a" });
    await until("an added document, in its place", () => open.now.join() === "a,b");
    await todos.doc(a.id).update({ title: "c" });
    await until("a moved document", () => open.now.join() === "b,c");
    await todos.doc(a.id).update({ done: true });
    await until("one that leaves the filter", () => open.now.join() === "b");
    assert.deepEqual(open.changes, ["added b", "added a", "modified c", "removed c"]);
    open.end();
    await todos.add({ title: "late" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(open.now.join(), "b");
  });

  test("can be gone through, and one document and figures, too", async () => {
    const { todos } = await person();
    const titles = [];
    for await (const { docs } of todos.limit(2).withCount().snapshots()) {
      titles.push(docs.length);
      if (docs.length === 1) break;
      await todos.add({ title: "first" });
    }
    assert.deepEqual(titles, [0, 1]);
    const [first] = (await todos.get()).items;
    const seen = [], sums = [];
    const ends = [
      todos.doc(first.id).onSnapshot((doc) => seen.push(doc?.stars ?? null)),
      todos.onAggregate({ sum: ["stars"] }, ([row]) => sums.push(row.sum.stars)),
    ];
    await until("both begin", () => seen.length === 1 && sums.length === 1);
    await todos.doc(first.id).update({ stars: increment(3) });
    await until("both change", () => seen.at(-1) === 3 && sums.at(-1) === 3);
    await todos.doc(first.id).delete();
    await until("it is gone", () => seen.at(-1) === null && sums.at(-1) === null);
    ends.forEach((end) => end());
  });

  test("end with the error of a query that is refused", async () => {
    const { todos, db } = await person();
    const wrong = follow(todos.where("nothing", "==", 1));
    await until("the mistake is told", () => wrong.error instanceof BasaltError && wrong.error.code === "invalid");
    const missing = follow(db.collection("nothing"));
    await until("so is a collection that is none", () => missing.error?.code === "not_found");
  });

  test("follow who is signed in", async () => {
    const { todos, auth, email } = await person();
    await todos.add({ title: "mine" });
    const seen = follow(todos);
    await until("mine", () => seen.now?.join() === "mine");
    await auth.signOut();
    await until("nothing is there for nobody", () => seen.now.length === 0 || seen.error?.code === "unauthenticated");
    await auth.signIn(email, "correct horse");
    seen.end();
    const again = follow(todos);
    await until("mine again", () => again.now?.join() === "mine");
    again.end();
  });

  test("come back after the server was killed, and miss nothing", async () => {
    const { todos } = await person();
    const other = createClient(server.url, { WebSocket });
    const seen = follow(todos.orderBy("title"));
    await until("the beginning", () => seen.now !== undefined);
    await todos.add({ title: "a" });
    await until("a", () => seen.now.join() === "a");
    await server.kill();
    await until("the loss is told", () => seen.snapshot.connected === false);
    assert.equal(seen.now.join(), "a", "what was known stays");
    await server.start();
    await todos.add({ title: "b" });
    await until("b", () => seen.now.join() === "a,b" && seen.snapshot.connected);
    seen.end();
    void other;
  });
});

describe("optimistic writes", () => {
  test("are shown at once, and taken back when they are refused", async () => {
    let answer;
    const slow = async (url, init) => {
      if (answer && init.method !== "GET" && String(url).includes("/v1/db/todos") && !String(url).endsWith("query")) await answer;
      return fetch(url, init);
    };
    const { todos, outbox } = await person({ optimistic: true, fetch: slow });
    const kept = await todos.add({ title: "kept", stars: 1 });
    const seen = follow(todos.where("done", "==", false).orderBy("title"));
    await until("the beginning", () => seen.now?.join() === "kept");
    let go;
    answer = new Promise((resolve) => (go = resolve));
    const refusals = [];
    outbox.onRefused((r) => refusals.push(r.error.code));
    const added = todos.add({ title: "added" });
    await until("the document before the server has it", () => seen.now.join() === "added,kept" && seen.snapshot.hasPendingWrites);
    const changed = todos.doc(kept.id).update({ title: "aaa", stars: increment(2) });
    const refused = assert.rejects(todos.doc(kept.id).update({ stars: -5 }), (e) => e.code === "invalid");
    await until("all writes at once", () => seen.now.join() === "aaa,added" && seen.snapshot.docs[0].stars === -5);
    assert.equal(outbox.pending, 3);
    go();
    await Promise.all([added, changed, refused]);
    await until("what the server has", () => seen.now.join() === "aaa,added" && seen.snapshot.docs[0].stars === 3 && !seen.snapshot.hasPendingWrites);
    assert.deepEqual(refusals, ["invalid"]);
    await todos.doc(kept.id).update({ done: true });
    await until("one that leaves the filter", () => seen.now.join() === "added");
    await todos.doc((await added).id).delete();
    await until("none", () => seen.now.length === 0);
    seen.end();
  });

  test("of parts of a field are shown as the server makes them", async () => {
    let answer;
    const slow = async (url, init) => {
      if (init.method === "PATCH") await answer;
      return fetch(url, init);
    };
    const { todos } = await person({ optimistic: true, fetch: slow });
    const kept = await todos.add({ title: "kept", tags: ["a", "b", "a"] });
    const seen = follow(todos.where("title", "==", "kept"));
    await until("the beginning", () => seen.now?.length === 1);
    for (const tags of [push("c"), pull("b"), append(["b", "x"]), prepend("y"), { $addToSet: "y" }, { $addToSet: "z" }, removeAt(0), removeAt(-1), removeAt("a"), removeAt(["0"]), removeAt(99)]) {
      let go;
      answer = new Promise((resolve) => (go = resolve));
      const changed = todos.doc(kept.id).update({ tags });
      await until("the write before the server has it", () => seen.snapshot.hasPendingWrites);
      const shown = seen.snapshot.docs[0].tags;
      go();
      assert.deepEqual(shown, (await changed).tags, JSON.stringify(tags));
      await until("what the server has", () => !seen.snapshot.hasPendingWrites);
    }
    seen.end();
  });

  test("of names that every object of JavaScript has are those of other names", async () => {
    let answer;
    const slow = async (url, init) => {
      if (init.method === "PATCH") await answer;
      return fetch(url, init);
    };
    const { todos } = await person({ optimistic: true, fetch: slow });
    const kept = await todos.add({ title: "kept", tags: { a: 1 } });
    await todos.add({ title: "other", tags: { constructor: 1 } });
    const seen = follow(todos.where("tags.toString", "==", null).orderBy("tags.constructor", "desc"));
    await until("the beginning", () => seen.now?.join() === "other,kept");
    for (const [tags, titles] of [[{ b: 2 }, "other,kept"], [JSON.parse('{"__proto__":{"c":3},"constructor":{"$inc":2}}'), "kept,other"], [removeAt("valueOf"), "kept,other"]]) {
      let go;
      answer = new Promise((resolve) => (go = resolve));
      const changed = todos.doc(kept.id).update({ tags });
      await until("the write before the server has it", () => seen.snapshot.hasPendingWrites);
      const { now, snapshot } = seen;
      go();
      const made = JSON.stringify((await changed).tags);
      assert.equal(now.join(), titles, made);
      assert.equal(JSON.stringify(snapshot.docs.find((d) => d.title === "kept").tags), made);
      await until("what the server has", () => !seen.snapshot.hasPendingWrites && seen.now.join() === titles);
    }
    assert.equal({}.c, undefined, "no other object has changed");
    seen.end();
  });

  test("wait while the server is away, and are sent when it is back, after the page was closed, too", async () => {
    const stored = new Map();
    const store = {
      load: async () => [...stored.values()].map((v) => JSON.parse(v)),
      put: async (m) => void stored.set(m.id, JSON.stringify(m)),
      remove: async (id) => void stored.delete(id),
    };
    const memory = new Map();
    const storage = { get: () => memory.get("s") ?? null, set: (v) => memory.set("s", v), remove: () => memory.delete("s") };
    const options = { optimistic: { offline: true, store }, storage };
    const { todos, outbox } = await person(options);
    const seen = follow(todos.orderBy("title"));
    await until("the beginning", () => seen.now !== undefined);
    await server.kill();
    void todos.add({ title: "written offline" });
    await until("it is shown", () => seen.now.join() === "written offline" && stored.size === 1);
    assert.equal(outbox.pending, 1);
    seen.end();
    const next = createClient(server.url, { WebSocket, ...options }); // as after a reload
    await server.start();
    await until("it is sent", () => stored.size === 0);
    const { items } = await next.db.collection("todos").get();
    assert.deepEqual(items.map((d) => d.title), ["written offline"]);
  });
});

describe("channels", () => {
  test("carry messages, the last ones for who comes later, and say who is there", async () => {
    const ann = await person(), bob = await person();
    const heard = { ann: [], bob: [] };
    let members = [];
    const a = ann.channel("room:1").join({ message: (m, old) => heard.ann.push([m.data, m.from, old]), presence: (p) => (members = p) }, { name: "Ann" });
    await until("ann is there", () => members.length === 1);
    await ann.channel("room:1").publish("hello");
    await until("ann hears herself", () => heard.ann.length === 1);
    const b = bob.channel("room:1").join({ message: (m, old) => heard.bob.push([m.data, m.from, old]) }, { name: "Bob" });
    await until("bob hears what was said before", () => heard.bob.length === 1);
    assert.deepEqual(heard.bob, [["hello", ann.user.id, true]]);
    await until("ann sees bob", () => members.map((m) => m.state.name).sort().join() === "Ann,Bob");
    await b.update({ name: "Bob", typing: true });
    await until("and that he types", () => members.some((m) => m.state.typing && m.user === bob.user.id));
    await bob.channel("room:1").publish({ text: "hi" });
    await until("ann hears bob", () => heard.ann.length === 2);
    assert.deepEqual(heard.ann[1], [{ text: "hi" }, bob.user.id, false]);
    b.leave();
    await until("ann sees him go", () => members.length === 1);
    await assert.rejects(ann.channel("room:quiet").publish("x"), (e) => e.code === "forbidden");
    await assert.rejects(ann.channel("hall").publish("x"), (e) => e.code === "invalid");
    a.leave();
    let refused;
    createClient(server.url, { WebSocket }).channel("room:1").join({ error: (e) => (refused = e) });
    await until("nobody is refused", () => refused?.code === "unauthenticated");
  });
});
