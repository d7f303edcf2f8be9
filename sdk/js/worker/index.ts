/**
 * The worker side of services, for Node 20 or later: functions that clients call through Basalt, and that events are
 * told to. Any number of workers share the calls.
 *
 *     import { service } from "@basalt-dev/worker";
 *     await service("billing")
 *       .handle("charge", async ({ account, amount }, call) => ({ paid: amount }))
 *       .listen("nats://127.0.0.1:4222"); // or .handler(secret) for an HTTP server
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** A call as a function sees it. */
export interface Call {
  /** Different for every call, and the same where one is tried again. */
  readonly id: string;
  /** The claims of the caller; null for an anonymous one, and for an event. */
  readonly auth: Record<string, unknown> | null;
  /** The Idempotency-Key of the caller, or the id of an event. Who has seen it has done the work already. */
  readonly key?: string;
  /** When nobody waits for an answer any more. */
  readonly deadline: Date;
  /** Sends a piece of the result, before the function returns. */
  send(piece: unknown): void;
}

/** A function. What an async generator yields is sent in pieces. */
export type Handler<P = never, R = unknown> = (params: P, call: Call) => R | Promise<R> | AsyncIterable<unknown>;

/** The codes of errors that callers are told. */
export type FailureCode =
  | "invalid" | "unauthenticated" | "forbidden" | "not_found" | "conflict" | "precondition_failed" | "too_large"
  | "rate_limited" | "unavailable" | "timeout";

/** An error that is told to the caller. Of any other the caller learns only that the function has failed. */
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

/** Makes a service without functions. */
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

  constructor(private readonly name: string, private readonly options: ServiceOptions) {}

  /** Adds a function. */
  handle<P, R>(name: string, handler: Handler<P, R>): this {
    this.functions.set(name, handler as Handler<never>);
    return this;
  }

  /**
   * Answers calls on the NATS servers of a URL. It needs the package @nats-io/transport-node. What it resolves with
   * stops the worker, after it has finished what it has.
   */
  async listen(url: string): Promise<{ stop(): Promise<void> }> {
    const { connect } = await import("@nats-io/transport-node");
    const { host, username, password } = new URL(url);
    const connection = await connect({ servers: host, user: username || undefined, pass: password || undefined, maxReconnectAttempts: -1, name: `basalt worker ${this.name}` });
    const subscription = connection.subscribe(`basalt.fn.${this.name}`, { queue: "basalt" });
    const running = new Set<Promise<void>>();
    const most = this.options.concurrency ?? 64;
    const loop = (async () => {
      for await (const m of subscription) {
        while (running.size >= most) await Promise.race(running);
        const one: Promise<void> = this.answer(m.json<Message>(), (a) => void m.respond(JSON.stringify(a))).finally(() => running.delete(one));
        running.add(one);
      }
    })();
    return {
      stop: async () => {
        await subscription.drain();
        await loop;
        await Promise.all(running);
        await connection.drain();
      },
    };
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
    await this.answer(JSON.parse(body) as Message, (a) => {
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

  private async answer(m: Message, send: (a: Answer) => void): Promise<void> {
    const handler = this.functions.get(m.function);
    const call: Call = { id: m.id, auth: m.auth, key: m.key, deadline: new Date(m.deadline), send: (piece) => send({ piece }) };
    try {
      if (!handler) throw new Failure("not_found", `this worker has no function ${m.function}`);
      const result = handler(m.params as never, call);
      if (isIterable(result)) {
        for await (const piece of result) call.send(piece);
        send({ done: true });
      } else {
        send({ result: (await result) ?? null, done: true });
      }
    } catch (error) {
      if (error instanceof Failure) {
        send({ error: { code: error.code, detail: error.message, errors: error.errors }, done: true });
        return;
      }
      this.fail(`the function ${m.function} has failed`, error);
      send({ error: { code: "internal", detail: "see the log of the worker" }, done: true });
    }
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
