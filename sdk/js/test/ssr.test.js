// A client for each request to a server of pages, whose session is in cookies that it shares with the browser.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createBrowserClient, createServerClient } from "../dist/basalt.js";
import { startServer } from "./server.js";

let server;
before(async () => { server = await startServer(); });
after(async () => { assert.equal(await server.stop(), 0); });

/** The cookies of a browser, as document.cookie and as a request has them. */
function jar() {
  const all = new Map();
  const set = (name, value, maxAge) => (maxAge === 0 ? all.delete(name) : all.set(name, value));
  return {
    all,
    document: {
      get cookie() { return [...all].map(([name, value]) => `${name}=${value}`).join("; "); },
      set cookie(text) {
        assert.ok(text.length < 4096, `a cookie of ${text.length} bytes`);
        const [pair, ...options] = text.split("; ");
        set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1), options.includes("max-age=0") ? 0 : 1);
      },
    },
    request: (writable = true) => ({
      getAll: () => [...all].map(([name, value]) => ({ name, value })),
      ...(writable && { setAll: (cookies) => cookies.forEach(({ name, value, options }) => set(name, value, options.maxAge)) }),
    }),
  };
}

/** Runs f as a page with cookies. */
async function inPage({ document }, f) {
  globalThis.document = document;
  globalThis.location = { protocol: "http:" };
  try {
    return await f(createBrowserClient(server.url));
  } finally {
    delete globalThis.document;
    delete globalThis.location;
  }
}

const on = (cookies, options = {}) => createServerClient(server.url, { cookies, ...options });

/** Moves the end of the token that is in a jar. */
function ending(cookies, at) {
  const [name] = cookies.all.keys();
  const session = JSON.parse(Buffer.from(cookies.all.get(name), "base64url"));
  cookies.all.set(name, Buffer.from(JSON.stringify({ ...session, expiresAt: at })).toString("base64url"));
  return session;
}

describe("a session in cookies", () => {
  test("is that of the browser, and of no other request", async () => {
    const ada = jar(), bob = jar();
    await inPage(ada, async ({ auth, db }) => {
      await auth.signUp("ada@example.com", "correct horse");
      await db.collection("todos").add({ title: "hers" });
    });
    await inPage(bob, ({ auth }) => auth.signUp("bob@example.com", "correct horse"));
    const [hers, his, none] = [on(ada.request()), on(bob.request(false)), on(jar().request())];
    const titles = async (client) => (await client.db.collection("todos").get()).items.map((d) => d.title);
    assert.deepEqual(await Promise.all([titles(hers), titles(his), titles(none).catch((e) => e.code)]), [["hers"], [], []]);
    assert.deepEqual([hers.auth.user?.email, his.auth.user?.email, none.auth.user], ["ada@example.com", "bob@example.com", null]);
  });

  test("is refreshed on the server, and the browser goes on with it", async () => {
    const cookies = jar();
    await inPage(cookies, ({ auth }) => auth.signIn("ada@example.com", "correct horse"));
    const before = ending(cookies, Date.now() - 1000);
    assert.equal((await on(cookies.request()).db.collection("todos").get()).items.length, 1);
    const after = ending(cookies, Date.now() - 1000);
    assert.notEqual(after.refreshToken, before.refreshToken);
    await inPage(cookies, async ({ auth, db }) => {
      assert.equal((await db.collection("todos").get()).items.length, 1);
      await auth.signOut();
    });
    assert.equal(cookies.all.size, 0);
    assert.equal((await on(cookies.request()).db.collection("todos").get()).items.length, 0);
  });

  test("is not refreshed where its cookies cannot be set", async () => {
    const cookies = jar();
    await inPage(cookies, ({ auth }) => auth.signIn("ada@example.com", "correct horse"));
    const calls = [];
    const look = async () => {
      const client = on(cookies.request(false), { fetch: (url, init) => { calls.push(String(url)); return fetch(url, init); } });
      return (await client.db.collection("todos").get()).items.length;
    };
    ending(cookies, Date.now() + 1000); // so late that it would be refreshed otherwise
    const before = [...cookies.all.values()];
    assert.equal(await look(), 1);
    ending(cookies, Date.now() - 1000);
    assert.equal(await look(), 0);
    assert.ok(!calls.some((url) => url.includes("/refresh")), calls.join());
    ending(cookies, JSON.parse(Buffer.from(before[0], "base64url")).expiresAt);
    assert.deepEqual([...cookies.all.values()], before);
    await inPage(cookies, async ({ auth, db }) => { // the browser has lost nothing
      assert.equal((await db.collection("todos").get()).items.length, 1);
      assert.equal(auth.user.email, "ada@example.com");
    });
  });

  test("takes as many cookies as it needs, and leaves none behind", async () => {
    const cookies = jar();
    const large = async (url, init) => { // an answer with a user of whom much is said
      const answer = await fetch(url, init);
      const body = await answer.json();
      return Response.json({ ...body, user: { ...body.user, about: "ä".repeat(3000) } }, { status: answer.status });
    };
    const written = [];
    const { getAll, setAll } = cookies.request();
    const client = on({ getAll, setAll: (all) => { written.push(...all); setAll(all); } }, { fetch: large });
    await client.auth.signIn("ada@example.com", "correct horse");
    assert.ok(cookies.all.size > 1, `${cookies.all.size} cookies`);
    assert.ok(written.every(({ name, value }) => name.length + value.length < 4000));
    assert.equal(on(cookies.request()).auth.user.about.length, 3000);
    await on(cookies.request()).auth.signIn("ada@example.com", "correct horse");
    assert.equal(cookies.all.size, 1);
  });

  test("has cookies of its own for each server and each client", async () => {
    const names = new Set();
    const clients = [
      ["https://a.example/x_y"], ["https://a.example/x/y"], ["https://a.example/x"], ["https://a.example/x/"], ["https://a.example/x__y"],
      ["https://a.example:8443/x"], ["https://a.example/x", "y"], ["https://a.example/x", "/y"], ["https://a.example/x~y"], ["https://a.example/x-y"], ["https://a.example", "x-y"],
      ["https://a.example/x", "ü"], ["https://a.example/x", "_fc_"], ["https://a.example/x", "a b"], ["https://a.example/x", "a_b"],
    ];
    const answer = { access_token: "a", refresh_token: "r", expires_in: 900, user: { id: "1", email: "a@b.c" } };
    for (const [url, name] of clients) {
      const written = [];
      const client = createServerClient(url, {
        name, fetch: async () => Response.json(answer), cookies: { getAll: () => written, setAll: (all) => { written.push(...all); } },
      });
      await client.auth.signIn("a@b.c", "correct horse");
      assert.match(written[0].name, /^[!#$%&'*+.^`|~\w-]+$/); // a token of RFC 9110
      names.add(written[0].name);
    }
    assert.equal(names.size, clients.length - 1); // /x and /x/ are one
  });

  test("is of the host alone where the server has https: what another subdomain plants is not read", async () => {
    const url = "https://app.example.com", answer = (email) => ({ access_token: "a", refresh_token: "r", expires_in: 900, user: { id: email, email } });
    const cookies = jar(), options = { fetch: async (_, { body }) => Response.json(answer(JSON.parse(body).email)) };
    const written = [], { getAll, setAll } = cookies.request();
    const client = (secureCookies) => createServerClient(url, { ...options, secureCookies, cookies: { getAll, setAll: (all) => { written.push(...all); setAll(all); } } });
    await client(false).auth.signIn("intruder@example.com", "correct horse"); // as before, and as any subdomain can write it
    const planted = [...cookies.all.keys()];
    assert.ok(planted.length === 1 && written.every(({ name, options }) => !name.startsWith("__Host-") && !options.secure));
    assert.deepEqual([client(false).auth.user?.email, client().auth.user], ["intruder@example.com", null]);
    written.length = 0;
    await client().auth.signIn("ada@example.com", "correct horse");
    assert.deepEqual(written.map(({ name, value, options: o }) => [name.startsWith("__Host-basalt-"), value !== "", o.path, o.secure, o.domain]),
      [[true, true, "/", true, undefined], [false, false, "/", true, undefined]]); // the other one goes
    assert.equal(client().auth.user.email, "ada@example.com");
    await client().auth.signOut().catch(() => undefined);
    assert.equal(cookies.all.size, 0);
    // The page has the same; where it cannot, it says so.
    globalThis.document = cookies.document;
    try {
      await createBrowserClient(url, options).auth.signIn("ada@example.com", "correct horse");
      assert.equal(client().auth.user.email, "ada@example.com");
      globalThis.isSecureContext = false;
      assert.throws(() => createBrowserClient(url, options), /secureCookies: false/);
      assert.equal(createBrowserClient(url, { ...options, secureCookies: false }).auth.user, null);
    } finally {
      delete globalThis.document;
      delete globalThis.isSecureContext;
    }
  });

  test("that someone has made up is none", async () => {
    const cookies = jar();
    await inPage(cookies, ({ auth }) => auth.signIn("ada@example.com", "correct horse"));
    const [[name, good]] = cookies.all;
    for (const bad of ["", "x", "%%%", "e30", Buffer.from("[]").toString("base64url"), good.slice(0, -9)]) {
      cookies.all.set(name, bad);
      assert.equal(on(cookies.request()).auth.user, null, bad);
    }
    const forged = JSON.parse(Buffer.from(good, "base64url"));
    forged.accessToken = forged.accessToken.slice(0, -5) + "AAAAA";
    forged.refreshToken = "x";
    cookies.all.set(name, Buffer.from(JSON.stringify(forged)).toString("base64url"));
    await assert.rejects(on(cookies.request()).db.collection("todos").get(), (e) => e.code === "unauthenticated");
    cookies.all.set(name, Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(good, "base64url")), server: "https://other.example.com" })).toString("base64url"));
    assert.equal(on(cookies.request()).auth.user, null);
  });
});
