import { Auth } from "./auth.js";
import type { TokenStorage } from "./storage.js";
import { Channel } from "./channel.js";
import { type Times } from "./dates.js";
import { Database } from "./db.js";
import { Functions } from "./functions.js";
import type { TokenSource } from "./given.js";
import { Outbox, type OptimisticOptions } from "./outbox.js";
import { type SocketConstructor } from "./realtime.js";
import type { Fetch } from "./platform.js";
export interface ClientOptions {
    /**
     * Names this client where a page has several of one server, such as one for each of two accounts. What is kept in the
     * browser is kept by server and name.
     */
    name?: string;
    /** Where the session is kept. The default is localStorage in a browser and memory elsewhere. */
    storage?: TokenStorage;
    /**
     * Where the tokens come from, instead of signing in here: `auth.user` is who they name, as far as they say it, and
     * signing in and out is done where they are from.
     */
    tokens?: TokenSource;
    /** The fetch to use. The default is the global one. */
    fetch?: Fetch;
    /** Milliseconds without an answer, or a piece of one, after which a call is given up; 15000 when left out. */
    timeout?: number;
    /**
     * How often a call is sent again that could not be answered, 2 when left out. Writes have an Idempotency-Key, so
     * that they happen once all the same.
     */
    retries?: number;
    /**
     * Shows writes of single documents in live queries before the server has confirmed them, and takes them back when it
     * refuses. With { offline: true } they are kept while the server cannot be reached, and sent later, even after the
     * page was closed: in IndexedDB. So are new files.
     */
    optimistic?: boolean | OptimisticOptions;
    /**
     * Reads times as Dates, which are exact to the millisecond. With the `dates` that `basalt gen types` writes, those are
     * the fields of type time; with true, all that is written like a time, a string of a user too.
     */
    dates?: boolean | Times;
    /** The WebSocket to use. The default is the global one; Node before 22 has none, there it is that of the package ws. */
    WebSocket?: SocketConstructor;
}
/** A client. S has the types of its collections, D says whether times are read as Dates. */
export interface Client<S = {}, D extends boolean = false> {
    auth: Auth;
    db: Database<S, D>;
    /** The writes that wait for the server, where `optimistic` is on. */
    outbox?: Outbox;
    /** The functions of services, and events. */
    functions: Functions;
    /** A channel between clients. T is the type of its messages, S that of a member's state. */
    channel<T = unknown, S = unknown>(name: string): Channel<T, S>;
}
/**
 * Makes a client of the server at a URL, such as "https://api.example.com" or location.origin. With the types that
 * `basalt gen types` writes, createClient<Collections>(url), the names of collections and fields and the types of values
 * are checked.
 */
export declare function createClient<S = {}>(url: string, options: ClientOptions & {
    dates: true | Times;
}): Client<S, true>;
export declare function createClient<S = {}>(url: string, options?: ClientOptions): Client<S>;
