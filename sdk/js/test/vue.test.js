import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JSDOM } from "jsdom";
import WebSocket from "ws";
import "./linked.js";

const dom = new JSDOM(`<div id="root"></div>`, { url: "http://localhost/" });
for (const name of ["window", "document", "Element", "SVGElement", "Node"]) globalThis[name] = name === "window" ? dom.window : dom.window[name];
const { createApp, createSSRApp, effectScope, h, nextTick, ref } = await import("vue");
const { createClient } = await import("../dist/basalt.js");
const { useAggregate, useDoc, useInfiniteQuery, useMutation, useOutbox, usePresence, useQuery, useUpload, useUser } = await import("../vue/dist/index.js");
const { json, memory, network } = await import("./fakes.js");
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
  assert.fail(`never: ${what}; there is ${document.body.innerHTML}`);
}

/** What a composable returns outside a component, until end(). */
function use(composable) {
  const scope = effectScope();
  return { ...scope.run(composable), end: () => scope.stop() };
}

/** A client of somebody new. */
async function person(options) {
  const client = createClient(server.url, { WebSocket, storage: memory(), ...options });
  await client.auth.signInAnonymously();
  return client;
}

test("a component shows live queries, documents and who is there", async () => {
  const client = createClient(server.url, { WebSocket, storage: memory() });
  const user = await client.auth.signUp("vue@example.com", "correct horse");
  const todos = client.db.collection("todos");
  const one = await todos.add({ title: "one" });
  const done = ref(false);
  const app = createApp({
    setup() {
      const list = useQuery(() => todos.where("done", "==", done.value).orderBy("title"));
      const { doc } = useDoc(() => todos.doc(one.id));
      const wrong = useQuery(client.db.collection("nothing"));
      const room = usePresence(() => client.channel("room:v"), { name: "me" });
      const who = useUser(client.auth);
      return () => h("p", [
        list.loading.value ? "loading" : list.docs.value.map((d) => d.title).join(), `doc=${doc.value?.stars}`, `wrong=${wrong.error.value?.code}`,
        `here=${room.members.value.map((m) => m.user === user.id && m.state.name)}`, `said=${room.messages.value.map((m) => m.data)}`, who.user.value?.email,
      ].join(" "));
    },
  });
  app.mount("#root");
  const text = () => document.body.textContent.trim();
  await until("all is there", () => text() === "one doc=0 wrong=not_found here=me said= vue@example.com");
  await todos.add({ title: "two" });
  await todos.doc(one.id).update({ stars: 4 });
  await client.channel("room:v").publish("hi");
  await until("all has changed", () => text() === "one,two doc=4 wrong=not_found here=me said=hi vue@example.com");
  done.value = true;
  await until("another query", () => text().startsWith("doc=4"));
  app.unmount();
});

test("a query ends with its scope, and is asked once for what is the same", async () => {
  const script = scripted(), other = scripted(undefined, "other");
  const now = ref(script.query), turn = ref(0);
  const list = use(() => useQuery(() => (turn.value >= 0 ? { ...now.value } : null)));
  turn.value++;
  await nextTick();
  assert.equal(script.begun.length, 1, "a new object is the same query");
  script.live[0].show([{ id: "a" }]);
  const error = new Error("lost");
  script.live[0].fail(error);
  assert.deepEqual([list.docs.value, list.error.value, list.loading.value], [[{ id: "a" }], error, false]);
  list.retry();
  assert.deepEqual([script.live.length, list.docs.value], [1, [{ id: "a" }]]);
  script.live[0].show([{ id: "b" }]);
  assert.deepEqual([list.docs.value, list.error.value], [[{ id: "b" }], undefined]);
  now.value = other.query;
  await nextTick();
  assert.deepEqual([list.docs.value, list.loading.value, script.live.length, other.live.length], [[], true, 0, 1], "nothing of the query before");
  turn.value = -1;
  await nextTick();
  assert.equal(other.live.length, 0, "null asks for nothing");
  turn.value = 1;
  await nextTick();
  assert.equal(other.live.length, 1);
  list.end();
  assert.equal(other.live.length, 0);
});

test("what another user sees has nothing of the one before", async () => {
  const client = await person();
  const script = scripted(client.auth);
  const list = use(() => useQuery(script.query));
  script.live[0].show([{ id: "a" }]);
  script.live[0].fail(new Error("lost"));
  await client.auth.signOut();
  await until("it is asked again", () => list.loading.value && script.live.length === 1);
  assert.deepEqual(list.docs.value, []);
  list.end();
});

test("pages, figures and documents follow the data", async () => {
  const { db } = await person();
  const todos = db.collection("todos");
  const [first] = await todos.add(["a", "b", "c"].map((title) => ({ title, stars: 2 })));
  const list = use(() => useInfiniteQuery(todos.orderBy("title"), { size: 2 }));
  const figures = use(() => useAggregate(todos, { sum: ["stars"] }));
  const one = use(() => useDoc(todos.doc(first.id)));
  const titles = () => list.docs.value.map((d) => d.title).join("");
  await until("the first page", () => titles() === "ab" && list.hasMore.value && one.doc.value?.title === "a");
  list.loadMore();
  list.loadMore();
  await until("the second page", () => titles() === "abc" && !list.hasMore.value && !list.loadingMore.value);
  await todos.add({ title: "d", stars: 4 });
  await until("the sum", () => figures.rows.value[0]?.sum.stars === 10);
  for (const used of [list, figures, one]) used.end();
});

test("calls say that they are under way, and how they ended", async () => {
  const net = network();
  const client = await person({ optimistic: true, fetch: net.fetch });
  const add = use(() => useMutation((doc) => client.db.collection("todos").add(doc)));
  const box = use(() => useOutbox(client.outbox));
  const adding = add.mutate({ title: "a" });
  assert.ok(add.pending.value);
  const doc = await adding;
  assert.deepEqual([add.data.value, add.pending.value], [doc, false]);
  assert.equal(await add.mutate({ titel: "a" }), undefined, "it never rejects");
  assert.equal(add.error.value.errors[0].field, "titel");
  add.reset();
  assert.equal(add.error.value, undefined);
  assert.equal(box.refusals.value.length, 1, "what was shown and then refused");
  box.dismiss();
  const end = net.answer(/todos/, json({ code: "forbidden", detail: "not you" }, 403));
  await add.mutate({ title: "b" });
  end();
  assert.deepEqual(box.refusals.value.map((r) => r.error.code), ["forbidden"]);
  const file = use(() => useUpload(client.db.collection("pictures")));
  await file.upload(new File(["12345"], "a.txt"), { fields: { alt: "five" } });
  assert.deepEqual([file.doc.value.alt, file.progress.value, file.pending.value], ["five", { sent: 5, total: 5 }, false]);
  const held = file.upload("held");
  file.pause();
  assert.equal(file.paused.value, true);
  await held;
  assert.equal(file.paused.value, false, "there is nothing left to hold");
  for (const used of [add, box, file]) used.end();
});

test("a server that renders a page begins nothing", async () => {
  const { renderToString } = await import("vue/server-renderer");
  const script = scripted();
  const html = await renderToString(createSSRApp({
    setup() {
      const { loading } = useQuery(script.query);
      return () => h("p", loading.value ? "loading" : "there");
    },
  }));
  assert.deepEqual([html, script.begun.length], ["<p>loading</p>", 0]);
});
