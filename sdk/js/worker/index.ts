/**
 * The worker side of services, for Node 20 or later: functions that clients call through Basalt, and that get
 * events; and readers of streams of events. Any number of workers share them.
 *
 *     import { service } from "@basalt-dev/worker";
 *     await service("billing")
 *       .handle("charge", async ({ account, amount }, call) => ({ paid: amount }))
 *       .consume("orders", async ({ doc }, event) => { … })
 *       .listen("nats://127.0.0.1:4222"); // or redis://…; or .handler(secret) for an HTTP server
 *
 * Where the package @opentelemetry/api is installed and set up, each of them is a span of its caller's trace.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connectNATS } from "./nats.js";
import { connectRedis } from "./redis.js";
import { traced } from "./trace.js";
import type { Entry, Stop, Transport } from "./transport.js";

/** A call as a function sees it. */
export interface Call {
  /** Different for every call, and the same where one is tried again. */
  readonly id: string;
  /** The claims of the caller; null for an anonymous one, and for an event. */
  readonly auth: Record<string, unknown> | null;
  /** The Idempotency-Key of the caller, or the id of an event. A worker that has seen it has done the work already. */
  readonly key?: string;
  /** When the caller stops waiting for an answer. */
  readonly deadline: Date;
  /** Sends a piece of the result, before the function returns. */
  send(piece: unknown): void;
}

/** A function. What an async generator yields is sent in pieces. */
export type Handler<P = never, R = unknown> = (params: P, call: Call) => R | Promise<R> | AsyncIterable<unknown>;

/** An event of a stream. */
export interface StreamEvent {
  /** The same however often the event is delivered. A worker that has seen it has done the work already. */
  readonly id: string;
  /** What it is about, as in orders.created. */
  readonly type: string;
  /** When it has happened. */
  readonly timestamp: Date;
  /** 1 when the service gets it for the first time. */
  readonly attempt: number;
}

/** Handles an event of a stream. When it fails the event is delivered again, to any worker of the service. */
export type StreamHandler<D = never> = (data: D, event: StreamEvent) => void | Promise<void>;

/** The codes of errors that reach callers. */
export type FailureCode =
  | "invalid" | "unauthenticated" | "forbidden" | "not_found" | "conflict" | "precondition_failed" | "too_large"
  | "rate_limited" | "unavailable" | "timeout";

/** An error that reaches the caller. For any other, the caller gets only that the function failed. */
export class Failure extends Error {
  override readonly name = "Failure";

  constructor(
    readonly code: FailureCode,
    detail: string,
    /** What is wrong with which parameter. */
    readonly errors: { field: string; code: string; detail: string }[] = [],
  ) {
    super(detail);
  }
}

export interface ServiceOptions {
  /** How many calls are handled at once; 64 when left out. */
  concurrency?: number;
  /** Where failures are logged; console.error when left out. */
  log?: (message: string, error: unknown) => void;
}

/** Creates a service without functions. */
export function service(name: string, options: ServiceOptions = {}): Service {
  return new Service(name, options);
}

interface Message {
  id: string;
  service: string;
  function: string;
  params: object;
  auth: Record<string, unknown> | null;
  key?: string;
  deadline: string;
  trace?: string;
}

interface Appended {
  type: string;
  timestamp: string;
  data: unknown;
  trace?: string;
}

interface Answer {
  piece?: unknown;
  result?: unknown;
  error?: { code: string; detail: string; errors?: unknown[] };
  done?: boolean;
}

const statuses: Record<string, number> = {
  invalid: 422, unauthenticated: 401, forbidden: 403, not_found: 404, conflict: 409, precondition_failed: 412, too_large: 413,
  rate_limited: 429, unavailable: 503, timeout: 504,
};

/** How old, or how early, a signed call may be, in seconds. */
const tolerance = 300;

export class Service {
  private readonly functions = new Map<string, Handler<never>>();
  private readonly streams = new Map<string, StreamHandler>();

  constructor(private readonly name: string, private readonly options: ServiceOptions) {}

  /** Adds a function. */
  handle<P, R>(name: string, handler: Handler<P, R>): this {
    this.functions.set(name, handler as Handler<never>);
    return this;
  }

  /**
   * Adds a handler for the events of a stream, which events of the configuration with `stream` are appended to. The
   * workers of a service share them, beginning with those that are kept already. Only with listen.
   */
  consume<D>(stream: string, handler: StreamHandler<D>): this {
    this.streams.set(stream, handler as StreamHandler);
    return this;
  }

  /**
   * Answers calls, and reads streams, on the bus of a URL: nats://… needs the package @nats-io/transport-node, and
   * @nats-io/jetstream for streams; redis://… needs redis. What it resolves with stops the worker, after it has
   * finished what it has.
   */
  async listen(url: string): Promise<{ stop(): Promise<void> }> {
    const transport = await this.connect(url);
    const most = this.options.concurrency ?? 64;
    const stops: Stop[] = [];
    if (this.functions.size > 0) {
      stops.push(await transport.serve(`fn.${this.name}`, most, async (message, answer) => {
        await this.answer(JSON.parse(message) as Message, (a) => answer(JSON.stringify(a)));
      }));
    }
    for (const [stream, handler] of this.streams) {
      stops.push(await transport.consume(stream, this.name, most, (entry) => this.handleEvent(stream, entry, handler)));
    }
    return {
      stop: async () => {
        await Promise.all(stops.map((stop) => stop()));
        await transport.close();
      },
    };
  }

  private connect(url: string): Promise<Transport> {
    const log = (what: string, error: unknown) => this.fail(what, error);
    switch (new URL(url).protocol) {
      case "nats:": case "tls:": return connectNATS(url, this.name, log);
      case "redis:": case "rediss:": return connectRedis(url, log);
      default: throw new Error("a worker listens on nats://… or redis://…");
    }
  }

  private async handleEvent(stream: string, entry: Entry, handler: StreamHandler): Promise<void> {
    try {
      const e = JSON.parse(entry.message) as Appended;
      const event: StreamEvent = { id: entry.id, type: e.type, timestamp: new Date(e.timestamp), attempt: entry.attempt };
      await traced(`worker ${this.name} ${e.type}`, e.trace, async () => handler(e.data as never, event));
    } catch (error) {
      this.fail(`an event of the stream ${stream} was not handled; it comes again`, error);
      throw error;
    }
  }

  /** Answers calls over HTTP: a listener for http.createServer. Calls that are not signed with the secret are refused. */
  handler(secret: string): (request: IncomingMessage, response: ServerResponse) => void {
    return (request, response) => void this.serve(secret, request, response).catch((error: unknown) => {
      this.fail("answering a call", error);
      response.destroy();
    });
  }

  private async serve(secret: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString("utf8");
    const end = (status: number, type: string, text: string) => {
      response.writeHead(status, { "Content-Type": type });
      response.end(text);
    };
    if (!signed(secret, request, body)) return end(401, "text/plain", "the call is not signed with the secret of this service");
    await this.answer(JSON.parse(body) as Message, async (a) => {
      if ("piece" in a) {
        if (!response.headersSent) response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.write(`data: ${JSON.stringify(a.piece)}\n\n`);
      } else if (response.headersSent) {
        response.end(a.error ? `event: error\ndata: ${JSON.stringify(a.error)}\n\n` : "");
      } else if (a.error) {
        end(statuses[a.error.code] ?? 500, "application/problem+json", JSON.stringify(a.error));
      } else {
        end(200, "application/json", JSON.stringify(a.result ?? null));
      }
    });
  }

  private fail(what: string, error: unknown): void {
    (this.options.log ?? console.error)(`${this.name}: ${what}`, error);
  }

  private async answer(m: Message, send: (a: Answer) => Promise<void>): Promise<void> {
    const report = (error: unknown) => this.fail("a piece of an answer has no receiver", error);
    const call: Call = { id: m.id, auth: m.auth, key: m.key, deadline: new Date(m.deadline), send: (piece) => void send({ piece }).catch(report) };
    let last: Answer;
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

  private async run(m: Message, call: Call, send: (a: Answer) => Promise<void>): Promise<Answer> {
    const handler = this.functions.get(m.function);
    if (!handler) throw new Failure("not_found", `this worker has no function ${m.function}`);
    const result = handler(m.params as never, call);
    if (!isIterable(result)) return { result: (await result) ?? null, done: true };
    for await (const piece of result) await send({ piece });
    return { done: true };
  }
}

function isIterable(v: unknown): v is AsyncIterable<unknown> {
  return typeof v === "object" && v !== null && Symbol.asyncIterator in v;
}

/** Whether a request is signed as Standard Webhooks says, and from now. */
function signed(secret: string, request: IncomingMessage, body: string): boolean {
  const at = String(request.headers["webhook-timestamp"] ?? "");
  if (!(Math.abs(Date.now() / 1000 - Number(at)) <= tolerance)) return false;
  const want = Buffer.from(`v1,${createHmac("sha256", secret).update(`${String(request.headers["webhook-id"])}.${at}.${body}`).digest("base64")}`);
  return String(request.headers["webhook-signature"] ?? "").split(" ").some((s) => {
    const got = Buffer.from(s);
    return got.length === want.length && timingSafeEqual(got, want);
  });
}
