// What a page, a proxy and a bad network do to a client.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BasaltError, createClient } from "../dist/basalt.js";
import { listening, memory, network, page, unreachable, until, webStorage } from "./fakes.js";
import { startServer } from "./server.js";

let server;
const key = "an-administrators-key-of-these-tests-0123456789";
before(async () => (server = await startServer(`\nadmin: { keys: ["${key}"] }\n`)));
after(async () => assert.equal(await server.stop(), 0));

const refused = (code) => (error) => {
  assert.ok(error instanceof BasaltError, String(error));
  assert.equal(error.code, code);
  return true;
};

/** Makes this process a page at an address, until the test ends. */
function open(t, address) {
  const own = {
    location: Object.assign(new URL(address), { assign: (url) => (own.gone = String(url)) }),
    history: { state: null, replaceState: (_, __, url) => (own.location.href = String(url)) },
    sessionStorage: webStorage(),
  };
  for (const name of ["location", "history", "sessionStorage", "window"]) {
    Object.defineProperty(globalThis, name, { configurable: true, value: name === "window" ? own : own[name] });
    t.after(() => delete globalThis[name]);
  }
  own.localStorage = webStorage();
  return own;
}

describe("a page that somebody comes back to", () => {
  test("finishes once, however often it is asked to", async (t) => {
    const own = open(t, `${server.url}/in`);
    const { auth } = createClient(server.url);
    await auth.sendSignInMail("twice@example.com");
    own.location.href = `${server.url}/in#basalt=signin&token=${(await server.mail(0)).match(/token=([A-Z0-9]+)/)[1]}`;
    const [first, second] = await Promise.all([auth.arrive(), auth.arrive()]);
    assert.deepEqual([first.kind, first.user.email], ["signin", "twice@example.com"]);
    assert.deepEqual(second, first);
    assert.equal(own.location.href, `${server.url}/in`);
    assert.equal(await auth.arrive(), null);
  });

  test("keeps the route in its fragment", async (t) => {
    const own = open(t, `${server.url}/#/welcome?tab=2&basalt=reset&token=abc`);
    assert.deepEqual(await createClient(server.url).auth.arrive(), { kind: "reset", token: "abc" });
    assert.equal(own.location.href, `${server.url}/#/welcome?tab=2`);
  });

  test("gives the token of a mail to the server that has sent it, and to no other", async (t) => {
    const own = open(t, `${server.url}/in`);
    const net = network();
    const one = createClient(server.url), other = createClient("http://other.example", { fetch: net.fetch });
    const before = createClient("http://before.example", { fetch: async () => Response.json({ code: "not_found" }, { status: 404, headers: { "Content-Type": "application/problem+json" } }) });
    net.answer(/auth\/server/, async () => Response.json({ server: "another" }));
    await one.auth.sendSignInMail("mine@example.com");
    const link = new URL((await server.mail(1)).match(/http\S+#\S+/)[0]).href;
    assert.match(link, /&server=[0-9a-f]{16}$/);
    own.location.href = link;
    assert.equal(await other.auth.arrive(), null);
    assert.equal(await before.auth.arrive(), null);
    assert.ok(net.calls.length === 1 && !JSON.stringify(net.calls).includes(new URLSearchParams(new URL(link).hash.slice(1)).get("token")));
    assert.equal(own.location.href, link); // it is left for who it is for
    assert.equal((await one.auth.arrive()).user.email, "mine@example.com");
    const reset = link.replace("=signin", "=reset");
    own.location.href = reset;
    assert.equal(await other.auth.arrive(), null);
    const away = createClient("http://away.example", { fetch: async () => { throw new TypeError("offline"); } });
    await assert.rejects(away.auth.arrive(), refused("network"));
    assert.equal(own.location.href, reset);
  });

  test("keeps the route while it signs in elsewhere, and gives the code to that server alone", async (t) => {
    const own = open(t, `${server.url}/#/welcome`);
    const net = network();
    const one = createClient(server.url, { fetch: net.fetch }), other = createClient("http://other.example", { fetch: net.fetch });
    void one.auth.signInWith("op");
    await until("the page goes away", () => own.gone);
    assert.equal(new URL(own.gone).searchParams.get("redirect"), `${server.url}/`);
    own.location.href = `${server.url}/#basalt=oauth&code=c1`;
    assert.equal(await other.auth.arrive(), null);
    net.answer(/exchange/, async (_, init) => {
      assert.equal(JSON.parse(init.body).code, "c1");
      return Response.json({ access_token: "a", refresh_token: "r", expires_in: 60, user: { id: "u" } });
    });
    assert.equal((await one.auth.arrive()).user.id, "u");
    assert.equal(own.location.href, `${server.url}/#/welcome`);
    own.location.href = `${server.url}/#basalt=oauth&code=c2`;
    const before = net.calls.length;
    await assert.rejects(one.auth.arrive(), refused("unauthenticated")); // begun by somebody else
    assert.equal(net.calls.length, before);
  });

  test("hears of a popup that looks closed, because its page wants no opener", async (t) => {
    const own = open(t, `${server.url}/`);
    const popup = { closed: false, location: {}, close() { this.closed = true; } };
    own.open = () => popup;
    own.close = () => undefined;
    const net = network();
    net.answer(/exchange/, async () => Response.json({ access_token: "a", refresh_token: "r", expires_in: 60, user: { id: "u" } }));
    const { auth } = createClient(server.url, { fetch: net.fetch });
    const signing = auth.signInWith("op", { popup: true });
    await until("the popup goes to the provider", () => popup.location.href);
    popup.closed = true;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const back = new URL(popup.location.href).searchParams.get("redirect");
    own.location.href = `${back}#basalt=oauth&code=c`;
    assert.deepEqual(await auth.arrive(), { kind: "popup" });
    assert.equal((await signing).id, "u");
    // The next one, and a signal, end one that nobody finishes.
    const left = assert.rejects(auth.signInWith("op", { popup: true }), refused("aborted"));
    const controller = new AbortController();
    const next = assert.rejects(auth.signInWith("op", { popup: true, signal: controller.signal }), refused("aborted"));
    await left;
    controller.abort();
    await next;
  });
});

describe("a tab that an administrator has opened as a user", () => {
  /** A user with a todo, and the address that the console opens as them. */
  async function person(email) {
    const client = createClient(server.url, { storage: memory() });
    await client.auth.signUp(email, "correct horse");
    await client.db.collection("todos").add({ title: email });
    const admin = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    const asked = await fetch(`${server.url}/v1/admin/users/${client.auth.user.id}/impersonate/code`, { method: "POST", headers: admin, body: `{"reason":"test"}` });
    const { code } = await asked.json();
    const { server: name } = await (await fetch(`${server.url}/v1/auth/server`)).json();
    return { id: client.auth.user.id, code, link: `${server.url}/#${new URLSearchParams({ basalt: "impersonation", server: name, code })}` };
  }
  const stored = (own) => [Object.values(own.localStorage), Object.values(own.sessionStorage)].map((all) => all.map((text) => JSON.parse(text).user.email));

  test("is signed in as them, and no other tab is", async (t) => {
    const own = open(t, `${server.url}/`);
    const mine = createClient(server.url);
    await mine.auth.signUp("support@example.com", "correct horse");
    const { id, code, link } = await person("ann-acted@example.com");
    own.location.href = link;
    const net = network();
    const { auth, db } = createClient(server.url, { fetch: net.fetch });
    assert.equal(auth.user, null); // not who is signed in elsewhere, for a moment
    const seen = [];
    auth.onChange((user) => seen.push(user?.id));
    assert.deepEqual((await db.collection("todos").get()).items.map((d) => d.title), ["ann-acted@example.com"]);
    assert.deepEqual([auth.user.id, seen, own.location.href], [id, [id], `${server.url}/`]);
    assert.deepEqual(stored(own), [["support@example.com"], ["ann-acted@example.com"]]);
    assert.ok(net.calls.every((c) => !c.url.includes(code)));
    assert.equal(await auth.arrive(), null);
    assert.equal(createClient(server.url).auth.user.id, id); // the tab is loaded again
    assert.equal(createClient(server.url, { name: "other" }).auth.user, null);
    assert.equal(mine.auth.user.email, "support@example.com");
    await assert.rejects(auth.updateUser({ password: "quite another", currentPassword: "correct horse" }), refused("forbidden"));
    const before = net.calls.length;
    await auth.signOut();
    assert.deepEqual([auth.user, net.calls.length, stored(own)], [null, before, [["support@example.com"], []]]);
    assert.equal(createClient(server.url).auth.user.email, "support@example.com");
  });

  test("ends with its time, and asks for no new token", async (t) => {
    const own = open(t, (await person("ends@example.com")).link);
    const { auth } = createClient(server.url);
    await auth.ready;
    assert.equal(auth.user.email, "ends@example.com");
    const [name] = Object.keys(own.sessionStorage);
    own.sessionStorage.setItem(name, JSON.stringify({ ...JSON.parse(own.sessionStorage.getItem(name)), expiresAt: Date.now() - 1 }));
    const net = network();
    const later = createClient(server.url, { fetch: net.fetch });
    await assert.rejects(later.db.collection("todos").add({ title: "x" }, {}), refused("unauthenticated"));
    assert.equal(later.auth.user, null);
    assert.ok(!net.calls.some((c) => c.url.includes("refresh")));
  });

  test("of another server, or of another client, is left to it, and it gets no code", async (t) => {
    const { id, code, link } = await person("elsewhere@example.com");
    const own = open(t, link);
    const net = network();
    net.answer(/auth\/server/, async () => Response.json({ server: "another" }));
    const other = createClient("http://other.example", { fetch: net.fetch });
    await other.auth.ready;
    assert.ok(net.calls.length === 1 && !JSON.stringify(net.calls).includes(code));
    assert.deepEqual([other.auth.user, own.location.href], [null, link]);
    const away = createClient("http://away.example", { fetch: unreachable });
    await away.auth.ready;
    assert.equal(own.location.href, link);
    const named = createClient(server.url, { name: "second" }), kept = createClient(server.url, { storage: memory() });
    await Promise.all([named.auth.ready, kept.auth.ready]);
    assert.deepEqual([named.auth.user, kept.auth.user], [null, null]);
    const two = [createClient(server.url), createClient(server.url)];
    await Promise.all(two.map((c) => c.auth.ready));
    assert.ok(two.some((c) => c.auth.user?.id === id));
  });

  test("with a code that is not good shows no one, and signs nobody out elsewhere", async (t) => {
    const own = open(t, `${server.url}/`);
    const mine = createClient(server.url);
    await mine.auth.signUp("victim@example.com", "correct horse");
    own.location.href = (await person("bad-code@example.com")).link.replace(/code=.*/, "code=AAAAAAAAAAAAAAAAAAAAAAAAAA");
    const { auth } = createClient(server.url);
    await auth.ready;
    assert.deepEqual([auth.user, own.location.href, stored(own)], [null, `${server.url}/`, [["victim@example.com"], []]]);
    assert.equal(createClient(server.url).auth.user.email, "victim@example.com"); // after a reload
  });
});

test("errors of proxies have the code of their status", async () => {
  const net = network();
  const { db } = createClient(server.url, { fetch: net.fetch, retries: 0 });
  const date = new Date(Date.now() + 60_000).toUTCString();
  for (const [status, headers, code, again] of [
    [400, {}, "invalid"], [401, {}, "unauthenticated"], [403, {}, "forbidden"], [404, {}, "not_found"], [405, {}, "method_not_allowed"],
    [413, {}, "too_large"], [429, { "Retry-After": "1" }, "rate_limited", true], [429, { "Retry-After": date }, "rate_limited", true],
    [500, {}, "unavailable"], [502, {}, "unavailable"], [503, {}, "unavailable"], [504, {}, "timeout"],
  ]) {
    const back = net.answer(/./, page(status, headers));
    await assert.rejects(db.collection("todos").get(), (error) => refused(code)(error) && error.status === status && (error.retryAfter > 0) === (again ?? false));
    back();
  }
});

test("a signal gives up any call, and what it waits for", async () => {
  const silent = await listening(() => undefined);
  try {
    const { db, functions } = createClient(silent.url, { storage: memory() });
    const todos = db.collection("todos");
    const calls = [
      (o) => todos.get(o), (o) => todos.first(o), (o) => todos.count(o), (o) => todos.aggregate({ count: true }, o), (o) => todos.doc("x").get(o),
      (o) => todos.doc("x").getWithTag(o), (o) => todos.add({ title: "x" }, o), (o) => todos.doc("x").update({ title: "x" }, o), (o) => todos.doc("x").delete(o),
      (o) => todos.filter("done").delete(o), (o) => db.batch().delete("todos", "x").commit(o), (o) => functions.call("a.b", {}, o),
      (o) => functions.emit("a", {}, o), async (o) => { for await (const _ of functions.stream("a.b", {}, o)) assert.fail(); },
    ];
    for (const call of calls) {
      await assert.rejects(call({ signal: AbortSignal.abort() }), refused("aborted"));
      const controller = new AbortController();
      const called = assert.rejects(call({ signal: controller.signal }), refused("aborted"));
      setTimeout(() => controller.abort(), 20);
      await called;
    }
  } finally {
    silent.stop();
  }
});

test("the timeout of a stream is for silence", async () => {
  const slow = await listening(async (request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (let n = 0; n < 12; n++) {
      response.write(`data: ${n}\r\n\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (request.url.endsWith("/whole")) response.end("event: result\ndata: null\n\n");
  });
  try {
    for (const [name, code] of [["whole", undefined], ["silent", "timeout"]]) {
      const pieces = [];
      const { functions } = createClient(slow.url, { timeout: 500, storage: memory() });
      const gone = (async () => {
        for await (const piece of functions.stream(`count.${name}`)) pieces.push(piece);
      })();
      if (code) await assert.rejects(gone, refused(code));
      else await gone;
      assert.equal(pieces.length, 12);
    }
  } finally {
    slow.stop();
  }
});

describe("a bad place", () => {
  test("where refresh cannot be reached: a token is used while it is valid", async () => {
    const storage = memory(), net = network();
    await createClient(server.url, { storage }).auth.signInAnonymously();
    storage.set(JSON.stringify({ ...JSON.parse(storage.get()), expiresAt: Date.now() + 20_000 }));
    for (const answer of [unreachable, page(), page(401), page(503)]) {
      const client = createClient(server.url, { storage, fetch: net.fetch });
      const back = net.answer(/refresh/, answer);
      assert.deepEqual((await client.db.collection("todos").get()).items, []);
      assert.notEqual(client.auth.user, null);
      back();
    }
  });

  test("where a storage throws: somebody is signed in all the same, and nothing older is left", async () => {
    const fails = () => {
      throw new DOMException("quota", "QuotaExceededError");
    };
    const kept = memory();
    for (const storage of [{ get: fails, set: fails, remove: fails }, { ...kept, set: fails }, { get: async () => fails(), set: async () => fails(), remove: async () => fails() }]) {
      kept.set("older");
      const { auth, db } = createClient(server.url, { storage });
      const user = await auth.signInAnonymously();
      assert.equal(auth.user.id, user.id);
      await auth.refresh();
      await db.collection("todos").add({ title: "x" });
      await auth.signOut();
      assert.equal(auth.user, null);
      if (storage.get === kept.get) assert.equal(kept.get(), null);
    }
  });
});
