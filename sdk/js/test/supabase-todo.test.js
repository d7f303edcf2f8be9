// The example: a program that was written for Supabase, as two people use it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import "./linked.js";
import { startServer } from "./server.js";

const example = fileURLToPath(new URL("../../../examples/supabase-todo/", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "basalt-supabase-todo-"));
const key = "the-anon-key-of-the-example";
let server, env;

before(async () => {
  server = await startServer("", (port) => readFileSync(join(example, "basalt.yaml"), "utf8")
    .replace("${TODO_LISTEN:-:4122}", `127.0.0.1:${port}`).replace("${TODO_URL:-http://localhost:4122}", `http://127.0.0.1:${port}`)
    .replace("${TODO_DATA:-data}/", "").replace("${BASALT_SECRET}", "0123456789abcdef0123456789abcdef").replace("{ supabase: {} }", `{ supabase: { anon_key: ${key} } }`));
  copyFileSync(join(example, "todo.mjs"), join(home, "todo.mjs"));
  const [ours, theirs] = ['from "@basalt-dev/supabase";', 'from "@supabase/supabase-js";'];
  writeFileSync(join(home, "ours.mjs"), readFileSync(join(example, "todo.mjs"), "utf8").replace(theirs, ours));
  assert.ok(readFileSync(join(home, "ours.mjs"), "utf8").includes(ours));
  symlinkSync(fileURLToPath(new URL("../node_modules", import.meta.url)), join(home, "node_modules"));
  env = { ...process.env, SUPABASE_URL: server.url, SUPABASE_ANON_KEY: key };
});
after(async () => {
  rmSync(home, { recursive: true, force: true });
  assert.equal(await server.stop(), 0);
});

for (const [program, [ada, bob]] of Object.entries({ "todo.mjs": ["ada", "bob"], "ours.mjs": ["eve", "fay"] })) test(`a todo list of supabase-js, for each of two people their own: ${program}`, async () => {
  const todo = async (who, ...args) => (await promisify(execFile)("node", [program, `${who}@example.com`, "correct horse", ...args], { cwd: home, env })).stdout;
  assert.equal(await todo(ada, "add", "buy milk"), "[ ] buy milk\n");
  const watching = spawn("node", [program, `${ada}@example.com`, "correct horse", "watch"], { cwd: home, env });
  let heard = "";
  watching.stdout.on("data", (text) => { heard += text; });
  const ended = new Promise((resolve) => { watching.once("exit", resolve); });
  while (!heard.includes("watching\n")) await new Promise((resolve) => { watching.stdout.once("data", resolve); });
  assert.equal(await todo(bob, "add", "of another"), "[ ] of another\n");
  assert.equal(await todo(ada, "add", "bake bread"), "[ ] bake bread\n");
  assert.equal(await ended, 0);
  assert.equal(heard, "watching\n[ ] bake bread\n");
  assert.equal(await todo(ada, "done", "BUY milk"), "[x] buy milk\n");
  assert.equal(await todo(ada, "list"), "[x] buy milk\n[ ] bake bread\n");
  assert.equal(await todo(bob, "list"), "[ ] of another\n");
  await assert.rejects(todo(ada, "add", ""), /violates|min|shorter|task/);
});
