import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { JSDOM } from "jsdom";
import { compile } from "svelte/compiler";
import WebSocket from "ws";
import "./linked.js";

const here = fileURLToPath(new URL("..", import.meta.url));
const { createClient } = await import("../dist/basalt.js");
const { currentUser, infiniteQuery, liveQuery, mutation } = await import("../svelte/dist/index.js");
const { memory } = await import("./fakes.js");
const { scripted } = await import("./scripted.js");
const { startServer } = await import("./server.js");

let server;
before(async () => {
  server = await startServer();
});
after(async () => {
  assert.equal(await server.stop(), 0);
});

async function until(what, holds) {
  for (let tries = 0; tries < 2400; tries++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`never: ${what}`);
}

test("a store works while it is looked at, and for as many as look", () => {
  const script = scripted();
  const list = liveQuery(script.query);
  const one = [], two = [];
  const end = list.subscribe((s) => one.push(s.docs.length)), endTwo = list.subscribe((s) => two.push(s.docs.length));
  assert.equal(script.live.length, 1);
  script.live[0].show([{ id: "a" }]);
  assert.deepEqual([one, two], [[0, 1], [0, 1]]);
  end();
  end();
  assert.equal(script.live.length, 1, "the other still looks");
  endTwo();
  assert.equal(script.live.length, 0);
  assert.deepEqual([list.get().docs, list.get().loading], [[], true], "nothing is kept for the next user");
  list.subscribe(() => {})();
  assert.deepEqual([script.begun.length, script.live.length], [2, 0]);
});

test("an answer that comes after the end is not shown", () => {
  const script = scripted();
  const list = infiniteQuery(script.query, { size: 1 });
  const end = list.subscribe(() => {});
  const [first] = script.live;
  first.show([{ id: "a" }, { id: "b" }]);
  list.get().loadMore();
  first.show([]);
  first.fail(new Error("late"));
  assert.deepEqual([list.get().docs.length, list.get().error], [2, undefined]);
  end();
});

test("a call is shown to whoever looks later, too", async () => {
  const calls = [];
  const add = mutation(() => new Promise((resolve) => calls.push(resolve)));
  const { mutate } = add.get();
  const result = mutate();
  const end = add.subscribe(() => {});
  assert.ok(add.get().pending);
  calls[0]("done");
  assert.deepEqual([await result, add.get().data, add.get().pending], ["done", "done", false]);
  end();
});

const component = `
<script>
  import { currentUser, liveQuery, mutation } from "@basalt-dev/svelte";
  let { auth, todos } = $props();
  let done = $state(false);
  const user = currentUser(auth);
  const list = $derived(liveQuery(todos.where("done", "==", done).orderBy("title")));
  const add = mutation((title) => todos.add({ title }));
</script>
<p>{$user.user?.email} {$list.loading ? "loading" : $list.docs.map((d) => d.title).join()} {$add.error?.code}</p>
<button id="add" onclick={() => $add.mutate("two")}>Add</button>
<button id="wrong" onclick={() => $add.mutate(1)}>Add nothing</button>
<button id="done" onclick={() => (done = true)}>Done</button>
`;

test("a component of Svelte 5 shows them, and another query when it asks for another", async (t) => {
  const dom = new JSDOM(`<main></main>`, { url: "http://localhost/" });
  for (const name of Object.getOwnPropertyNames(dom.window)) if (!(name in globalThis) && /^[A-Z]|^document$/.test(name)) globalThis[name] = dom.window[name];
  globalThis.window = dom.window;
  globalThis.navigator ??= dom.window.navigator;
  const dir = mkdtempSync(join(here, "node_modules", ".svelte-")); // so that it finds svelte
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const { js } = compile(component, { filename: "App.svelte", generate: "client" });
  const at = (path) => pathToFileURL(join(here, path)).href;
  const code = js.code.replaceAll('"@basalt-dev/svelte"', JSON.stringify(at("svelte/dist/index.js"))).replaceAll("'@basalt-dev/svelte'", JSON.stringify(at("svelte/dist/index.js")))
    .replaceAll(/(['"])svelte\/internal\/client\1/g, JSON.stringify(at("node_modules/svelte/src/internal/client/index.js")));
  writeFileSync(join(dir, "App.mjs"), code);
  const { mount, unmount, flushSync } = await import(at("node_modules/svelte/src/index-client.js"));
  const { default: App } = await import(pathToFileURL(join(dir, "App.mjs")).href);

  const client = createClient(server.url, { WebSocket, storage: memory() });
  await client.auth.signUp("svelte@example.com", "correct horse");
  const todos = client.db.collection("todos");
  await todos.add({ title: "one" });
  const app = mount(App, { target: document.querySelector("main"), props: { auth: client.auth, todos } });
  const text = () => (flushSync(), document.querySelector("p").textContent.trim());
  await until("all is there", () => text() === "svelte@example.com one");
  document.querySelector("#add").click();
  await until("it follows", () => text() === "svelte@example.com one,two");
  document.querySelector("#wrong").click();
  await until("it says what is wrong", () => text() === "svelte@example.com one,two invalid");
  document.querySelector("#done").click();
  await until("another query", () => text() === "svelte@example.com  invalid");
  await unmount(app);
});
