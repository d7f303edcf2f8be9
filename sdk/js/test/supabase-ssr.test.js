// @supabase/ssr, unchanged: a client for each request to a server of pages, whose session is in cookies that it shares with the
// browser.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createBrowserClient, createServerClient } from "@supabase/ssr";
import WebSocket from "ws";
import { startServer } from "./server.js";
import { ok } from "./supabase.js";

const anonKey = "the-anon-key-of-the-test";
const config = (port) => `
listen: "127.0.0.1:${port}"
databases: { main: { driver: memory } }
auth: { url: "http://127.0.0.1:${port}", tokens: { secret: "0123456789abcdef0123456789abcdef", access: 40s }, providers: { password: { attempts: 1000 } } }
log: { level: warn }
compat: { supabase: { anon_key: "${anonKey}" } }
collections:
  todos:
    fields: { owner: { type: string }, title: { type: string } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil' }
`;

let server;
before(async () => { server = await startServer("", config); });
after(async () => { assert.equal(await server.stop(), 0); });

/** The cookies of one browser. */
class Jar {
  all = new Map();
  written = 0;
  getAll = () => [...this.all].map(([name, value]) => ({ name, value }));
  setAll = (cookies) => {
    for (const { name, value, options } of cookies) {
      this.written++;
      if (value === "" || options?.maxAge === 0) this.all.delete(name);
      else this.all.set(name, value);
    }
  };
}

const realtime = { transport: WebSocket };
const inRequest = (jar) => createServerClient(server.url, anonKey, { cookies: jar, realtime });
const inBrowser = (jar) => createBrowserClient(server.url, anonKey, { cookies: jar, isSingleton: false, realtime, auth: { autoRefreshToken: false } });

test("a session of the browser is that of the server of pages, by its cookies", async () => {
  const ada = new Jar();
  const browser = inBrowser(ada);
  const { user } = ok(await browser.auth.signUp({ email: "ada@example.com", password: "correct horse" }));
  assert.ok([...ada.all.keys()].every((name) => name.startsWith("sb-")), `cookies ${[...ada.all.keys()]}`);

  const page = inRequest(ada); // of the same browser
  assert.equal(ok(await page.auth.getUser()).user.id, user.id);
  ok(await page.from("todos").insert({ title: "from a page" }));
  assert.deepEqual(ok(await browser.from("todos").select("title, owner")), [{ title: "from a page", owner: user.id }]);

  const stranger = inRequest(new Jar());
  assert.equal((await stranger.auth.getUser()).data.user, null);
  assert.deepEqual(ok(await stranger.from("todos").select()), []);
  const bob = new Jar();
  ok(await inRequest(bob).auth.signUp({ email: "bob@example.com", password: "correct horse" }));
  assert.deepEqual(ok(await inRequest(bob).from("todos").select()), []);
  for (const client of [browser, page, stranger]) await client.removeAllChannels();
});

test("a token that is about to expire is refreshed in a request, once for both", async () => {
  const jar = new Jar();
  const first = ok(await inRequest(jar).auth.signUp({ email: "eve@example.com", password: "correct horse" }));
  const before = jar.written;
  // Tokens of 40 seconds are within the 90 in which clients refresh: each request does so, also two at the same time.
  const [one, two] = [inRequest(jar), inRequest(jar)];
  const [a, b] = await Promise.all([one.auth.getUser(), two.auth.getUser()]);
  assert.deepEqual([ok(a).user.id, ok(b).user.id], [first.user.id, first.user.id]);
  assert.ok(jar.written > before, "no cookie was written");
  assert.equal(ok(await inRequest(jar).auth.getUser()).user.id, first.user.id);
});

test("signing out in a request ends the session of the browser", async () => {
  const jar = new Jar();
  ok(await inRequest(jar).auth.signUp({ email: "fay@example.com", password: "correct horse" }));
  const { session } = ok(await inRequest(jar).auth.getSession());
  assert.equal((await inRequest(jar).auth.signOut()).error, null);
  assert.equal([...jar.all.keys()].filter((name) => name.endsWith("-auth-token")).length, 0);
  const answer = await fetch(`${server.url}/auth/v1/token?grant_type=refresh_token`, {
    method: "POST", headers: { apikey: anonKey, "Content-Type": "application/json" }, body: JSON.stringify({ refresh_token: session.refresh_token }),
  });
  assert.equal(answer.status, 400);
});
