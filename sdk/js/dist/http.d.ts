/** What kind of error it is. The first ones are the server's; "network" and "aborted" are made here. */
export type ErrorCode = "invalid_json" | "invalid" | "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "precondition_failed" | "too_large" | "unsupported_media_type" | "rate_limited" | "internal" | "unavailable" | "timeout" | "network";
/** One mistake in one field. */
export interface FieldError {
    field: string;
    code: string;
    detail: string;
}
/** Every error that a call of this client ends with. */
export declare class BasaltError extends Error {
    /** What kind of error it is; branch on this. */
    readonly code: ErrorCode;
    /** The HTTP status, 0 when there was no answer. */
    readonly status: number;
    /** What is wrong with which field. */
    readonly errors: FieldError[];
    /** Seconds to wait before trying again, when the server said so. */
    readonly retryAfter?: number | undefined;
    /** What to look for in the server's log. */
    readonly requestId?: string | undefined;
    readonly name = "BasaltError";
    constructor(
    /** What kind of error it is; branch on this. */
    code: ErrorCode, message: string, 
    /** The HTTP status, 0 when there was no answer. */
    status?: number, 
    /** What is wrong with which field. */
    errors?: FieldError[], 
    /** Seconds to wait before trying again, when the server said so. */
    retryAfter?: number | undefined, 
    /** What to look for in the server's log. */
    requestId?: string | undefined, options?: ErrorOptions);
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
/** A random text that nobody guesses. (crypto.randomUUID is there on secure pages only.) */
export declare function randomKey(): string;
/** Gives the token of a call. */
export interface Authorizer {
    token(): Promise<string | undefined>;
    /** Called when a token was refused. Returns the one to try instead, if there is one. */
    refused(token: string): Promise<string | undefined>;
}
export declare class Http {
    private readonly fetcher;
    private readonly timeout;
    private readonly retries;
    authorizer?: Authorizer;
    private readonly base;
    /** From which version of a collection on this client has seen it, and until when that matters. */
    private readonly seen;
    constructor(url: string, fetcher: typeof fetch, timeout: number, retries?: number);
    /** The whole address of a path. */
    address(path: string): URL;
    /** Sends a call, and again when it could not be answered and nothing can happen twice by that. */
    call(path: string, call?: Call): Promise<Answer>;
    /** Sends a call and returns the answer as it comes, for one that comes in pieces. */
    open(path: string, call: Call): Promise<Response>;
    private once;
    /** Sends a call with the token of who is signed in, and with another one when that is refused. */
    private authorized;
    /** Notes from which versions on a write is seen. */
    private note;
    private seenHeader;
    private send;
}
