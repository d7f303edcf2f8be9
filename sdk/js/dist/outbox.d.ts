import { BasaltError, type Answer, type Http } from "./http.js";
import { type Fields, type Mutation } from "./local.js";
import type { Sessions } from "./session.js";
import type { Signal } from "./platform.js";
/** Keeps the writes that wait, between visits. */
export interface OutboxStore {
    load(): Promise<Mutation[]>;
    put(m: Mutation): Promise<void>;
    remove(id: string): Promise<void>;
}
export interface OptimisticOptions {
    /** Keeps writes that cannot be sent and sends them later; false refuses them when the server cannot be reached. */
    offline: boolean;
    /** Where they are kept between visits: IndexedDB where there is one, unless this says otherwise; null keeps them in memory. */
    store?: OutboxStore | null;
}
/** A write that was refused after it had been shown. */
export interface Refusal {
    mutation: Mutation;
    error: BasaltError;
}
/**
 * Writes that are shown at once and sent one after the other. A write belongs to the user who made it: while
 * another user is signed in it waits, is not sent, and is not shown.
 */
export declare class Outbox {
    private readonly http;
    private readonly options;
    private readonly entries;
    private readonly listeners;
    private readonly refusals;
    private sending;
    private attempts;
    private timer;
    private next;
    private readonly loaded;
    private readonly store;
    /** Who is signed in; undefined while that is not known. */
    private user;
    constructor(http: Http, auth: Sessions, options: OptimisticOptions, name: string);
    /** The writes of who is signed in. */
    private get mine();
    /** Whether a write is that of who is signed in. */
    isMine(mutation: Mutation): boolean;
    /** How many writes of who is signed in the server has not confirmed. */
    get pending(): number;
    /** Calls back when a write that was shown is refused, and what was shown of it is gone. Returns the end of it. */
    onRefused(listener: (r: Refusal) => void): () => void;
    /** Calls back when what is shown of a collection changes. */
    onChange(listener: (collection: string) => void): () => void;
    /** Shows a write, sends it, and resolves when the server has confirmed it. */
    run(mutation: Omit<Mutation, "id">, signal?: Signal): Promise<Answer>;
    /** The documents that writes touch, as they would be: by key, undefined for one that is deleted. */
    overlay(collection: string, doc: (key: string) => Fields | undefined): Map<string, Fields | undefined>;
    /** Whether a key has writes that the server has not confirmed. */
    isPending(collection: string, key: string): boolean;
    /** A live query has received a key: what was confirmed of it is no longer needed. */
    received(collection: string, key: string): void;
    private load;
    /** Another user is signed in: their writes are shown and sent. */
    private changed;
    private now;
    private send;
    /** Sends a write. False means that it has to wait. */
    private sendOne;
    /** Whether a write that has failed is sent again: unless the server has refused it. */
    private waits;
    /** What a write has made that was sent before, without an answer, where a refusal says that it has. */
    private isMade;
    /** Sends what waits after a while that grows. */
    private later;
    private refuse;
    private put;
    private confirm;
    private drop;
    private tell;
}
/** Sends a write to the server, as the user who made it. */
export declare function sendWrite(http: Http, m: Omit<Mutation, "id">, options?: {
    retries?: number;
    signal?: Signal;
}): Promise<Answer>;
/** A store in IndexedDB, null where there is none. */
export declare function indexedStore(name?: string): OutboxStore | null;
/** A new id, whose order is that of time: a UUID of version 7. */
export declare function newID(): string;
