// A real Next.js app, built and started: its pages are made as the user whose cookies come with a request. It takes npm
// 330 MB, so that only `go run ./cmd/testenv --long` runs it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createServerClient } from "../../dist/basalt.js";
import { freePort, startServer } from "../server.js";

const sdk = fileURLToPath(new URL("../..", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "basalt-next-"));
let server, next, url;

before(async () => {
  server = await startServer();
  cpSync(fileURLToPath(new URL(".", import.meta.url)), home, { recursive: true });
  const run = (program, ...args) => execFileSync(program, args, { cwd: home, stdio: "pipe", encoding: "utf8", env });
  const env = { ...process.env, BASALT_URL: server.url, NEXT_TELEMETRY_DISABLED: "1" };
  const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", home], { cwd: sdk, stdio: "pipe" }));
  run("npm", "install", "--no-audit", "--no-fund", `./${filename}`);
  run(join(home, "node_modules/.bin/next"), "build");
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  next = spawn(join(home, "node_modules/.bin/next"), ["start", "-H", "127.0.0.1", "-p", String(port)], { cwd: home, env, stdio: "ignore", detached: true });
  for (let n = 0; !(await fetch(url).then((r) => r.ok, () => false)); n++) {
    assert.ok(n < 300, "Next.js does not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});
after(async () => {
  if (next) process.kill(-next.pid);
  rmSync(home, { recursive: true, force: true });
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
