// A real Next.js app with @supabase/ssr, as its guide writes it: a middleware refreshes the session, Server Components read as the
// user, and Server Actions sign in and out. It takes npm 330 MB, so that only `go run ./cmd/testenv --long` runs it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startNext } from "../nextapp.js";
import { startServer } from "../server.js";

const anonKey = "the-anon-key-of-the-test";
const config = (port) => `
listen: "127.0.0.1:${port}"
databases: { main: { driver: memory } }
auth: { url: "http://127.0.0.1:${port}", tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { attempts: 1000 } } }
log: { level: warn }
compat: { supabase: { anon_key: "${anonKey}" } }
collections:
  todos:
    fields: { owner: { type: string }, title: { type: string, required: true } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil' }
`;

let server, next, url;

before(async () => {
  server = await startServer("", config);
  next = await startNext(fileURLToPath(new URL(".", import.meta.url)), { SUPABASE_URL: server.url, SUPABASE_ANON_KEY: anonKey });
  ({ url } = next);
});
after(async () => {
  await next?.stop();
  assert.equal(await server?.stop(), 0);
});

/** A browser with cookies and without scripts. */
function browser() {
  const cookies = new Map();
  const ask = async (path, init = {}) => {
    const answer = await fetch(url + path, { redirect: "manual", ...init, headers: { ...init.headers, Origin: url, Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") } });
    for (const line of answer.headers.getSetCookie()) {
      const [pair, ...options] = line.split("; ");
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      if (value === "" || options.some((o) => /^max-age=0$/i.test(o))) cookies.delete(name);
      else cookies.set(name, value);
    }
    const to = answer.headers.get("location");
    return to ? ask(new URL(to, url).pathname + new URL(to, url).search) : answer.text();
  };
  /** Sends a form of a page: the address of its Server Action is in hidden fields. */
  const send = async (id, fields = {}) => {
    const page = await ask("/");
    const form = new RegExp(`<form id="${id}".*?</form>`, "s").exec(page)?.[0];
    assert.ok(form, `there is no form ${id} in ${page}`);
    const body = new FormData();
    for (const [input] of form.matchAll(/<input type="hidden"[^>]*>/g)) {
      const of = (name) => (new RegExp(`${name}="([^"]*)"`).exec(input)?.[1] ?? "").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
      body.set(of("name"), of("value"));
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return ask("/", { method: "POST", body });
  };
  return { cookies, go: () => ask("/"), send };
}

const password = "correct horse";

test("people sign up, write and sign out by Server Actions, and each sees what is theirs", async () => {
  const [ada, bob, stranger] = [browser(), browser(), browser()];
  assert.match(await ada.send("up", { email: "ada@example.com", password }), /<h1>ada@example.com<\/h1>/);
  assert.ok([...ada.cookies.keys()].every((name) => /^sb-.*-auth-token/.test(name)), [...ada.cookies.keys()].join());
  assert.match(await bob.send("up", { email: "bob@example.com", password }), /<h1>bob@example.com<\/h1>/);
  assert.match(await ada.send("add", { title: "of ada" }), /<li>of ada<\/li>/);
  const pages = await Promise.all(Array.from({ length: 12 }, (_, n) => [ada, bob, stranger][n % 3].go()));
  for (const [n, page] of pages.entries()) {
    assert.ok(page.includes(["<h1>ada@example.com", "<h1>bob@example.com", "<h1>signed out"][n % 3]), page);
    assert.equal(page.includes("of ada"), n % 3 === 0);
  }
  assert.match(await ada.send("out"), /<h1>signed out<\/h1>/);
  assert.equal(ada.cookies.size, 0);
  assert.match(await ada.send("in", { email: "ada@example.com", password: "another horse" }), /error invalid_credentials/);
  assert.match(await ada.send("in", { email: "ada@example.com", password }), /of ada/);
});

test("the middleware refreshes a session that is about to end, for the page and for the browser", async () => {
  const cy = browser();
  assert.match(await cy.send("up", { email: "cy@example.com", password }), /cy@example.com/);
  /** The cookies of the session, of which there may be several: NAME.0, NAME.1. There are those of its verifier, too. */
  const pieces = () => [...cy.cookies].filter(([name]) => /-auth-token(\.\d+)?$/.test(name)).sort();
  const read = () => JSON.parse(Buffer.from(pieces().map(([, value]) => value).join("").replace(/^base64-/, ""), "base64url"));
  const before = read();
  const name = pieces()[0][0].replace(/\.\d+$/, "");
  cy.cookies.clear();
  const ends = Math.floor(Date.now() / 1000) + 10;
  cy.cookies.set(name, `base64-${Buffer.from(JSON.stringify({ ...before, expires_at: ends })).toString("base64url")}`);
  assert.match(await cy.go(), /cy@example.com/);
  const after = read();
  assert.notEqual(after.refresh_token, before.refresh_token);
  assert.ok(after.expires_at > ends);
  assert.match(await cy.go(), /cy@example.com/);
  assert.equal(read().refresh_token, after.refresh_token);
});
