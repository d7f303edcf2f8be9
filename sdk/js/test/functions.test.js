import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { BasaltError, createClient } from "../dist/basalt.js";
import { Failure, service } from "../worker/dist/index.js";
import { freePort, startServer } from "./server.js";

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
      if (tries > 100) throw error;
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

test("functions of a worker on NATS", async () => {
  const port = await freePort();
  const nats = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const bus = `nats://127.0.0.1:${port}`;
  let server, worker;
  try {
    for (let tries = 0; !worker; tries++) {
      worker = await billing().listen(bus).catch(() => undefined);
      if (tries > 100) throw new Error("nats-server does not start");
      if (!worker) await new Promise((done) => setTimeout(done, 50));
    }
    server = await startServer(`services:\n  billing:\n    driver: nats\n    url: "${bus}"${functions}`);
    await works(server.url);
  } finally {
    await worker?.stop();
    const status = await server?.stop();
    nats.kill();
    assert.equal(status ?? 0, 0, "the server shuts down cleanly");
  }
});
