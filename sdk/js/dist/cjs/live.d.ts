import { BasaltError } from "./http.js";
import type { Dates } from "./dates.js";
import { type Fields } from "./local.js";
import type { Outbox } from "./outbox.js";
import type { Realtime } from "./realtime.js";
/** What has become of one document since the snapshot before. */
export interface DocChange<D> {
    type: "added" | "modified" | "removed";
    key: string;
    doc: D;
    /** Its place before, -1 when it is added; and its place now, -1 when it is removed. */
    oldIndex: number;
    newIndex: number;
}
/** What a live query shows at a moment. */
export interface Snapshot<D> {
    docs: D[];
    /** The ids, in the order of docs. */
    keys: string[];
    /** The number of documents over all pages, when withCount was called. */
    total?: number;
    /** Whether something in it waits for the server to confirm it. */
    hasPendingWrites: boolean;
    /** Whether the connection is there. Without it, this is what was known last. */
    connected: boolean;
    /** What has changed since the snapshot before. */
    docChanges(): DocChange<D>[];
}
/** What a live query asks for. */
export interface Ask {
    collection: string;
    query?: Fields & {
        where?: Fields;
        filter?: string;
        sort?: string[];
        limit?: number;
        after?: string;
        select?: string[];
        expand?: string[];
    };
    aggregate?: Fields;
    key?: string;
}
/** What a live query goes through. */
export interface Through {
    realtime: Realtime;
    outbox?: Outbox;
    dates?: Dates;
}
/** Keeps a live query and calls back with each state of it. Returns a function that ends it. */
export declare function listen<D>({ realtime, outbox, dates }: Through, ask: Ask, next: (s: Snapshot<D>) => void, failed: (e: BasaltError) => void): () => void;
/** Turns callbacks into an async iterable. Of states that were not taken yet, the newest is kept. */
export declare function iterate<S>(begin: (next: (s: S) => void, failed: (e: BasaltError) => void) => () => void): AsyncGenerator<S>;
