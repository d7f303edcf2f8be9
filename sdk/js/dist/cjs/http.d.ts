import { type Due } from "./answer.js";
import { Deadline } from "./deadline.js";
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
/** A random string that cannot be guessed. (crypto.randomUUID is there on secure pages only.) */
export declare function randomKey(): string;
/** Gives the token of a call. */
export interface Authorizer {
    /** The id of the user who is signed in, null for none, as soon as that is known. */
    caller(): Promise<string | null>;
    /** The token of a caller. It fails when that is not who is signed in any more. */
    token(caller?: string | null, reads?: boolean): Promise<string | undefined>;
    /** Called when a token was refused. Returns the one to try instead, if there is one. */
    refused(token: string, caller?: string | null): Promise<string | undefined>;
}
export declare class Http {
    private readonly fetcher;
    private readonly timeout;
    private readonly retries;
    authorizer?: Authorizer;
    /** The server, as everything that is kept is named by: its origin, and the path that it is below. */
    readonly server: string;
    /** From which version of a collection on this client has seen it, and until when that matters. */
    private readonly seen;
    constructor(url: string, fetcher: Fetch, timeout: number, retries?: number);
    /** The whole address of a path. */
    address(path: string): Address;
    /** Sends a call, and again when it could not be answered and nothing can happen twice by that. */
    call(path: string, call?: Call): Promise<Answer>;
    /** Sends a call for an answer that comes in pieces. The deadline is to be stopped at its end. */
    open(path: string, call: Call): Promise<{
        response: Reply;
        deadline: Deadline;
    }>;
    /**
     * Notes whose call it is. It is sent as them or not at all, however long it waits for a token or tries again: who
     * signs in meanwhile has not made it.
     */
    private mine;
    private once;
    /** Sends a call with the token of whose it is, and with another one when that is refused. */
    private authorized;
    /** Notes from which versions on a write is seen. */
    private note;
    private seenHeader;
    private send;
}
