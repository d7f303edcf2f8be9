import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { BasaltError, createClient } from "../dist/basalt.js";
import { Failure, service } from "../worker/dist/index.js";
import { startBus } from "./bus.js";
import { startServer } from "./server.js";

let keys = [];
const billing = () => service("billing", { log: () => undefined })
  .handle("charge", async ({ amount }, call) => {
    keys.push(call.key);
    return { paid: amount, by: call.auth?.sub ?? null };
  })
  .handle("count", async function* ({ to }) {
    for (let n = 0; n < to; n++) yield n;
  })
  .handle("fail", async ({ how }) => {
    if (how === "told") throw new Failure("conflict", "the card was charged already");
    throw new Error("the secret of the bank");
  });

const functions = `
    functions:
      charge: { rule: 'auth != nil', params: { amount: { type: int, required: true, min: 1 } } }
      count:  { rule: 'true', params: { to: { type: int, required: true } } }
      fail:   { rule: 'true', params: { how: { type: string } } }
`;

const code = (expected) => (error) => {
  assert.ok(error instanceof BasaltError, String(error));
  assert.equal(error.code, expected, error.message);
  assert.doesNotMatch(error.message, /secret/);
  return true;
};

async function works(url) {
  const { auth, functions } = createClient(url);
  const user = await auth.signUp(`f${Math.random()}@example.com`, "correct horse");
  keys = [];
  for (let tries = 0; ; tries++) { // the worker is on its way
    try {
      await functions.call("billing.count", { to: 1 });
      break;
    } catch (error) {
      if (tries > 1200) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  assert.deepEqual(await functions.call("billing.charge", { amount: 3 }), { paid: 3, by: user.id });
  assert.equal(keys.length, 1);
  assert.match(keys[0], /^[0-9a-f]{32}$/);
  await assert.rejects(functions.call("billing.charge", { amount: 0 }), code("invalid"));
  await assert.rejects(createClient(url).functions.call("billing.charge", { amount: 1 }), code("unauthenticated"));
  await assert.rejects(functions.call("billing.nothing"), code("not_found"));
  await assert.rejects(functions.call("billing.fail", { how: "told" }), code("conflict"));
  await assert.rejects(functions.call("billing.fail", { how: "x" }), code("internal"));
  assert.deepEqual(await functions.call("billing.count", { to: 3 }), [0, 1, 2]);
  const pieces = [];
  for await (const piece of functions.stream("billing.count", { to: 4 })) pieces.push(piece);
  assert.deepEqual(pieces, [0, 1, 2, 3]);
  await assert.rejects(async () => {
    for await (const piece of functions.stream("billing.fail", { how: "told" })) assert.fail(String(piece));
  }, code("conflict"));
  await assert.rejects(async () => {
    for await (const piece of functions.stream("billing.count", {})) assert.fail(String(piece));
  }, code("invalid"));
  for await (const piece of functions.stream("billing.count", { to: 1000 })) if (piece === 5) break;
  assert.equal(keys.length, 1);
}

describe("functions", () => {
  let server, worker;
  before(async () => {
    worker = createServer(billing().handler("whsec")).listen(0, "127.0.0.1");
    await new Promise((done) => worker.once("listening", done));
    server = await startServer(`services:\n  billing:\n    driver: http\n    url: "http://127.0.0.1:${worker.address().port}"\n    secret: whsec${functions}`);
  });
  after(async () => {
    worker?.closeAllConnections();
    worker?.close();
    if (server) assert.equal(await server.stop(), 0, "the server shuts down cleanly");
  });
  test("of a server over HTTP", () => works(server.url));
  test("are not run for those who do not know the secret", async () => {
    const response = await fetch(`http://127.0.0.1:${worker.address().port}/charge`, { method: "POST", body: JSON.stringify({ function: "charge", params: {} }) });
    assert.equal(response.status, 401);
  });
});

const streams = `
events:
  ordered: { on: todos.created, stream: orders }
  changed: { on: todos.updated, stream: orders }
`;

for (const driver of ["nats", "redis"]) {
  test(`functions and streams of a worker on ${driver}`, async () => {
    const bus = await startBus(driver);
    const collected = [];
    const collector = createServer((request, response) => {
      collected.push(request.url);
      request.resume().once("end", () => response.end());
    }).listen(0, "127.0.0.1");
    await new Promise((done) => collector.once("listening", done));
    const spans = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
    const seen = [];
    let refused = 0;
    let server, worker;
    try {
      server = await startServer(`
bus: { driver: ${driver}, url: "${bus.url}" }
telemetry: { otlp: "http://127.0.0.1:${collector.address().port}", sample: 1 }
services:
  billing:
    driver: ${driver}
    url: "${bus.url}"${functions}${streams}`);
      const client = createClient(server.url);
      await client.auth.signUp("ann@example.com", "correct horse");
      const todos = client.db.collection("todos");
      await todos.add({ id: "t1", title: "before anybody reads" });
      worker = await billing().consume("orders", async ({ doc, old }, event) => {
        if (event.attempt === 1 && doc.title === "again" && refused++ === 0) throw new Error("not now");
        seen.push([event.type, doc.id, doc.title, old?.title ?? null, event.attempt > 1]);
        assert.ok(event.id && event.timestamp instanceof Date);
      }).listen(bus.url);
      await works(server.url);
      await todos.doc("t1").update({ title: "after" });
      await todos.add({ id: "t2", title: "again" });
      for (let tries = 0; seen.length < 3; tries++) {
        assert.ok(tries < 2400, `the worker has seen ${JSON.stringify(seen)}`);
        await new Promise((done) => setTimeout(done, 50));
      }
      assert.deepEqual(seen.sort((a, b) => a[1].localeCompare(b[1])), [
        ["todos.created", "t1", "before anybody reads", null, false],
        ["todos.updated", "t1", "after", "before anybody reads", false],
        ["todos.created", "t2", "again", null, true],
      ]);
      // A call that is traced has its span in the same trace.
      const traceId = "0af7651916cd43dd8448eb211c80319c";
      const response = await fetch(`${server.url}/v1/fn/billing/count`, {
        method: "POST", body: '{"to":1}', headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01`, "Content-Type": "application/json" },
      });
      assert.deepEqual(await response.json(), [0]);
      const names = spans.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId).map((span) => span.name);
      assert.deepEqual(names, ["worker billing.count"]);
    } finally {
      trace.disable();
      await worker?.stop();
      const status = await server?.stop();
      collector.closeAllConnections();
      collector.close();
      await bus.stop();
      assert.equal(status ?? 0, 0, "the server shuts down cleanly");
    }
  });
}
