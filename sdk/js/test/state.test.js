// Whose a session, a call, a write and an answer is: of which server, and of which user.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { indexedDB } from "fake-indexeddb";
import WebSocket from "ws";
import { createClient } from "../dist/basalt.js";
import { memory, network, page, json, unreachable, until, webStorage } from "./fakes.js";
import { startServer } from "./server.js";

let server, other;
before(async () => {
  [server, other] = await Promise.all([startServer(), startServer()]);
});
after(async () => {
  assert.deepEqual([await server.stop(), await other.stop()], [0, 0]);
});

const refused = (code) => (error) => error.code === code || assert.fail(`${error.code}: ${error.message}`);

/** Accounts of two people at a server, without documents. (Few people may sign up in an hour.) */
const accounts = new Map();
async function two(url = server.url) {
  const both = [["a@example.com", "correct horse"], ["b@example.com", "correct horse"]];
  for (const account of both) {
    const client = createClient(url, { storage: memory() });
    if (accounts.has(`${url} ${account}`)) await client.auth.signIn(...account);
    else await client.auth.signUp(...account);
    accounts.set(`${url} ${account}`, true);
    await client.db.collection("todos").filter('title != ""').delete();
  }
  return both;
}

const titles = async (client) => (await client.db.collection("todos").orderBy("title").get()).items.map((d) => d.title);

describe("an answer that comes late", () => {
  test("to a refresh does not replace who has signed in since", async () => {
    const [a, b] = await two();
    const net = network(), storage = memory();
    const client = createClient(server.url, { fetch: net.fetch, storage });
    await client.auth.signIn(...a);
    const held = net.hold(/refresh/);
    const refreshing = client.auth.refresh();
    await held.asked;
    await client.auth.signIn(...b);
    held.release();
    await refreshing;
    assert.equal(client.auth.user.email, b[0]);
    assert.equal((await client.auth.getUser()).email, b[0]);
    assert.equal(JSON.parse(storage.get()).user.email, b[0]);
  });

  test("to a refresh does not sign in who has signed out since", async () => {
    const [a] = await two();
    const net = network(), storage = memory();
    const client = createClient(server.url, { fetch: net.fetch, storage });
    await client.auth.signIn(...a);
    const held = net.hold(/refresh/);
    const refreshing = client.auth.refresh();
    await held.asked;
    await client.auth.signOut();
    held.release();
    assert.equal(await refreshing, null);
    assert.deepEqual([client.auth.user, storage.get()], [null, null]);
  });

  test("of localStorage is known at once", async () => {
    const [a] = await two();
    const storage = memory();
    await createClient(server.url, { storage }).auth.signIn(...a);
    assert.equal(createClient(server.url, { storage }).auth.user?.email, a[0]);
    assert.equal(createClient("http://127.0.0.1:1", { storage }).auth.user, null, "of another server");
    const slow = { ...storage, get: async () => storage.get() };
    const later = createClient(server.url, { storage: slow });
    assert.equal(later.auth.user, null);
    await later.auth.ready;
    assert.equal(later.auth.user.email, a[0]);
  });

  for (const [what, then] of [["signed in", (c, b) => c.auth.signIn(...b)], ["signed out", (c) => c.auth.signOut()]]) {
    test(`to a refresh does not replace who has ${what} in another tab`, async () => {
      const [a, b] = await two();
      const net = network(), storage = memory();
      const tab = createClient(server.url, { fetch: net.fetch, storage });
      await tab.auth.signIn(...a);
      const second = createClient(server.url, { storage });
      await second.auth.ready;
      const held = net.hold(/refresh/);
      const refreshing = tab.auth.refresh();
      await held.asked;
      await then(second, b);
      const stored = storage.get();
      held.release();
      await refreshing;
      assert.equal(storage.get(), stored);
      assert.equal(tab.auth.user?.email, second.auth.user?.email);
    });
  }

  test("to a refresh that is refused does not end another session", async () => {
    const [a, b] = await two();
    const net = network(), storage = memory();
    const client = createClient(server.url, { fetch: net.fetch, storage });
    await client.auth.signIn(...a);
    storage.set(JSON.stringify({ ...JSON.parse(storage.get()), refreshToken: "stale", expiresAt: Date.now() }));
    const held = net.hold(/refresh/);
    const refreshing = client.auth.refresh();
    await held.asked;
    await client.auth.signIn(...b);
    held.release();
    await refreshing;
    assert.equal(client.auth.user.email, b[0]);
  });

  test("to a sign-in does not replace a later one, or sign in who has signed out since", async () => {
    const [a, b] = await two();
    const net = network();
    const client = createClient(server.url, { fetch: net.fetch, storage: memory() });
    for (const then of [() => client.auth.signIn(...b), () => client.auth.signOut()]) {
      const held = net.hold(/signin$/);
      const late = client.auth.signIn(...a);
      await held.asked;
      await then();
      held.release();
      await assert.rejects(late, refused("aborted"));
      assert.notEqual(client.auth.user?.email, a[0]);
    }
    // A later one that fails leaves the one before.
    const held = net.hold(/signin$/);
    const first = client.auth.signIn(...a);
    await held.asked;
    await assert.rejects(client.auth.signIn(b[0], "wrong horse"), refused("unauthenticated"));
    held.release();
    await first;
    assert.equal(client.auth.user.email, a[0]);
  });

  test("about an account says nothing of the next one", async () => {
    const [a, b] = await two();
    const net = network();
    const client = createClient(server.url, { fetch: net.fetch, storage: memory() });
    await client.auth.signIn(...a);
    const held = net.hold(/PATCH/);
    const changing = client.auth.updateUser({ password: a[1], currentPassword: a[1] });
    await held.asked;
    await client.auth.signIn(...b);
    held.release();
    assert.equal((await changing).email, a[0]);
    assert.equal(client.auth.user.email, b[0]);
  });

  test("of a storage does not bring back what was removed", async () => {
    const kept = memory();
    const slow = { ...kept, set: (v) => new Promise((done) => setTimeout(done, 60)).then(() => kept.set(v)), remove: async () => kept.remove() };
    const client = createClient(server.url, { storage: slow });
    const [a] = await two();
    const signing = client.auth.signIn(...a);
    await until("the session is there", () => client.auth.user);
    await client.auth.signOut();
    await signing;
    assert.equal(kept.get(), null);
  });
});

describe("a call is sent as who has made it, or not at all", () => {
  test("when it is tried again", async () => {
    const [a, b] = await two();
    const net = network();
    const client = createClient(server.url, { fetch: net.fetch, storage: memory() });
    await client.auth.signIn(...a);
    let lose;
    const lost = new Promise((resolve) => (lose = resolve));
    const back = net.answer(/todos$/, () => lost.then(unreachable));
    const writing = client.db.collection("todos").add({ title: "of a" });
    await until("it is under way", () => net.calls.some((c) => c.call.endsWith("todos")));
    await client.auth.signIn(...b);
    back();
    lose();
    await assert.rejects(writing, refused("unauthenticated"));
    assert.deepEqual(await titles(client), []);
  });

  test("when it waits for a token", async () => {
    const [a, b] = await two();
    const net = network(), storage = memory();
    await createClient(server.url, { storage }).auth.signIn(...a);
    storage.set(JSON.stringify({ ...JSON.parse(storage.get()), expiresAt: Date.now() - 1 }));
    const client = createClient(server.url, { fetch: net.fetch, storage });
    const held = net.hold(/refresh/);
    const writing = client.db.collection("todos").add({ title: "of a" });
    await held.asked;
    await client.auth.signIn(...b);
    held.release();
    await assert.rejects(writing, refused("unauthenticated"));
    assert.deepEqual(await titles(client), []);
  });

  test("and so are messages of channels", async () => {
    const [a, b] = await two();
    let connect;
    const connecting = new Promise((resolve) => (connect = resolve));
    class Slow extends WebSocket { // says that it is open when the test does
      set onopen(f) { super.onopen = async (event) => { await connecting; f?.(event); }; }
    }
    const client = createClient(server.url, { WebSocket: Slow, storage: memory() });
    await client.auth.signIn(...a);
    const said = assert.rejects(client.channel("room:whose").publish("of a"), refused("unauthenticated"));
    await new Promise((resolve) => setTimeout(resolve, 100)); // it waits for the connection
    await client.auth.signIn(...b);
    connect();
    await said;
  });
});

/** A store for waiting writes, as IndexedDB keeps them. */
function store() {
  const kept = new Map();
  return {
    kept,
    load: async () => [...kept.values()].map((v) => JSON.parse(v)),
    put: async (m) => void kept.set(m.id, JSON.stringify(m)),
    remove: async (id) => void kept.delete(id),
  };
}

describe("writes that wait", () => {
  test("are of who has made them: nobody else sends or sees them, and they wait for them", async () => {
    const [a, b] = await two();
    const net = network();
    const client = createClient(server.url, { fetch: net.fetch, WebSocket, storage: memory(), optimistic: { offline: true, store: store() } });
    const todos = client.db.collection("todos");
    await client.auth.signIn(...a);
    const seen = [];
    const end = todos.onSnapshot(({ docs }) => seen.push(docs.map((d) => d.title).join()), () => undefined);
    await until("the beginning", () => seen.length > 0);
    let back = net.answer(/\/db\//, unreachable);
    const added = todos.add({ title: "private note of a" });
    await until("a sees it", () => seen.at(-1) === "private note of a");
    await client.auth.signOut();
    back();
    await client.auth.signIn(...b);
    await until("b sees nothing", () => seen.at(-1) === "");
    assert.equal(client.outbox.pending, 0);
    await todos.add({ title: "of b" });
    assert.deepEqual(await titles(client), ["of b"]);
    end();
    await client.auth.signOut();
    await client.auth.signIn(...a);
    assert.equal((await added).owner, client.auth.user.id);
    assert.deepEqual(await titles(client), ["private note of a"]);
  });

  test("of who was not signed in are not of who signs in", async () => {
    const [a] = await two();
    const net = network();
    const client = createClient(server.url, { fetch: net.fetch, storage: memory(), optimistic: { offline: true, store: store() } });
    const back = net.answer(/\/db\//, unreachable);
    // The rules refuse nobody, and nobody can sign in as nobody.
    const added = assert.rejects(client.db.collection("todos").add({ title: "of nobody" }), refused("unauthenticated"));
    await until("it waits", () => client.outbox.pending === 1);
    await client.auth.signIn(...a);
    back();
    await client.db.collection("todos").add({ title: "of a" });
    assert.deepEqual(await titles(client), ["of a"]);
    await client.auth.signOut();
    await added;
  });

  test("wait for who has made them when their session has ended elsewhere", async () => {
    const [a] = await two();
    const net = network(), waiting = store();
    const client = createClient(server.url, { fetch: net.fetch, storage: memory(), optimistic: { offline: true, store: waiting } });
    await client.auth.signIn(...a);
    const refusals = [];
    client.outbox.onRefused((r) => refusals.push(r.error.code));
    const back = net.answer(/\/db\//, unreachable);
    const added = client.db.collection("todos").add({ title: "kept" });
    await until("it waits", () => net.calls.some((c) => c.url.includes("/db/")));
    const elsewhere = createClient(server.url, { storage: memory() });
    await elsewhere.auth.signIn(...a);
    await elsewhere.auth.signOut({ everywhere: true });
    back();
    await until("the session has ended here, too", () => client.auth.user === null);
    assert.deepEqual(refusals, []);
    assert.equal(waiting.kept.size, 1);
    await client.auth.signIn(...a);
    await added;
    assert.deepEqual(await titles(client), ["kept"]);
  });

  test("without being kept offline are refused when somebody else is signed in", async () => {
    const [a, b] = await two();
    const net = network();
    const client = createClient(server.url, { fetch: net.fetch, storage: memory(), optimistic: true });
    await client.auth.signIn(...a);
    const held = net.hold(/POST .*todos$/);
    const first = client.db.collection("todos").add({ title: "sent" });
    await held.asked;
    const second = assert.rejects(client.db.collection("todos").add({ title: "not sent" }), refused("unauthenticated"));
    await client.auth.signIn(...b);
    held.release();
    await Promise.all([first, second]);
    assert.deepEqual(await titles(client), []);
  });

  test("for one server are not sent to another, in IndexedDB or in one store for both", async () => {
    for (const how of ["IndexedDB", "one store"]) {
      const [a] = await two(), [b] = await two(other.url);
      if (how === "IndexedDB") globalThis.indexedDB = indexedDB;
      const options = { offline: true, ...(how === "one store" ? { store: store() } : {}) };
      const net = network();
      try {
        const one = createClient(server.url, { fetch: net.fetch, storage: memory(), optimistic: options });
        await one.auth.signIn(...a);
        net.answer(/\/db\//, unreachable);
        void one.db.collection("todos").add({ title: "for the first" });
        await until("it waits", () => net.calls.some((c) => c.url.includes("/db/")));
        const next = createClient(other.url, { storage: memory(), optimistic: options });
        await next.auth.signIn(...b);
        await next.db.collection("todos").add({ title: "for the second" });
        assert.deepEqual(await titles(next), ["for the second"], how);
        const again = createClient(server.url, { storage: memory(), optimistic: options }); // as after a reload
        await again.auth.signIn(...a);
        await until("it is sent where it belongs", async () => (await titles(again)).join() === "for the first");
      } finally {
        delete globalThis.indexedDB;
      }
    }
  });

  test("are confirmed by the server alone", async () => {
    const answers = {
      "a captive portal": page(), "another API": json({ hello: "world" }), "a list": json([]), "nothing": async () => new Response("", { status: 200 }),
      "no content": async () => new Response(null, { status: 204 }), "a proxy that wants to know who it is": page(401), "a firewall": page(403),
      "an address that leads nowhere": page(404), "a limit of a proxy": page(429), "a gateway": page(502), "a slow gateway": page(504),
    };
    const [a] = await two();
    await Promise.all(Object.entries(answers).map(async ([what, answer]) => {
      const net = network(), waiting = store();
      const client = createClient(server.url, { fetch: net.fetch, storage: memory(), optimistic: { offline: true, store: waiting } });
      await client.auth.signIn(...a);
      const back = net.answer(/POST .*\/db\/todos$/, answer);
      const added = client.db.collection("todos").add({ title: what });
      await until("it was sent", () => net.calls.some((c) => /db\/todos$/.test(c.call)));
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual([client.outbox.pending, waiting.kept.size], [1, 1], what);
      back();
      assert.equal((await added)?.title, what);
      assert.ok((await titles(client)).includes(what));
      await until("it is not kept any more", () => waiting.kept.size === 0);
    }));
  });

  test("are given up when they are too large for a proxy", async () => {
    const net = network(), waiting = store();
    const client = createClient(server.url, { fetch: net.fetch, storage: memory(), optimistic: { offline: true, store: waiting } });
    await client.auth.signIn(...(await two())[0]);
    net.answer(/POST .*\/db\/todos$/, page(413));
    await assert.rejects(client.db.collection("todos").add({ title: "large" }), refused("too_large"));
    await until("it is not kept", () => waiting.kept.size === 0);
  });

  test("are not taken for confirmed by the document of somebody else", async () => {
    const [a, b] = await two();
    const first = createClient(server.url, { storage: memory() });
    await first.auth.signIn(...b);
    await first.db.collection("todos").add({ id: "slug", title: "of b" });
    const net = network();
    const client = createClient(server.url, { fetch: net.fetch, storage: memory(), optimistic: { offline: true, store: store() } });
    await client.auth.signIn(...a);
    const back = net.answer(/POST .*\/db\/todos$/, unreachable);
    const added = client.db.collection("todos").add({ id: "slug", title: "of a" });
    await until("it waits", () => net.calls.some((c) => /db\/todos$/.test(c.call)));
    back();
    await assert.rejects(added, refused("conflict"));
  });
});

describe("what is no answer of the server is an error, and no value", () => {
  const foreign = { html: page(), "other JSON": json({ hello: "world" }), nothing: async () => new Response("", { status: 200 }), "no content": async () => new Response(null, { status: 204 }) };
  test("of any call", async () => {
    const net = network();
    const client = createClient(server.url, { fetch: net.fetch, storage: memory(), retries: 0 });
    await client.auth.signIn(...(await two())[0]);
    const todos = client.db.collection("todos");
    const { id } = await todos.add({ title: "there" });
    const calls = {
      get: () => todos.doc(id).get(), list: () => todos.get(), count: () => todos.count(), aggregate: () => todos.aggregate({ count: true }),
      add: () => todos.add({ title: "x" }), addAll: () => todos.add([{ title: "x" }]), update: () => todos.doc(id).update({ title: "y" }),
      set: () => todos.doc(id).set({ title: "y" }), bulk: () => todos.filter("done").update({ done: true }), bulkDelete: () => todos.filter("done").delete(),
      batch: () => client.db.batch().delete("todos", id).commit(), call: () => client.functions.call("billing.charge"), emit: () => client.functions.emit("x"),
      user: () => client.auth.getUser(), sessions: () => client.auth.sessions(), signIn: () => client.auth.signIn("a@example.com", "correct horse"),
      signUp: () => client.auth.signUp("a@example.com", "correct horse"), refresh: () => client.auth.refresh(),
    };
    for (const [what, answer] of Object.entries(foreign)) {
      const back = net.answer(/./, answer);
      for (const [name, call] of Object.entries(calls)) {
        if (name === "call" && (what === "other JSON" || what === "no content")) continue; // a result may be anything, and nothing
        await assert.rejects(async () => assert.fail(`${name} took ${what}: ${await call()}`), refused("unavailable"));
      }
      back();
    }
    for (const answer of [page(), json({}), async () => new Response("", { status: 200 })]) {
      const back = net.answer(/DELETE/, answer);
      await assert.rejects(todos.doc(id).delete(), refused("unavailable"));
      back();
    }
    assert.equal((await todos.doc(id).get()).title, "there");
    assert.notEqual(client.auth.user, null, "a page that asks to sign in has signed nobody out");
  });

  test("and does not end a session", async () => {
    const net = network();
    const client = createClient(server.url, { fetch: net.fetch, storage: memory() });
    await client.auth.signIn(...(await two())[0]);
    net.answer(/refresh/, page(401));
    await assert.rejects(client.auth.refresh(), refused("unauthenticated"));
    assert.notEqual(client.auth.user, null);
  });
});

describe("two servers in one page", () => {
  before(() => (globalThis.window = { localStorage: webStorage(), addEventListener: () => undefined }));
  after(() => delete globalThis.window);

  test("know nothing of each other", async () => {
    const one = createClient(server.url);
    const [a] = await two();
    await two(other.url);
    await one.auth.signIn(...a);
    const net = network();
    const next = createClient(`${other.url}/`, { fetch: net.fetch });
    await assert.rejects(next.db.collection("todos").add({ title: "x" }), refused("unauthenticated"));
    assert.ok(net.calls.length > 0 && net.calls.every((c) => !c.headers.Authorization && !String(c.body).includes("refresh_token")));
    await next.auth.signIn(...a);
    await one.db.collection("todos").add({ title: "at the first" });
    await next.db.collection("todos").add({ title: "at the second" });
    assert.deepEqual(await titles(createClient(server.url)), ["at the first"], "after a reload");
    assert.deepEqual(await titles(createClient(other.url)), ["at the second"], "after a reload");
    await next.auth.signOut();
    assert.deepEqual(await titles(createClient(server.url)), ["at the first"]);
  });

  test("are told apart by their path, and clients of one server by their name", async () => {
    const [a, b] = await two();
    const one = createClient(server.url, { name: "one" }), next = createClient(server.url, { name: "two" });
    await one.auth.signIn(...a);
    await next.auth.signIn(...b);
    assert.deepEqual([(await one.auth.getUser()).email, (await next.auth.getUser()).email], [a[0], b[0]]);
    const below = createClient(`${server.url}/api`);
    await below.auth.ready;
    assert.equal(below.auth.user, null);
    const same = createClient(`${server.url.replace("http", "HTTP")}/`, { name: "one" });
    await same.auth.ready;
    assert.equal(same.auth.user.email, a[0]);
  });

  test("share a storage by mistake, and get no token of each other", async () => {
    const storage = memory();
    await createClient(server.url, { storage }).auth.signIn(...(await two())[0]);
    const next = createClient(other.url, { storage });
    await next.auth.ready;
    assert.equal(next.auth.user, null);
  });

  test("nothing takes up a session that says not of which server it is", async () => {
    const storage = memory();
    await createClient(server.url, { storage }).auth.signIn(...(await two())[0]);
    window.localStorage.setItem("basalt.session", storage.get()); // as versions before this one kept it
    const client = createClient(other.url);
    await client.auth.ready;
    assert.equal(client.auth.user, null);
  });
});
