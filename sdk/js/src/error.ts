import type { Reply } from "./platform.js";
/** What kind of error it is. The first ones are the server's; "network" and "aborted" are made here. */
export type ErrorCode =
  | "invalid_json" | "invalid" | "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conflict"
  | "precondition_failed" | "too_large" | "unsupported_media_type" | "rate_limited" | "internal" | "unavailable" | "timeout"
  | "range_not_satisfiable" | "locked" | "checksum_mismatch" | "network" | "aborted";

/** One mistake in one field. */
export interface FieldError {
  field: string;
  code: string;
  detail: string;
  /** Where in the text of a filter the mistake begins, in characters from 1. */
  column?: number;
  /** How many characters are wrong; none where the text ends too early. */
  length?: number;
}

/** Every error that a call of this client ends with. */
export class BasaltError extends Error {
  override readonly name = "BasaltError";
  /**
   * Whether the server itself has answered. What a proxy, a captive portal or the network answers is no answer to the
   * call: a write may still happen when it is sent again.
   */
  fromServer = false;

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

/** The code of an answer that has none, because it is that of a proxy: as in the README's table. */
const byStatus: { [status: number]: ErrorCode } = {
  401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 408: "timeout", 409: "conflict",
  412: "precondition_failed", 413: "too_large", 414: "too_large", 415: "unsupported_media_type", 429: "rate_limited", 431: "too_large", 504: "timeout",
};

const known = new Set<unknown>([
  ...Object.values(byStatus), "invalid_json", "invalid", "internal", "unavailable",
] satisfies ErrorCode[]);

/** An error of /rest/v1, in the form of PostgREST. */
interface RestProblem {
  code: string;
  message: string;
  details: string | null;
  hint: string | null;
}

const isRest = (p: object): p is RestProblem =>
  "code" in p && typeof p.code === "string" && "message" in p && typeof p.message === "string" && "details" in p && "hint" in p;

/** The error in an answer. */
export function problem(response: Reply, body: unknown): BasaltError {
  const { status, headers } = response;
  const p = (typeof body === "object" && body !== null ? body : {}) as { code?: ErrorCode; detail?: string; errors?: FieldError[] } & Partial<RestProblem>;
  if (isRest(p)) {
    const error = new BasaltError(byStatus[status] ?? (status < 500 ? "invalid" : status === 503 ? "unavailable" : "internal"), p.message + (p.details ? `: ${p.details}` : ""), status, [], seconds(headers.get("Retry-After")), headers.get("X-Request-Id") ?? undefined);
    error.fromServer = true;
    return error;
  }
  const fromServer = known.has(p.code) || (typeof p.code === "string" && headers.get("Content-Type")?.startsWith("application/problem+json") === true);
  const code = fromServer ? p.code! : (byStatus[status] ?? (status >= 400 && status < 500 && status !== 425 ? "invalid" : "unavailable"));
  const errors = (fromServer && p.errors) || [];
  const error = new BasaltError(
    code, ((fromServer && p.detail) || `the server answered ${status}`) + reason(errors), status, errors,
    seconds(headers.get("Retry-After")), headers.get("X-Request-Id") ?? undefined,
  );
  error.fromServer = fromServer;
  return error;
}

/** The first of what is wrong, for a message that is shown to people. */
function reason([first, ...others]: FieldError[]): string {
  if (!first) return "";
  return `: ${first.field ? `${first.field}: ` : ""}${first.detail}${others.length > 0 ? ` (and ${others.length} more)` : ""}`;
}

/** A Retry-After in seconds, which may be a date. */
function seconds(header: string | null): number | undefined {
  if (!header) return undefined;
  const after = /^\s*\d+\s*$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return after > 0 ? after : undefined;
}

/** Whether an error may be gone when the same is sent once more. */
export function passes(e: BasaltError): boolean {
  return e.code === "network" || e.code === "unavailable" || (e.code === "timeout" && e.status === 504 && !e.fromServer) ||
    (e.code === "conflict" && e.retryAfter !== undefined);
}
