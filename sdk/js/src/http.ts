/** What kind of error it is. The first ones are the server's; "network" and "aborted" are made here. */
export type ErrorCode =
  | "invalid_json" | "invalid" | "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conflict"
  | "precondition_failed" | "too_large" | "unsupported_media_type" | "rate_limited" | "internal" | "unavailable" | "timeout" | "network";

/** One mistake in one field. */
export interface FieldError {
  field: string;
  code: string;
  detail: string;
}

/** Every error that a call of this client ends with. */
export class BasaltError extends Error {
  override readonly name = "BasaltError";

  constructor(
    /** What kind of error it is; branch on this. */
    readonly code: ErrorCode,
    message: string,
    /** The HTTP status, 0 when there was no answer. */
    readonly status = 0,
    /** What is wrong with which field. */
    readonly errors: FieldError[] = [],
    /** Seconds to wait before trying again, when the server said so. */
    readonly retryAfter?: number,
    /** What to look for in the server's log. */
    readonly requestId?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface Answer {
  status: number;
  body: unknown;
  headers: Headers;
}

export interface Call {
  method?: string;
  body?: unknown;
  query?: Record<string, string | undefined>;
  headers?: Record<string, string>;
  /** Send no token, and do not refresh one: for the calls that get tokens. */
  anonymous?: boolean;
  /** The Idempotency-Key of a write; one is made where this is left out. */
  key?: string;
  /** How often to try again, where that is left to others. */
  retries?: number;
}

/** What nothing is changed by, although it is a POST. */
const asks = /^\/v1\/db\/[^/]+\/(query|aggregate)$/;
/** What is kept with its key, so that it can be sent again. */
const keeps = /^\/v1\/(db|batch|channels|fn|events)(\/|$)/;

/** How long what was written is asked for, in milliseconds: longer than a cache may show something older. */
const seenTime = 600_000;

/** A random text that nobody guesses. (crypto.randomUUID is there on secure pages only.) */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Gives the token of a call. */
export interface Authorizer {
  token(): Promise<string | undefined>;
  /** Called when a token was refused. Returns the one to try instead, if there is one. */
  refused(token: string): Promise<string | undefined>;
}

export class Http {
  authorizer?: Authorizer;
  private readonly base: string;
  /** From which version of a collection on this client has seen it, and until when that matters. */
  private readonly seen = new Map<string, { version: number; until: number }>();

  constructor(url: string, private readonly fetcher: typeof fetch, private readonly timeout: number, private readonly retries = 2) {
    this.base = url.replace(/\/+$/, "");
  }

  /** The whole address of a path. */
  address(path: string): URL {
    return new URL(this.base + path);
  }

  /** Sends a call, and again when it could not be answered and nothing can happen twice by that. */
  async call(path: string, call: Call = {}): Promise<Answer> {
    const reads = (call.method ?? "GET") === "GET" || asks.test(path);
    const key = reads || !keeps.test(path) ? undefined : (call.key ?? randomKey());
    const tries = reads || key ? (call.retries ?? this.retries) : 0;
    for (let n = 0; ; n++) {
      try {
        return await this.once(path, key ? { ...call, headers: { ...call.headers, "Idempotency-Key": key } } : call, reads);
      } catch (e) {
        const passing = e instanceof BasaltError &&
          (e.code === "network" || e.code === "unavailable" || (e.code === "conflict" && e.retryAfter !== undefined));
        if (!passing || n >= tries) throw e;
        await sleep(Math.min(5_000, (e.retryAfter ?? 0) * 1000) || (150 * 3 ** n) * (0.5 + Math.random()));
      }
    }
  }

  /** Sends a call and returns the answer as it comes, for one that comes in pieces. */
  async open(path: string, call: Call): Promise<Response> {
    const response = await this.authorized(path, call);
    if (!response.ok) throw problem(response, parse(await response.text().catch(() => "")));
    return response;
  }

  private async once(path: string, call: Call, reads: boolean): Promise<Answer> {
    if (reads) call = { ...call, headers: { ...call.headers, ...this.seenHeader() } };
    const response = await this.authorized(path, call);
    this.note(response.headers.get("X-Basalt-Seen"));
    const text = await response.text().catch((cause) => {
      throw new BasaltError("network", "the answer was cut off", response.status, [], undefined, undefined, { cause });
    });
    const body = text === "" ? undefined : parse(text);
    if (response.ok) return { status: response.status, body, headers: response.headers };
    throw problem(response, body);
  }

  /** Sends a call with the token of who is signed in, and with another one when that is refused. */
  private async authorized(path: string, call: Call): Promise<Response> {
    const token = call.anonymous ? undefined : await this.authorizer?.token();
    let response = await this.send(path, call, token);
    if (response.status === 401 && token) {
      const other = await this.authorizer?.refused(token);
      if (other) response = await this.send(path, call, other);
    }
    return response;
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

  private async send(path: string, call: Call, token: string | undefined): Promise<Response> {
    const url = this.address(path);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const headers: Record<string, string> = { ...call.headers };
    if (token) headers["Authorization"] = `Bearer ${token}`;
    if (call.body !== undefined) headers["Content-Type"] = "application/json";
    const fetcher = this.fetcher; // called without `this`, as browsers demand
    try {
      return await fetcher(url, {
        method: call.method ?? "GET",
        headers,
        body: call.body === undefined ? undefined : JSON.stringify(call.body),
        signal: AbortSignal.timeout(this.timeout),
      });
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === "TimeoutError") {
        throw new BasaltError("timeout", `no answer within ${this.timeout} ms`, 0, [], undefined, undefined, { cause });
      }
      throw new BasaltError("network", "the server can not be reached", 0, [], undefined, undefined, { cause });
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problem(response: Response, body: unknown): BasaltError {
  const p = (body ?? {}) as { code?: ErrorCode; detail?: string; errors?: FieldError[] };
  const after = Number(response.headers.get("Retry-After"));
  const code = p.code ?? (response.status >= 500 ? "unavailable" : "invalid"); // a proxy's error has no code
  return new BasaltError(
    code, p.detail ?? `the server answered ${response.status}`, response.status, p.errors ?? [],
    after > 0 ? after : undefined, response.headers.get("X-Request-Id") ?? undefined,
  );
}
