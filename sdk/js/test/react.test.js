import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JSDOM } from "jsdom";
import WebSocket from "ws";

const dom = new JSDOM(`<div id="root"></div>`, { url: "http://localhost/" });
globalThis.window = dom.window; // the tests of the client itself run without one
globalThis.document = dom.window.document;
globalThis.navigator ??= dom.window.navigator;
globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const { act, createElement: h, StrictMode, useState } = await import("react");
const { createRoot } = await import("react-dom/client");
const { createClient } = await import("../dist/basalt.js");
const { useDoc, usePresence, useQuery } = await import("../react/dist/index.js");
const { memory } = await import("./fakes.js");
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
    await act(() => new Promise((resolve) => setTimeout(resolve, 25)));
  }
  assert.fail(`never: ${what}; there is ${document.body.innerHTML}`);
}

test("hooks show live queries, documents and who is there", async () => {
  const client = createClient(server.url, { WebSocket });
  const user = await client.auth.signUp("react@example.com", "correct horse");
  const todos = client.db.collection("todos");
  const one = await todos.add({ title: "one" });
  let setDone;
  function App() {
    const [done, set] = useState(false);
    setDone = set;
    const list = useQuery(todos.where("done", "==", done).orderBy("title"));
    const { doc } = useDoc(todos.doc(one.id));
    const none = useQuery(null);
    const wrong = useQuery(client.db.collection("nothing"));
    const room = usePresence(client.channel("room:r"), { name: "me" });
    return h("p", null, [
      list.loading ? "loading" : list.docs.map((d) => d.title).join(), `doc=${doc?.stars}`, `none=${none.docs.length}`, `wrong=${wrong.error?.code}`,
      `here=${room.members.map((m) => m.user === user.id && m.state.name)}`, `said=${room.messages.map((m) => m.data)}`,
    ].join(" "));
  }
  const root = createRoot(document.getElementById("root"));
  await act(() => root.render(h(App)));
  const text = () => document.body.textContent.trim();
  await until("all is there", () => text() === "one doc=0 none=0 wrong=not_found here=me said=");
  await todos.add({ title: "two" });
  await todos.doc(one.id).update({ stars: 4 });
  await client.channel("room:r").publish("hi");
  await until("all has changed", () => text() === "one,two doc=4 none=0 wrong=not_found here=me said=hi");
  await act(() => setDone(true));
  await until("another query", () => text().startsWith(" ".trim() + "doc=4") || text().startsWith("doc=4"));
  await act(() => root.unmount());
});

test("a query is told from another one by all that it asks for, and by its client", async () => {
  const one = createClient(server.url, { WebSocket, storage: memory() }), two = createClient(server.url, { WebSocket, storage: memory() });
  await one.auth.signInAnonymously();
  await two.auth.signInAnonymously();
  for (const core of [1, 2]) await one.db.collection("todos").add({ title: `core ${core}`, stars: core });
  await two.db.collection("todos").add({ title: "of two", stars: 2 });
  let set;
  function App() {
    const [[client, core], setAsked] = useState([one, 1]);
    set = setAsked;
    const { docs } = useQuery(client.db.collection("todos").filter("stars == $core", { core }));
    return h("p", null, docs.map((d) => d.title).join());
  }
  const root = createRoot(document.getElementById("root"));
  const text = () => document.body.textContent.trim();
  await act(() => root.render(h(StrictMode, null, h(App))));
  await until("the first", () => text() === "core 1");
  await act(() => set([one, 2]));
  await until("the value of a member that is called core", () => text() === "core 2");
  await act(() => set([two, 2]));
  await until("the same of another client", () => text() === "of two");
  await act(() => root.unmount());
});
