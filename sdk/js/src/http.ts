/** What kind of error it is. The first ones are the server's; "network" and "aborted" are made here. */
export type ErrorCode =
  | "invalid_json" | "invalid" | "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conflict"
  | "precondition_failed" | "too_large" | "rate_limited" | "internal" | "unavailable" | "timeout" | "network";

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
}

/** Gives the token of a call. */
export interface Authorizer {
  token(): Promise<string | undefined>;
  /** Called when a token was refused. Returns the one to try instead, if there is one. */
  refused(token: string): Promise<string | undefined>;
}

export class Http {
  authorizer?: Authorizer;
  private readonly base: string;

  constructor(url: string, private readonly fetcher: typeof fetch, private readonly timeout: number) {
    this.base = url.replace(/\/+$/, "");
  }

  /** The whole address of a path. */
  address(path: string): URL {
    return new URL(this.base + path);
  }

  async call(path: string, call: Call = {}): Promise<Answer> {
    const token = call.anonymous ? undefined : await this.authorizer?.token();
    let response = await this.send(path, call, token);
    if (response.status === 401 && token) {
      const other = await this.authorizer?.refused(token);
      if (other) response = await this.send(path, call, other);
    }
    const text = await response.text().catch((cause) => {
      throw new BasaltError("network", "the answer was cut off", response.status, [], undefined, undefined, { cause });
    });
    const body = text === "" ? undefined : parse(text);
    if (response.ok) return { status: response.status, body, headers: response.headers };
    throw problem(response, body);
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
