import { parse, read, type Due } from "./answer.js";
import { aborted, Deadline, unlessAborted } from "./deadline.js";
import { BasaltError, passes, problem } from "./error.js";
import type { Address, Fetch, FileBytes, HeaderMap, Reply, Signal } from "./platform.js";

export { BasaltError, type ErrorCode, type FieldError } from "./error.js";

export interface Answer {
  status: number;
  body: unknown;
  headers: HeaderMap;
}

/** What any call can be given. */
export interface CallOptions {
  /** Gives the call up: it ends with the code "aborted". A write may have happened all the same. */
  signal?: Signal;
}

export interface Call extends CallOptions {
  method?: string;
  body?: unknown;
  /** A body that is sent as it is, with the Content-Type in `headers`, and how many milliseconds it may take besides. */
  raw?: FileBytes;
  patience?: number;
  query?: Record<string, string | undefined>;
  headers?: Record<string, string>;
  /** What is answered when it is no error; an object when this is left out. */
  due?: Due;
  /** Send no token, and do not refresh one: for the calls that get tokens. */
  anonymous?: boolean;
  /** The user whose call it is, null for an anonymous one; the user who is signed in now when this is left out. */
  as?: string | null;
  /** The Idempotency-Key of a write; one is made where this is left out. */
  key?: string;
  /** A write that keeps nothing: it can be sent again without a key, and is refused with one. */
  dry?: boolean;
  /** How often to try again, where that is left to others. */
  retries?: number;
}

/** What nothing is changed by, although it is a POST. */
const asks = /^\/v1\/db\/[^/]+\/(query|aggregate)$/;
/** What is kept with its key, so that it can be sent again. */
const keeps = /^\/(v1\/(db|batch|channels|fn|events)|rest\/v1)(\/|$)/;

/** How long what was written is asked for, in milliseconds: longer than a cache may show something older. */
const seenTime = 600_000;

/** A random string that cannot be guessed. (crypto.randomUUID is there on secure pages only.) */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Gives the token of a call. */
export interface Authorizer {
  /** The id of the user who is signed in, null for none, as soon as that is known. */
  caller(): Promise<string | null>;
  /** The token of a caller. It fails when that is not who is signed in any more. */
  token(caller?: string | null, reads?: boolean): Promise<string | undefined>;
  /** Called when a token was refused. Returns the one to try instead, if there is one. */
  refused(token: string, caller?: string | null): Promise<string | undefined>;
}

export class Http {
  authorizer?: Authorizer;
  /** The server, as everything that is kept is named by: its origin, and the path that it is below. */
  readonly server: string;
  /** From which version of a collection on this client has seen it, and until when that matters. */
  private readonly seen = new Map<string, { version: number; until: number }>();

  constructor(url: string, private readonly fetcher: Fetch, private readonly timeout: number, private readonly retries = 2) {
    const { origin, pathname } = new URL(url, globalThis.location?.href);
    this.server = origin + pathname.replace(/\/+$/, "");
  }

  /** The whole address of a path. */
  address(path: string): Address {
    return new URL(this.server + path);
  }

  /** Sends a call, and again when it could not be answered and nothing can happen twice by that. */
  async call(path: string, call: Call = {}): Promise<Answer> {
    call = await this.mine(call);
    const reads = (call.method ?? "GET") === "GET" || asks.test(path);
    const key = reads || call.dry || !keeps.test(path) ? undefined : (call.key ?? randomKey());
    const tries = reads || key || call.dry ? (call.retries ?? this.retries) : 0;
    for (let n = 0; ; n++) {
      try {
        return await this.once(path, key ? { ...call, headers: { ...call.headers, "Idempotency-Key": key } } : call, reads);
      } catch (e) {
        if (!(e instanceof BasaltError) || !passes(e) || n >= tries) throw e;
        const wait = Math.min(5_000, (e.retryAfter ?? 0) * 1000) || (150 * 3 ** n) * (0.5 + Math.random());
        await unlessAborted(call.signal, sleep(wait));
      }
    }
  }

  /** Sends a call for an answer that comes in pieces. The deadline is to be stopped at its end. */
  async open(path: string, call: Call): Promise<{ response: Reply; deadline: Deadline }> {
    const { response, deadline } = await this.authorized(path, await this.mine(call), false);
    if (response.ok) return { response, deadline };
    try {
      throw problem(response, parse(await deadline.wait(response.text(), "the answer was cut off", response.status)));
    } finally {
      deadline.stop();
    }
  }

  /**
   * Notes whose call it is. It is sent as them or not at all, however long it waits for a token or tries again: who
   * signs in meanwhile has not made it.
   */
  private async mine(call: Call): Promise<Call> {
    if (call.signal?.aborted) throw aborted(call.signal);
    if (call.anonymous || call.as !== undefined || !this.authorizer) return call;
    return { ...call, as: await unlessAborted(call.signal, this.authorizer.caller()) };
  }

  private async once(path: string, call: Call, reads: boolean): Promise<Answer> {
    if (reads) call = { ...call, headers: { ...call.headers, ...this.seenHeader() } };
    const { response, deadline } = await this.authorized(path, call, reads);
    try {
      this.note(response.headers.get("X-Basalt-Seen"));
      const text = await deadline.wait(response.text(), "the answer was cut off", response.status);
      if (!response.ok) throw problem(response, parse(text));
      return { status: response.status, body: read(response, text, call.due ?? "object"), headers: response.headers };
    } finally {
      deadline.stop();
    }
  }

  /** Sends a call with the token of whose it is, and with another one when that is refused. */
  private async authorized(path: string, call: Call, reads: boolean): Promise<{ response: Reply; deadline: Deadline }> {
    const { authorizer } = this;
    if (call.anonymous || !authorizer) return this.send(path, call, undefined);
    const token = await unlessAborted(call.signal, authorizer.token(call.as, reads));
    const sent = await this.send(path, call, token);
    if (sent.response.status !== 401 || !token) return sent;
    const other = await unlessAborted(call.signal, authorizer.refused(token, call.as)).catch((e) => {
      sent.deadline.stop();
      throw e;
    });
    if (!other) return sent;
    sent.deadline.stop();
    return this.send(path, call, other);
  }

  /** Notes from which versions on a write is seen. */
  private note(header: string | null): void {
    for (const part of header?.split(",") ?? []) {
      const [name, version] = part.split("=");
      if (name && Number(version) > (this.seen.get(name)?.version ?? 0)) {
        this.seen.set(name, { version: Number(version), until: Date.now() + seenTime });
      }
    }
  }

  private seenHeader(): Record<string, string> {
    const now = Date.now();
    const parts: string[] = [];
    for (const [name, { version, until }] of this.seen) {
      if (until < now) this.seen.delete(name);
      else parts.push(`${name}=${version}`);
    }
    return parts.length > 0 ? { "X-Basalt-Seen": parts.join(",") } : {};
  }

  private async send(path: string, call: Call, token: string | undefined): Promise<{ response: Reply; deadline: Deadline }> {
    const url = this.address(path);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const headers: Record<string, string> = { ...call.headers };
    if (token) headers["Authorization"] = `Bearer ${token}`;
    if (call.body !== undefined) headers["Content-Type"] = "application/json";
    const body = call.raw ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
    const deadline = new Deadline(this.timeout + (call.patience ?? 0), call.signal);
    const fetcher = this.fetcher; // called without `this`, as browsers demand
    try {
      const asked = (async () => fetcher(url, { method: call.method ?? "GET", headers, body, signal: deadline.signal }))();
      const response = await deadline.wait(asked, "the server cannot be reached");
      deadline.restart();
      return { response, deadline };
    } catch (error) {
      deadline.stop();
      throw error;
    }
  }
}
