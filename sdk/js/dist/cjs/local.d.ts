/** What the server would do with a write, done here, so that it can be shown before the server has answered. */
import type { FileBytes } from "./platform.js";
export type Fields = {
    [name: string]: unknown;
};
/** What a request does to one document, as it is shown: "assign" changes it, "upsert" makes it where it is not there. */
export interface Part {
    op: "create" | "assign" | "upsert" | "delete";
    key: string;
    body?: Fields;
}
/** A write of several documents, all or none, as it is sent. */
export interface Request {
    method: string;
    path: string;
    headers?: Record<string, string>;
    body?: unknown;
    /** What the server answers with: the documents in `items`, or in a list. */
    due: "items" | "rows";
}
/** A write that the server has not confirmed. */
export interface Mutation {
    id: string;
    op: "create" | "update" | "replace" | "delete" | "upload" | "request";
    collection: string;
    /** Empty for a request, which has `parts`. */
    key: string;
    parts?: Part[];
    request?: Request;
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
/** The member of a document, and not what every object of JavaScript has, such as constructor. */
export declare const own: (doc: Fields, name: string) => unknown;
/** The value at a dotted path, null where there is none. */
export declare function at(doc: Fields, path: string): unknown;
/** What a write does, document by document. */
export declare const partsOf: (m: Mutation) => readonly (Mutation | Part)[];
/** Whether a write touches a document. */
export declare const touches: (m: Mutation, collection: string, key: string) => boolean;
/** The document after a write, undefined when there is none. */
export declare function apply(doc: Fields | undefined, m: Mutation | Part): Fields | undefined;
/** Whether a document satisfies a filter, as far as that can be said here. */
export declare function matches(doc: Fields, where: Fields | undefined): boolean;
/** Orders documents by sort keys such as "-created". */
export declare function sorter(sort: string[]): (a: Fields, b: Fields) => number;
