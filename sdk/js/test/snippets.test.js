// Runs what the documentation shows in JavaScript: every snippet of every README.md is type-checked and run against a
// real server, and what it prints is compared.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startBus } from "./bus.js";
import "./linked.js";
import { freePort, startServer } from "./server.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);

/** The snippets of all chapters, with the file and the number of each in it. */
const snippets = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { cwd: root, encoding: "utf8" })
  .trim().split("\n").flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/^```(jsx?|tsx?)\n(.*?)^```/gms)].map((m, i) => ({ name: `${file} ${i + 1}`, text: m[2] })));

const signedUp = `import { createClient } from "@basalt-dev/client";
const client = createClient(process.env.URL!);
const { auth, db } = client;
const email = \`u\${Math.random()}@example.com\`, password = "correct horse";
`;
const signedIn = `${signedUp}await auth.signUp(email, password);
`;
const until = `
async function until(holds: () => unknown) {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 2400) throw new Error("it never holds");
    await new Promise((done) => setTimeout(done, 25));
  }
}
`;

/**
 * How a snippet runs: what stands before and after it, and what it prints, as a regular expression. One that calls the
 * browser is type-checked alone: the tests in Chromium run it.
 */
const settings = {
  "examples/guides/frameworks.md 1": { typesAlone: true }, // a component of Next.js
  "modules/auth/README.md 1": { before: signedUp, prints: /^1\n$/ },
  "modules/auth/README.md 2": { before: `import { needsSecondFactor } from "@basalt-dev/client";\n${signedUp}`, typesAlone: true },
  "modules/auth/README.md 3": { before: signedUp, typesAlone: true }, // signin.test.js invites
  "modules/auth/README.md 4": { before: signedUp, typesAlone: true },
  "modules/events/README.md 1": { worker: true, after: `;console.log("it listens");`, prints: /^it listens\norders.created tea 1\n$/, meanwhile: order },
  "modules/files/README.md 1": { before: signedIn, after: `;console.log(await blob.text(), (await fetch(url)).status);`, prints: /^0\n1\nthe sea 200\n$/ },
  "modules/query/README.md 1": {
    before: `${signedIn}
const ann = await db.collection("people").add({ name: "Ann" });
const post = await db.collection("posts").add({ title: "the red fox", author: ann.id });
await db.collection("comments").add({ post: post.id, text: "nice" });
`, prints: /^Ann\n$/,
  },
  "modules/query/README.md 2": {
    before: `${signedIn}
await db.collection("posts").add({ title: "the red fox" });
`, prints: /^the <mark>red<\/mark> <mark>fox<\/mark>\n$/,
  },
  "modules/realtime/README.md 1": {
    before: `${signedIn}${until}
const notes = db.collection("notes"), shown: unknown[] = [], show = (x: unknown) => shown.push(x), render = show;
const { id } = await notes.add({ team: "a" });
await notes.add({ team: "a" });
`,
    after: `;await until(() => shown.length >= 3); end(); console.log("it is shown"); process.exit(0);`, prints: /^it is shown\n$/,
  },
  "modules/realtime/README.md 2": {
    before: `${signedIn}${until}
const shown: unknown[] = [], show = (x: unknown) => shown.push(x), render = show;
`, after: `;await until(() => shown.some((m: any) => m?.typing)); console.log("it is heard");`, prints: /^it is heard\n$/,
  },
  "modules/services/README.md 1": { worker: true, after: `;console.log("it listens");`, prints: /^it listens\n$/, meanwhile: charge },
  "modules/services/README.md 2": { typesAlone: true, before: signedIn }, // run beside the worker of the one before
  "sdk/js/README.md 1": {
    before: until, after: `;await todos.add({ title: "bread" });
const said: any[][] = []; const { log } = console; end();
todos.orderBy("title").onSnapshot(({ docs }) => said.push(docs));
await until(() => said.at(-1)?.length === 2);
log(items.length, said.at(-1)!.map((d) => d.title).join()); process.exit(0);`,
    prints: /1 bread,milk\n$/,
  },
  "sdk/js/README.md 2": { typesAlone: true }, // ssr.test.js runs the same
  "sdk/js/README.md 3": { typesAlone: true }, // dates.test.js runs the same
  "sdk/js/README.md 4": {
    before: `${signedIn}const todos = db.collection("todos"); setTimeout(() => controller.abort(), 0);
process.on("uncaughtException", (error: any) => { console.log(error.code); process.exit(0); });
`, prints: /^aborted\n$/,
  },
  "sdk/js/react/README.md 1": { before: `import { createElement } from "react";
import { JSDOM } from "jsdom";
`, after: `
const dom = new JSDOM('<div id="root"></div>', { url: "http://localhost/" });
Object.assign(globalThis, { window: dom.window, document: dom.window.document, navigator: dom.window.navigator });
const { createRoot } = await import("react-dom/client");
createRoot(document.getElementById("root")!).render(createElement(Todos));
for (let tries = 0; tries < 2400 && !document.body.innerHTML.includes("<ul>"); tries++) await new Promise((done) => setTimeout(done, 25));
console.log(document.body.innerHTML); process.exit(0);`, prints: /<ul><li>for everybody<\/li><\/ul>/ },
  "sdk/js/react/README.md 2": { typesAlone: true }, // react.test.js runs the hooks
  "sdk/js/supabase/README.md 1": {
    before: `const ANON_KEY = "the-anon-key-of-the-snippets", email = \`u\${Math.random()}@example.com\`, password = "correct horse", said: string[] = [];
const show = (rows: { title: string }[]) => said.push(rows.map((row) => row.title).join());
${until}`,
    after: `;await until(() => said.at(-1) === "bread"); end(); console.log(data); process.exit(0);`, prints: /\[ \{ title: 'bread' \} \]\n$/,
  },
  "sdk/js/svelte/README.md 1": { typesAlone: true }, // svelte.test.js subscribes
  "sdk/js/worker/README.md 1": { after: `;console.log("it listens");`, prints: /^it listens\n$/, meanwhile: ping },
};

const config = (bus, worker) => (port) => `
listen: "127.0.0.1:${port}"
databases: { main: { driver: sqlite, url: "file:test.db" } }
log: { level: warn }
mail: { url: "file:mails", from: "Test <no-reply@example.com>" }
bus: { driver: nats, url: "${bus}" }
auth: { url: "http://127.0.0.1:${port}", providers: { password: { attempts: 1000 }, email: { signup: true }, anonymous: {}, totp: {} } }
collections:
  notes:    { fields: { team: { type: string }, created: { type: time, default: "now()" } }, rules: { read: 'true', create: 'true' } }
  todos:
    fields: { owner: { type: string }, title: { type: string }, done: { type: bool, default: false }, created: { type: time, default: "now()" } }
    set:    { create: { owner: auth.id } }
    rules:  { read: 'auth != nil && doc.owner == auth.id || auth == nil && doc.title == "for everybody"', create: 'true' }
  avatars:  { files: {}, fields: { owner: { type: string }, alt: { type: string } }, set: { create: { owner: auth.id } }, rules: { read: 'doc.owner == auth.id', create: 'auth != nil' } }
  people:   { fields: { name: { type: string } }, rules: { read: 'true', create: 'true' } }
  posts:    { fields: { title: { type: string, search: true }, author: { type: ref, to: people } }, rules: { read: 'true', create: 'true' } }
  comments: { fields: { post: { type: ref, to: posts }, text: { type: string } }, rules: { read: 'true', create: 'true' } }
  orders:   { fields: { item: { type: string } }, rules: { read: 'true', create: 'true' } }
channels: { "room:{id}": { subscribe: 'auth != nil', publish: 'auth != nil' } }
compat: { supabase: { anon_key: the-anon-key-of-the-snippets, service_key: the-service-key-of-the-snippets } }
services:
  billing:
    driver: nats
    url: "${bus}"
    functions:
      charge: { rule: 'auth != nil', params: { account: { type: string, required: true }, amount: { type: int, required: true } } }
      count:  { rule: 'true', params: { to: { type: int, required: true } } }
  shop:
    driver: http
    url: "http://127.0.0.1:${worker}"
    secret: "the secret of the configuration"
    functions: { charge: { rule: 'true', params: { amount: { type: int } } } }
events: { ordered: { on: orders.created, stream: orders } }
`;

let dir, server, bus, port;

/** Returns the program that a snippet becomes: TypeScript, since the types are checked, too. */
function programOf({ name, text }) {
  const s = settings[name];
  assert.ok(s, `${name} is new: say in \`settings\` how it runs and what it prints`);
  const imports = /^import .*\n/gm;
  const body = text.replace(imports, "");
  const first = [s.before ?? "", ...(text.match(imports) ?? [])].join("\n");
  return `${first}\n${body}\n${s.after ?? ""}\nexport {};\n`
    .replaceAll(/"http:\/\/localhost:4122"/g, "process.env.URL!")
    .replaceAll('"nats://127.0.0.1:4222"', "process.env.NATS!")
    .replaceAll("4200", "Number(process.env.PORT)");
}

const fileOf = (name) => name.replaceAll(/[^a-z0-9]+/gi, "_");

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "basalt-snippets-"));
  const js = join(root, "sdk/js"), modules = join(dir, "node_modules");
  mkdirSync(join(modules, "@basalt-dev"), { recursive: true });
  for (const [name, at] of Object.entries({ client: "", react: "react", worker: "worker", supabase: "supabase" })) symlinkSync(join(js, at), join(modules, "@basalt-dev", name));
  for (const name of ["@types", "react", "react-dom", "jsdom", "ws", "@supabase"]) symlinkSync(join(js, "node_modules", name), join(modules, name));
  writeFileSync(join(dir, "package.json"), `{"type":"module"}`);
  writeFileSync(join(dir, "browser.js"), `import WebSocket from "ws";\nglobalThis.WebSocket ??= WebSocket; // Node has it from 22 on\n`);
  writeFileSync(join(dir, "jsdom.d.ts"), `declare module "jsdom";`);
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({
    compilerOptions: { target: "ES2022", module: "ESNext", moduleResolution: "bundler", lib: ["ES2022", "DOM", "DOM.Iterable"], strict: false, jsx: "react-jsx", types: ["node", "react", "react-dom"], skipLibCheck: true },
    include: ["*.tsx", "*.d.ts"],
  }));
  copyFileSync(join(js, "test/collections.ts"), join(dir, "collections.ts"));
  for (const s of snippets) writeFileSync(join(dir, `${fileOf(s.name)}.tsx`), programOf(s));
  bus = await startBus("nats");
  port = await freePort();
  server = await startServer("", config(bus.url, port));
  await post("/v1/db/todos", { title: "for everybody" });
});
after(async () => {
  if (server) assert.equal(await server.stop(), 0, "the server shuts down cleanly");
  await bus?.stop();
  if (dir) rmSync(dir, { recursive: true });
});

async function post(path, body, headers) {
  const response = await fetch(server.url + path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
  return await response.json();
}

/** Waits for what a worker that is on its way makes possible. */
async function soon(f) {
  for (let tries = 0; ; tries++) {
    try {
      return await f();
    } catch (error) {
      if (tries > 1200) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

/** Raises the event that the consumer of the snippet waits for. */
async function order(output) {
  await post("/v1/db/orders", { item: "tea" });
  await soon(() => assert.match(output(), /orders\.created tea 1/));
}

/** Calls the functions of the worker, by the next snippet of the chapter. */
async function charge() {
  await soon(() => post("/v1/fn/billing/count", { to: 1 }));
  const { stdout } = await start("modules/services/README.md 2").ended;
  assert.equal(stdout, "0\n1\n2\n");
}

async function ping() {
  await soon(async () => assert.deepEqual(await post("/v1/fn/shop/charge", { amount: 3 }), { paid: 3, by: null }));
}

/** Starts the program of a snippet. */
function start(name) {
  const child = execFile("node", ["--import", join(dir, "browser.js"), join(dir, `${fileOf(name)}.js`)], { env: { ...process.env, URL: server.url, NATS: bus.url, PORT: String(port) } });
  let stdout = "", stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  const ended = new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
  return { ended, output: () => stdout, stop: () => child.kill() };
}

describe("the snippets of the documentation", () => {
  test("are right in their types", async () => {
    await run(join(root, "sdk/js/node_modules/.bin/tsc"), ["--project", dir]).catch((error) => assert.fail(error.stdout));
  });
  for (const { name } of snippets) {
    const s = settings[name] ?? {};
    if (s.typesAlone) continue;
    test(`run: ${name}`, async () => {
      const program = start(name);
      if (!s.meanwhile) {
        const { code, stdout, stderr } = await program.ended;
        assert.equal(code, 0, stderr);
        assert.match(stdout, s.prints);
        return;
      }
      try {
        await soon(() => assert.match(program.output(), /it listens/));
        await s.meanwhile(program.output);
      } finally {
        program.stop();
      }
      const { stdout } = await program.ended;
      assert.match(stdout, s.prints);
    });
  }
  test("are those that have a setting", () => {
    const names = new Set(snippets.map((s) => s.name));
    assert.deepEqual(Object.keys(settings).filter((name) => !names.has(name)), []);
  });
});
