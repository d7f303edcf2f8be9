import type { IncomingMessage, ServerResponse } from "node:http";
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
export type FailureCode = "invalid" | "unauthenticated" | "forbidden" | "not_found" | "conflict" | "precondition_failed" | "too_large" | "rate_limited" | "unavailable" | "timeout";
/** An error that reaches the caller. For any other, the caller gets only that the function failed. */
export declare class Failure extends Error {
    readonly code: FailureCode;
    /** What is wrong with which parameter. */
    readonly errors: {
        field: string;
        code: string;
        detail: string;
    }[];
    readonly name = "Failure";
    constructor(code: FailureCode, detail: string, 
    /** What is wrong with which parameter. */
    errors?: {
        field: string;
        code: string;
        detail: string;
    }[]);
}
export interface ServiceOptions {
    /** How many calls are handled at once; 64 when left out. */
    concurrency?: number;
    /** Where failures are logged; console.error when left out. */
    log?: (message: string, error: unknown) => void;
}
/** Creates a service without functions. */
export declare function service(name: string, options?: ServiceOptions): Service;
export declare class Service {
    private readonly name;
    private readonly options;
    private readonly functions;
    private readonly streams;
    constructor(name: string, options: ServiceOptions);
    /** Adds a function. */
    handle<P, R>(name: string, handler: Handler<P, R>): this;
    /**
     * Adds a handler for the events of a stream, which events of the configuration with `stream` are appended to. The
     * workers of a service share them, beginning with those that are kept already. Only with listen.
     */
    consume<D>(stream: string, handler: StreamHandler<D>): this;
    /**
     * Answers calls, and reads streams, on the bus of a URL: nats://… needs the package @nats-io/transport-node, and
     * @nats-io/jetstream for streams; redis://… needs redis. What it resolves with stops the worker, after it has
     * finished what it has.
     */
    listen(url: string): Promise<{
        stop(): Promise<void>;
    }>;
    private connect;
    private handleEvent;
    /** Answers calls over HTTP: a listener for http.createServer. Calls that are not signed with the secret are refused. */
    handler(secret: string): (request: IncomingMessage, response: ServerResponse) => void;
    private serve;
    private fail;
    private answer;
    private run;
}
