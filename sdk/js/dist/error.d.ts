import type { Reply } from "./platform.js";
/** What kind of error it is. The first ones are the server's; "network" and "aborted" are made here. */
export type ErrorCode = "invalid_json" | "invalid" | "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "precondition_failed" | "too_large" | "unsupported_media_type" | "rate_limited" | "internal" | "unavailable" | "timeout" | "range_not_satisfiable" | "locked" | "checksum_mismatch" | "network" | "aborted";
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
    /**
     * Whether the server itself has answered. What a proxy, a captive portal or the network answers is no answer to the
     * call: a write may still happen when it is sent again.
     */
    fromServer: boolean;
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
/** The error in an answer. */
export declare function problem(response: Reply, body: unknown): BasaltError;
/** Whether an error may be gone when the same is sent once more. */
export declare function passes(e: BasaltError): boolean;
