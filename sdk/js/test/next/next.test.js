// A real Next.js app, built and started: its pages are made as the user whose cookies come with a request. It takes npm
// 330 MB, so that only `go run ./cmd/testenv --long` runs it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createServerClient } from "../../dist/basalt.js";
import { startNext } from "../nextapp.js";
import { startServer } from "../server.js";

let server, next, packed, url;

before(async () => {
  server = await startServer();
  packed = mkdtempSync(join(tmpdir(), "basalt-packed-"));
  const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", packed], { cwd: fileURLToPath(new URL("../..", import.meta.url)), stdio: "pipe" }));
  next = await startNext(fileURLToPath(new URL(".", import.meta.url)), { BASALT_URL: server.url }, join(packed, filename));
  ({ url } = next);
});
after(async () => {
  await next?.stop();
  if (packed) rmSync(packed, { recursive: true, force: true });
  assert.equal(await server?.stop(), 0);
});

/** A browser with cookies. */
function browser() {
  const cookies = new Map();
  const keep = ({ name, value, maxAge }) => (maxAge === 0 ? cookies.delete(name) : cookies.set(name, value));
  const client = createServerClient(server.url, {
    cookies: {
      getAll: () => [...cookies].map(([name, value]) => ({ name, value })),
      setAll: (all) => all.forEach(({ name, value, options }) => keep({ name, value, ...options })),
    },
  });
  const go = async (path = "/", init = {}) => {
    const answer = await fetch(url + path, { ...init, headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") } });
    for (const line of answer.headers.getSetCookie()) {
      const [pair, ...options] = line.split("; ");
      keep({ name: pair.slice(0, pair.indexOf("=")), value: pair.slice(pair.indexOf("=") + 1), maxAge: options.includes("Max-Age=0") ? 0 : 1 });
    }
    return answer.text();
  };
  return { cookies, client, go };
}

test("each request is made as who sent it", async () => {
  const [ada, bob, stranger] = [browser(), browser(), browser()];
  await ada.client.auth.signUp("ada@example.com", "correct horse");
  await bob.client.auth.signUp("bob@example.com", "correct horse");
  await ada.go("/add", { method: "POST", body: "of ada" });
  const pages = await Promise.all(Array.from({ length: 30 }, (_, n) => [ada, bob, stranger][n % 3].go()));
  for (const [n, page] of pages.entries()) {
    assert.ok(page.includes(["ada@example.com", "bob@example.com", "signed out"][n % 3]), page);
    assert.equal(page.includes("of ada"), n % 3 === 0);
  }
});

test("a session that is about to end is refreshed by the middleware, for the page and for the browser", async () => {
  const cy = browser();
  await cy.client.auth.signUp("cy@example.com", "correct horse");
  const [[name, value]] = cy.cookies;
  const before = JSON.parse(Buffer.from(value, "base64url"));
  cy.cookies.set(name, Buffer.from(JSON.stringify({ ...before, expiresAt: Date.now() - 1000 })).toString("base64url"));
  assert.ok((await cy.go()).includes("cy@example.com"));
  const after = JSON.parse(Buffer.from(cy.cookies.get(name), "base64url"));
  assert.notEqual(after.refreshToken, before.refreshToken);
  assert.ok((await cy.go()).includes("cy@example.com"));
});
