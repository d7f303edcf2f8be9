import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { append, BasaltError, createClient, increment, now, prepend, pull, push, removeAt } from "../dist/basalt.js";
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
  const client = createClient(server.url, options);
  const email = `p${++people}@example.com`;
  const user = await client.auth.signUp(email, "correct horse");
  return { ...client, email, user, todos: client.db.collection("todos") };
}

const code = (expected) => (error) => {
  assert.ok(error instanceof BasaltError, String(error));
  assert.equal(error.code, expected);
  return true;
};

describe("relations", () => {
  test("search, expand, and batches that are not atomic", async () => {
    const { todos, db } = await person();
    const first = await todos.add({ title: "first thing" });
    const second = await todos.add({ title: "second thing", after: first.id });
    const { items } = await todos.search("SECOND").expand("after").get();
    assert.deepEqual(items.map((d) => [d.id, d.expand.after.id]), [[second.id, first.id]]);
    const near = await todos.search("secnod", { typos: true, snippets: ["title"] }).get();
    assert.deepEqual(near.items.map((d) => [d.id, d.snippets.title]), [[second.id, "<mark>second</mark> thing"]]);
    assert.deepEqual((await todos.search("secnod").get()).items, []);
    const back = await todos.doc(first.id).get({ expand: ["todos(sort:-created,limit:1)"] });
    assert.deepEqual(back.expand.todos.map((d) => d.id), [second.id]);
    await assert.rejects(db.batch().delete("todos", second.id).delete("todos", "nothing").commit({ atomic: false }), code("not_found"));
    await assert.rejects(todos.doc(second.id).get(), code("not_found"));
  });
});

test("strong() asks for it with every kind of read, and the server takes it", async () => {
  const asked = [];
  const listening = (url, init) => {
    asked.push(init.headers["X-Basalt-Consistency"]);
    return fetch(url, init);
  };
  const { todos } = await person({ fetch: listening });
  const { id } = await todos.add({ title: "a" });
  asked.length = 0;
  const strong = todos.strong();
  assert.equal((await strong.limit(1).get()).items[0].id, id);
  assert.equal(await strong.count(), 1);
  assert.equal((await strong.doc(id).get()).id, id);
  assert.equal((await strong.doc(id).getWithTag()).doc.id, id);
  await todos.get();
  await todos.doc(id).get();
  assert.deepEqual(asked, ["strong", "strong", "strong", "strong", undefined, undefined]);
});

describe("documents", () => {
  test("add, get, update, set and delete", async () => {
    const { todos, user } = await person();
    const todo = await todos.add({ title: "milk", tags: ["a"] });
    assert.equal(todo.owner, user.id);
    assert.equal(todo.done, false);
    assert.deepEqual(await todos.doc(todo.id).get(), todo);
    const changed = await todos.doc(todo.id).update({ done: true, stars: increment(2), tags: push("b"), created: now() });
    assert.deepEqual([changed.done, changed.stars, changed.tags], [true, 2, ["a", "b"]]);
    assert.deepEqual((await todos.doc(todo.id).update({ tags: pull("a") })).tags, ["b"]);
    await todos.doc(todo.id).update({ tags: append(["c", "d"]) });
    await todos.doc(todo.id).update({ tags: prepend(["a"]) });
    assert.deepEqual((await todos.doc(todo.id).update({ tags: removeAt(-1) })).tags, ["a", "b", "c"]);
    const replaced = await todos.doc(todo.id).set({ title: "bread", owner: user.id });
    assert.deepEqual([replaced.title, replaced.tags], ["bread", null]);
    await todos.doc(todo.id).delete();
    await assert.rejects(todos.doc(todo.id).get(), code("not_found"));
  });

  test("an update on condition fails when the document has changed", async () => {
    const { todos } = await person();
    const { id } = await todos.add({ title: "a" });
    const { tag } = await todos.doc(id).getWithTag();
    await todos.doc(id).update({ title: "b" }, { ifMatch: tag });
    await assert.rejects(todos.doc(id).update({ title: "c" }, { ifMatch: tag }), code("precondition_failed"));
  });

  test("every field that is wrong is named", async () => {
    const { todos } = await person();
    await assert.rejects(todos.add({ titel: "a", stars: -1 }), (error) => {
      code("invalid")(error);
      assert.match(error.message, /^the document does not fit the collection: (stars|titel|title): .* \(and 2 more\)$/);
      assert.deepEqual(error.errors.map((e) => [e.field, e.code]).sort(), [["stars", "min"], ["titel", "unknown_field"], ["title", "required"]]);
      return true;
    });
  });

  test("several documents are added all or none", async () => {
    const { todos } = await person();
    assert.equal((await todos.add([{ title: "a" }, { title: "b" }])).length, 2);
    await assert.rejects(todos.add([{ title: "c" }, { title: null }]), code("invalid"));
    assert.equal(await todos.count(), 2);
  });
});

describe("queries", () => {
  test("conditions, order, pages and counts", async () => {
    const { todos } = await person();
    await todos.add(Array.from({ length: 25 }, (_, i) => ({ title: `t${String(i).padStart(2, "0")}`, done: i % 2 === 0, stars: i })));
    const open = todos.where("done", "==", false).orderBy("stars", "desc");
    const page = await open.limit(5).withCount().get();
    assert.deepEqual(page.items.map((t) => t.stars), [23, 21, 19, 17, 15]);
    assert.equal(page.total, 12);
    assert.deepEqual((await open.limit(5).after(page.next).get()).items.map((t) => t.stars), [13, 11, 9, 7, 5]);
    const all = [];
    for await (const todo of todos.orderBy("title").limit(7)) all.push(todo.title);
    assert.equal(all.length, 25);
    assert.deepEqual(all, [...all].sort());
    assert.equal(await todos.where("stars", "in", [1, 2, 99]).count(), 2);
    assert.equal(await todos.where({ $or: [{ stars: 1 }, { title: { $endsWith: "24" } }] }).count(), 2);
    assert.equal(await todos.filter("stars >= $min && !done", { min: 20 }).count(), 2);
    assert.deepEqual(Object.keys((await todos.select("id", "title").first()) ?? {}), ["id", "title"]);
    const groups = await todos.aggregate({ group: ["done"], count: true, max: ["stars"] });
    assert.deepEqual(groups, [{ done: false, count: 12, max: { stars: 23 } }, { done: true, count: 13, max: { stars: 24 } }]);
  });

  test("bulk updates and deletes take a filter", async () => {
    const { todos } = await person();
    await todos.add([{ title: "a" }, { title: "b" }, { title: "c" }]);
    assert.equal(await todos.filter('title != "c"').update({ done: true }), 2);
    assert.equal(await todos.filter("done").delete(), 2);
    await assert.rejects(todos.delete(), code("invalid"));
    assert.equal(await todos.count(), 1);
  });
});

test("a batch happens as a whole", async () => {
  const { db, todos } = await person();
  const { id } = await todos.add({ title: "a" });
  const results = await db.batch().create("todos", { title: "b" }).update("todos", id, { done: true }).delete("todos", id).commit();
  assert.deepEqual(results.map((r) => r?.title ?? null), ["b", "a", null]);
  await assert.rejects(db.batch().create("todos", { title: "c" }).delete("todos", "nowhere").commit(), code("not_found"));
  assert.equal(await todos.count(), 1);
});

test("a dry batch says what it would do, and keeps nothing", async () => {
  const { db, todos } = await person();
  const { id } = await todos.add({ title: "a" });
  const results = await db.batch().create("todos", { title: "b" }).update("todos", id, { done: true }).commit({ dry: true });
  assert.deepEqual(results.map((r) => [r.title, r.done]), [["b", false], ["a", true]]);
  await assert.rejects(db.batch().create("todos", { title: "c" }).create("todos", {}).commit({ dry: true }), code("invalid"));
  await assert.rejects(db.batch().delete("todos", "nowhere").commit({ dry: true }), code("not_found"));
  await assert.rejects(db.batch().delete("todos", id).commit({ dry: true, atomic: false }), code("invalid"));
  assert.deepEqual((await todos.get()).items.map((d) => [d.title, d.done]), [["a", false]]);
});

test("people do not see each other", async () => {
  const a = await person();
  const b = await person();
  const { id } = await a.todos.add({ title: "secret" });
  await assert.rejects(b.todos.doc(id).get(), code("not_found"));
  assert.deepEqual((await b.todos.get()).items, []);
  const anonymous = createClient(server.url);
  await assert.rejects(anonymous.db.collection("todos").add({ title: "x" }), code("unauthenticated"));
});

describe("auth", () => {
  test("signing up, in and out, and who is told", async () => {
    const { auth, email, user } = await person();
    const seen = [];
    const stop = auth.onChange((u) => seen.push(u?.email ?? null));
    await auth.ready;
    await auth.signOut();
    assert.equal(auth.user, null);
    await auth.signIn(email, "correct horse");
    assert.deepEqual(await auth.getUser(), user);
    stop();
    await auth.signOut();
    assert.deepEqual(seen, [email, null, email]);
    await assert.rejects(auth.signIn(email, "wrong horse"), code("unauthenticated"));
    await assert.rejects(auth.signUp(email, "correct horse"), code("conflict"));
  });

  test("a session is kept in the storage that is given", async () => {
    let kept = null;
    const storage = { get: async () => kept, set: async (v) => void (kept = v), remove: async () => void (kept = null) };
    const { user } = await person({ storage });
    const again = createClient(server.url, { storage });
    assert.equal((await again.auth.getUser()).id, user.id);
    await again.auth.signOut();
    assert.equal(kept, null);
  });

  test("one refresh is in flight, however many calls wait", async () => {
    let refreshes = 0;
    const counting = (url, init) => {
      if (String(url).endsWith("/v1/auth/refresh")) refreshes++;
      return fetch(url, init);
    };
    let kept = null;
    const storage = { get: () => kept, set: (v) => void (kept = v), remove: () => void (kept = null) };
    await person({ storage });
    kept = JSON.stringify({ ...JSON.parse(kept), expiresAt: Date.now() });
    const { db } = createClient(server.url, { storage, fetch: counting });
    await Promise.all(Array.from({ length: 20 }, () => db.collection("todos").get()));
    assert.equal(refreshes, 1);
  });

  test("a refused token is refreshed and the call sent again", async () => {
    let kept = null;
    const storage = { get: () => kept, set: (v) => void (kept = v), remove: () => void (kept = null) };
    await person({ storage });
    kept = JSON.stringify({ ...JSON.parse(kept), accessToken: "bad" });
    const { db, auth } = createClient(server.url, { storage });
    assert.deepEqual((await db.collection("todos").get()).items, []);
    assert.notEqual(auth.user, null);
    kept = JSON.stringify({ ...JSON.parse(kept), accessToken: "bad", refreshToken: "bad" });
    const lost = createClient(server.url, { storage });
    await assert.rejects(lost.db.collection("todos").add({ title: "a" }), code("unauthenticated"));
    assert.equal(lost.auth.user, null);
    assert.equal(kept, null);
  });
});

test("a write whose answer is lost is sent again and happens once", async () => {
  let lose = 0;
  const lossy = async (url, init) => {
    const answer = await fetch(url, init);
    if (lose > 0 && lose-- > 0) throw new TypeError("the connection broke");
    return answer;
  };
  const { todos } = await person({ fetch: lossy });
  lose = 2;
  const { id } = await todos.add({ title: "once" });
  lose = 1;
  assert.equal((await todos.doc(id).update({ stars: increment(1) })).stars, 1);
  lose = 2;
  await todos.doc(id).delete();
  assert.equal(await todos.count(), 0);
  lose = 3;
  await assert.rejects(todos.add({ title: "given up" }), code("network"));
});

test("what was written is asked for when reading", async () => {
  const asked = [];
  const cached = async (url, init) => {
    asked.push(init.headers["X-Basalt-Seen"]);
    const answer = await fetch(url, init);
    return new Response(answer.status === 204 ? null : await answer.text(), { status: answer.status, headers: init.method === "PATCH" ? { "X-Basalt-Seen": "todos=12,other=7" } : {} });
  };
  const { todos } = await person({ fetch: cached });
  const { id } = await todos.add({ title: "a" });
  asked.length = 0;
  await todos.get();
  await todos.doc(id).update({ title: "b" });
  await todos.get();
  await todos.doc(id).get();
  assert.deepEqual(asked, [undefined, undefined, "todos=12,other=7", "todos=12,other=7"]);
});

test("a server that is not there is a network error", async () => {
  const { db } = createClient("http://127.0.0.1:1");
  await assert.rejects(db.collection("todos").get(), code("network"));
});

test("the server serves this very module", async () => {
  const response = await fetch(`${server.url}/v1/sdk.js`);
  assert.match(response.headers.get("content-type"), /^text\/javascript/);
  assert.match(await response.text(), /createClient/);
});

test("a delete with steps takes along more than one transaction may", async () => {
  const server = await startServer("", (port) => `
listen: "127.0.0.1:${port}"
databases: { main: { driver: memory } }
log: { level: warn }
limits: { cascade: 3 }
collections:
  lists: { fields: { name: { type: string } }, rules: { read: 'true', create: 'true', delete: 'true' } }
  items: { fields: { list: { type: ref, to: lists, on_delete: cascade } }, rules: { read: 'true', create: 'true' } }
`);
  try {
    const answers = [];
    const db = createClient(server.url, { fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (init.method === "DELETE") answers.push(response.status);
      return response;
    } }).db;
    const { id } = await db.collection("lists").add({ name: "a" });
    await db.collection("items").add(Array.from({ length: 8 }, () => ({ list: id })));
    const list = db.collection("lists").doc(id);
    await assert.rejects(list.delete(), code("invalid"));
    assert.equal(await db.collection("items").count(), 8);
    await list.delete({ steps: true });
    assert.deepEqual(answers, [422, 202, 202, 204], "two steps of three, and the rest with the list");
    assert.equal(await db.collection("items").count(), 0);
    await assert.rejects(list.delete({ steps: true }), code("not_found"));
  } finally {
    await server.stop();
  }
});
