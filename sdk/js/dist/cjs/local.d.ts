/** What the server would do with a write, done here, so that it can be shown before the server has answered. */
import type { FileBytes } from "./platform.js";
export type Fields = {
    [name: string]: unknown;
};
/** A write that the server has not confirmed. */
export interface Mutation {
    id: string;
    op: "create" | "update" | "replace" | "delete" | "upload";
    collection: string;
    key: string;
    /** The document, the patch, or the fields of a file. */
    body?: Fields;
    /** The bytes of an upload, what is said of them, and whether it was paused. */
    file?: FileBytes;
    about?: {
        name?: string;
        path?: string;
        type?: string;
    };
    paused?: boolean;
    ifMatch?: string;
    /** Names this write, so that it happens once however often it is sent. */
    once?: string;
    /** Whether it was sent, so that it may have happened. */
    sent?: boolean;
    /** Whose write it is: the server, and the user, null for an anonymous one. */
    server?: string;
    user?: string | null;
}
/** The value at a dotted path, null where there is none. */
export declare function at(doc: Fields, path: string): unknown;
/** The document after a write, undefined when there is none. */
export declare function apply(doc: Fields | undefined, m: Mutation): Fields | undefined;
/** Whether a document satisfies a filter, as far as that can be said here. */
export declare function matches(doc: Fields, where: Fields | undefined): boolean;
/** Orders documents by sort keys such as "-created". */
export declare function sorter(sort: string[]): (a: Fields, b: Fields) => number;
