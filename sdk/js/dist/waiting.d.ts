import type { Answer, BasaltError } from "./http.js";
import type { UploadOptions } from "./files.js";
import type { Fields, Mutation } from "./local.js";
import type { Controller, FileBytes } from "./platform.js";
/** A file that waits to be sent, or is on its way. */
export interface WaitingUpload {
    /** Names it to pause, resume and cancel. */
    id: string;
    collection: string;
    /** The id of its document, with which live queries show it already. */
    key: string;
    name?: string;
    fields: Fields;
    /** The bytes themselves, for a picture of them. */
    file: FileBytes;
    /** How many bytes of it the server has, as far as is known. */
    sent: number;
    paused: boolean;
    /** Why it could not be sent the last time; it is sent again. */
    error?: BasaltError;
}
/** A write that is shown. */
export interface Entry {
    mutation: Mutation;
    /** What the server has answered, shown until the live query brings it. */
    confirmed?: Fields | null;
    /** Of a request that the server has confirmed: the documents that no live query has brought. */
    left?: Set<string>;
    /** Whether the store has it. */
    kept?: boolean;
    /** Whether a pause is on its way into the store: until it is there, a reload would lose it, and it is not shown. */
    pausing?: boolean;
    /** How many changes of it are on their way into the store. */
    storing?: number;
    /** Ends when the store no longer has it. */
    removed?: Promise<void>;
    /** Of an upload. */
    sent?: number;
    error?: BasaltError;
    stop?: Controller;
    onProgress?: UploadOptions["onProgress"];
    resolve(answer: Answer): void;
    reject(error: BasaltError): void;
}
/** An upload, as it is shown. */
export declare const asShown: ({ mutation: m, sent, error, pausing }: Entry) => WaitingUpload;
