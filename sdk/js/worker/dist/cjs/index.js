var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// worker/index.ts
var index_exports = {};
__export(index_exports, {
  Failure: () => Failure,
  Service: () => Service,
  service: () => service
});
module.exports = __toCommonJS(index_exports);
var import_node_crypto2 = require("node:crypto");

// worker/transport.ts
var handleTime = 1e4;
var fetchTime = 1e3;
var backoff = (attempt) => Math.min(1e3 * 2 ** (attempt - 1), handleTime);
var pause = (ms) => new Promise((done) => setTimeout(done, ms));
async function whileHandled(f, beat) {
  const timer = setInterval(beat, handleTime / 4);
  try {
    await f();
  } finally {
    clearInterval(timer);
  }
}
var Member = class {
  constructor(most, log) {
    this.most = most;
    this.log = log;
  }
  most;
  log;
  stopping = false;
  running = /* @__PURE__ */ new Set();
  begin(f) {
    const one = f().catch((error) => this.log("handling a message", error)).finally(() => this.running.delete(one));
    this.running.add(one);
  }
  /** Resolves when one more can be handled. */
  async room() {
    while (this.running.size >= this.most) await Promise.race(this.running);
  }
  /** Resolves when all that has begun is done. */
  async finished() {
    await Promise.all(this.running);
  }
  /** Returns what stops it, and waits for what has begun. */
  run(what, fetch) {
    const loop = (async () => {
      let logged = false;
      while (!this.stopping) {
        await this.room();
        try {
          await fetch(this.most - this.running.size);
          logged = false;
        } catch (error) {
          if (!logged) this.log(`${what}; it is tried again`, error);
          logged = true;
          await pause(fetchTime);
        }
      }
    })();
    return async () => {
      this.stopping = true;
      await loop;
      await this.finished();
    };
  }
};

// worker/nats.ts
async function connectNATS(url, name, log) {
  const { connect, nanos } = await import("@nats-io/transport-node");
  const { host, username, password, protocol } = new URL(url);
  const connection = await connect({
    servers: host,
    user: username || void 0,
    pass: password || void 0,
    tls: protocol === "tls:" ? {} : void 0,
    maxReconnectAttempts: -1,
    name: `basalt worker ${name}`
  });
  async function serve(subject, most, handle) {
    const subscription = connection.subscribe(`basalt.${subject}`, { queue: "basalt" });
    const member = new Member(most, log);
    const loop = (async () => {
      for await (const m of subscription) {
        await member.room();
        member.begin(() => handle(m.string(), async (text) => void m.respond(text)));
      }
    })();
    await connection.flush();
    return async () => {
      await subscription.drain();
      await loop;
      await member.finished();
    };
  }
  async function consume(stream, group, most, handle) {
    const { AckPolicy, StorageType, jetstream, jetstreamManager } = await import("@nats-io/jetstream");
    const member = new Member(most, log);
    const full = `BASALT_${stream}`;
    let consumer;
    const prepare = async () => {
      const manager = await jetstreamManager(connection);
      await manager.streams.info(full).catch(() => manager.streams.add({
        name: full,
        description: "messages of Basalt",
        subjects: [`basalt.stream.${stream}`],
        storage: StorageType.File,
        max_age: nanos(7 * 24 * 36e5),
        duplicate_window: nanos(12e4)
      }));
      await manager.consumers.add(full, { durable_name: group, ack_policy: AckPolicy.Explicit, ack_wait: nanos(handleTime) });
      return jetstream(connection).consumers.get(full, group);
    };
    return member.run(`reading the stream ${stream}`, async (free) => {
      try {
        consumer ??= await prepare();
        for await (const m of await consumer.fetch({ max_messages: free, expires: fetchTime })) {
          const entry = { id: m.headers?.get("Nats-Msg-Id") ?? "", message: m.string(), attempt: m.info.deliveryCount };
          member.begin(async () => {
            try {
              await whileHandled(() => handle(entry), () => m.working());
              m.ack();
            } catch {
              m.nak(backoff(entry.attempt));
            }
          });
        }
      } catch (error) {
        consumer = void 0;
        throw error;
      }
    });
  }
  return { serve, consume, close: () => connection.drain() };
}

// worker/redis.ts
var import_node_crypto = require("node:crypto");
var beatInterval = 1e3;
var beatTime = "4000";
var answerTime = "60000";
async function connectRedis(url, log) {
  const { createClient } = await import("redis");
  const open = () => createClient({ url, RESP: 2 }).on("error", () => void 0).connect();
  const client = await open();
  async function serve(subject, most, handle) {
    const beat = () => client.sendCommand(["SET", `basalt.serving.${subject}`, "1", "PX", beatTime]).catch(() => void 0);
    await beat();
    const timer = setInterval(() => void beat(), beatInterval);
    const member = new Member(most, log);
    const own = await open();
    const stop = member.run(`waiting for calls of ${subject}`, async () => {
      const popped = await own.sendCommand(["BLPOP", `basalt.queue.${subject}`, String(fetchTime / 1e3)]);
      if (!popped) return;
      const asked = JSON.parse(popped[1] ?? "");
      if (Date.parse(asked.until) < Date.now()) return;
      member.begin(() => handle(Buffer.from(asked.message, "base64").toString("utf8"), async (answer) => {
        await client.multi().rPush(asked.reply, answer).addCommand(["PEXPIRE", asked.reply, answerTime]).exec();
      }));
    });
    return async () => {
      clearInterval(timer);
      await stop();
      own.destroy();
    };
  }
  async function consume(stream, group, most, handle) {
    const key = `basalt.stream.{${stream}}`;
    const name = (0, import_node_crypto.randomUUID)();
    const member = new Member(most, log);
    let ready = false;
    let looked = 0;
    const take = ([id, fields], attempt) => {
      const values = /* @__PURE__ */ new Map();
      for (let i = 0; i + 1 < fields.length; i += 2) values.set(fields[i] ?? "", fields[i + 1] ?? "");
      const entry = { id: values.get("id") ?? "", message: values.get("message") ?? "", attempt };
      member.begin(async () => {
        try {
          await whileHandled(() => handle(entry), () => client.sendCommand(["XCLAIM", key, group, name, "0", id, "JUSTID"]).catch(() => void 0));
        } catch {
          await client.sendCommand(["XCLAIM", key, group, name, "0", id, "IDLE", String(handleTime - backoff(attempt)), "JUSTID"]);
          return;
        }
        await client.sendCommand(["XACK", key, group, id]);
      });
    };
    const takeLeft = async (free) => {
      if (Date.now() - looked < fetchTime) return false;
      const [, left] = await client.sendCommand(["XAUTOCLAIM", key, group, name, String(handleTime), "0", "COUNT", String(free)]);
      looked = Date.now();
      for (const raw of left) {
        const pending = await client.sendCommand(["XPENDING", key, group, raw[0], raw[0], "1"]);
        take(raw, Number(pending[0]?.[3] ?? 2));
      }
      return left.length > 0;
    };
    const own = await open();
    const stop = member.run(`reading the stream ${stream}`, async (free) => {
      try {
        if (!ready) {
          await client.sendCommand(["XGROUP", "CREATE", key, group, "0", "MKSTREAM"]).catch((error) => {
            if (!String(error).includes("BUSYGROUP")) throw error;
          });
          ready = true;
        }
        if (await takeLeft(free)) return;
        const read = await own.sendCommand(["XREADGROUP", "GROUP", group, name, "COUNT", String(free), "BLOCK", String(fetchTime), "STREAMS", key, ">"]);
        for (const [, entries] of read ?? []) for (const raw of entries) take(raw, 1);
      } catch (error) {
        ready = false;
        throw error;
      }
    });
    return async () => {
      await stop();
      own.destroy();
      const left = await client.sendCommand(["XPENDING", key, group, "-", "+", "1", name]).catch(() => [0]);
      if (left.length === 0) await client.sendCommand(["XGROUP", "DELCONSUMER", key, group, name]).catch(() => void 0);
    };
  }
  return { serve, consume, close: () => client.close() };
}

// worker/trace.ts
var api = import("@opentelemetry/api").catch(() => void 0);
var traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
async function traced(name, parent, f) {
  const otel = await api;
  if (!otel) return f();
  const { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = otel;
  const [, traceId, spanId, flags] = traceparent.exec(parent ?? "") ?? [];
  const outer = traceId && spanId ? trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: parseInt(flags ?? "0", 16), isRemote: true }) : ROOT_CONTEXT;
  const span = trace.getTracer("@basalt-dev/worker").startSpan(name, { kind: SpanKind.CONSUMER }, outer);
  try {
    return await context.with(trace.setSpan(outer, span), f);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

// worker/index.ts
var Failure = class extends Error {
  constructor(code, detail, errors = []) {
    super(detail);
    this.code = code;
    this.errors = errors;
  }
  code;
  errors;
  name = "Failure";
};
function service(name, options = {}) {
  return new Service(name, options);
}
var statuses = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition_failed: 412,
  too_large: 413,
  rate_limited: 429,
  unavailable: 503,
  timeout: 504
};
var tolerance = 300;
var Service = class {
  constructor(name, options) {
    this.name = name;
    this.options = options;
  }
  name;
  options;
  functions = /* @__PURE__ */ new Map();
  streams = /* @__PURE__ */ new Map();
  /** Adds a function. */
  handle(name, handler) {
    this.functions.set(name, handler);
    return this;
  }
  /**
   * Adds a handler for the events of a stream, which events of the configuration with `stream` are appended to. The
   * workers of a service share them, beginning with those that are kept already. Only with listen.
   */
  consume(stream, handler) {
    this.streams.set(stream, handler);
    return this;
  }
  /**
   * Answers calls, and reads streams, on the bus of a URL: nats://… needs the package @nats-io/transport-node, and
   * @nats-io/jetstream for streams; redis://… needs redis. What it resolves with stops the worker, after it has
   * finished what it has.
   */
  async listen(url) {
    const transport = await this.connect(url);
    const most = this.options.concurrency ?? 64;
    const stops = [];
    if (this.functions.size > 0) {
      stops.push(await transport.serve(`fn.${this.name}`, most, async (message, answer) => {
        await this.answer(JSON.parse(message), (a) => answer(JSON.stringify(a)));
      }));
    }
    for (const [stream, handler] of this.streams) {
      stops.push(await transport.consume(stream, this.name, most, (entry) => this.handleEvent(stream, entry, handler)));
    }
    return {
      stop: async () => {
        await Promise.all(stops.map((stop) => stop()));
        await transport.close();
      }
    };
  }
  connect(url) {
    const log = (what, error) => this.fail(what, error);
    switch (new URL(url).protocol) {
      case "nats:":
      case "tls:":
        return connectNATS(url, this.name, log);
      case "redis:":
      case "rediss:":
        return connectRedis(url, log);
      default:
        throw new Error("a worker listens on nats://… or redis://…");
    }
  }
  async handleEvent(stream, entry, handler) {
    try {
      const e = JSON.parse(entry.message);
      const event = { id: entry.id, type: e.type, timestamp: new Date(e.timestamp), attempt: entry.attempt };
      await traced(`worker ${this.name} ${e.type}`, e.trace, async () => handler(e.data, event));
    } catch (error) {
      this.fail(`an event of the stream ${stream} was not handled; it comes again`, error);
      throw error;
    }
  }
  /** Answers calls over HTTP: a listener for http.createServer. Calls that are not signed with the secret are refused. */
  handler(secret) {
    return (request, response) => void this.serve(secret, request, response).catch((error) => {
      this.fail("answering a call", error);
      response.destroy();
    });
  }
  async serve(secret, request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString("utf8");
    const end = (status, type, text) => {
      response.writeHead(status, { "Content-Type": type });
      response.end(text);
    };
    if (!signed(secret, request, body)) return end(401, "text/plain", "the call is not signed with the secret of this service");
    await this.answer(JSON.parse(body), async (a) => {
      if ("piece" in a) {
        if (!response.headersSent) response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.write(`data: ${JSON.stringify(a.piece)}

`);
      } else if (response.headersSent) {
        response.end(a.error ? `event: error
data: ${JSON.stringify(a.error)}

` : "");
      } else if (a.error) {
        end(statuses[a.error.code] ?? 500, "application/problem+json", JSON.stringify(a.error));
      } else {
        end(200, "application/json", JSON.stringify(a.result ?? null));
      }
    });
  }
  fail(what, error) {
    (this.options.log ?? console.error)(`${this.name}: ${what}`, error);
  }
  async answer(m, send) {
    const report = (error) => this.fail("a piece of an answer has no receiver", error);
    const call = { id: m.id, auth: m.auth, key: m.key, deadline: new Date(m.deadline), send: (piece) => void send({ piece }).catch(report) };
    let last;
    try {
      last = await traced(`worker ${this.name}.${m.function}`, m.trace, () => this.run(m, call, send));
    } catch (error) {
      if (error instanceof Failure) {
        last = { error: { code: error.code, detail: error.message, errors: error.errors }, done: true };
      } else {
        this.fail(`the function ${m.function} has failed`, error);
        last = { error: { code: "internal", detail: "see the log of the worker" }, done: true };
      }
    }
    await send(last);
  }
  async run(m, call, send) {
    const handler = this.functions.get(m.function);
    if (!handler) throw new Failure("not_found", `this worker has no function ${m.function}`);
    const result = handler(m.params, call);
    if (!isIterable(result)) return { result: await result ?? null, done: true };
    for await (const piece of result) await send({ piece });
    return { done: true };
  }
};
function isIterable(v) {
  return typeof v === "object" && v !== null && Symbol.asyncIterator in v;
}
function signed(secret, request, body) {
  const at = String(request.headers["webhook-timestamp"] ?? "");
  if (!(Math.abs(Date.now() / 1e3 - Number(at)) <= tolerance)) return false;
  const want = Buffer.from(`v1,${(0, import_node_crypto2.createHmac)("sha256", secret).update(`${String(request.headers["webhook-id"])}.${at}.${body}`).digest("base64")}`);
  return String(request.headers["webhook-signature"] ?? "").split(" ").some((s) => {
    const got = Buffer.from(s);
    return got.length === want.length && (0, import_node_crypto2.timingSafeEqual)(got, want);
  });
}
