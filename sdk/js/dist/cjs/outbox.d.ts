import { type OutboxStore, type Refusal } from "./entries.js";
import type { UploadOptions } from "./files.js";
import { type Answer, type Http } from "./http.js";
import type { Fields, Mutation } from "./local.js";
import type { Sessions } from "./session.js";
import type { Content, Signal } from "./platform.js";
import { type Uploads } from "./upload.js";
import type { WaitingUpload } from "./waiting.js";
export { indexedStore, type OutboxStore, type Refusal } from "./entries.js";
export interface OptimisticOptions {
    /** Keeps writes that cannot be sent and sends them later; false refuses them when the server cannot be reached. */
    offline: boolean;
    /** Where they are kept between visits: IndexedDB where there is one, unless this says otherwise; null keeps them in memory. */
    store?: OutboxStore | null;
}
/**
 * Writes that are shown at once and sent one after the other, and files beside them. A write belongs to the user who made it: while
 * another user is signed in it waits, is not sent, and is not shown.
 */
export declare class Outbox {
    private readonly http;
    private readonly sender;
    private readonly options;
    private readonly entries;
    private readonly lanes;
    private next;
    constructor(http: Http, sender: Uploads, auth: Sessions, options: OptimisticOptions, name: string);
    /** Whether a write is that of who is signed in. */
    isMine(mutation: Mutation): boolean;
    /** How many writes of who is signed in the server has not confirmed. */
    get pending(): number;
    /** Calls back when a write that was shown is refused, and no longer shown. Returns a function that unsubscribes. */
    onRefused(listener: (r: Refusal) => void): () => void;
    /** Whether files are kept until the server is there. */
    get keepsFiles(): boolean;
    /** The files of who is signed in that the server has not confirmed, in the order in which they are sent. */
    get uploads(): WaitingUpload[];
    /** Calls back with the files that wait, now and at every progress. Returns a function that unsubscribes. */
    onUploads(listener: (uploads: WaitingUpload[]) => void): () => void;
    /** Keeps a file from being sent until `resume`, after a reload too. What the server has of it stays for a day. */
    pause(id: string): void;
    resume(id: string): void;
    /** Gives a file up: its upload ends with the code "aborted". */
    cancel(id: string): void;
    private setPaused;
    /** Calls back when what is shown of a collection changes. */
    onChange(listener: (collection: string) => void): () => void;
    /** Shows a write, sends it, and resolves when the server has confirmed it. */
    run(mutation: Omit<Mutation, "id">, signal?: Signal, { onProgress, pause }?: Pick<UploadOptions, "onProgress" | "pause">): Promise<Answer>;
    /** Keeps a file, shows its document, sends it, and resolves when the server has it. */
    upload(collection: string, content: Content, options: UploadOptions): Promise<Answer>;
    /** The documents that writes touch, as they would be: by key, undefined for one that is deleted. */
    overlay(collection: string, doc: (key: string) => Fields | undefined): Map<string, Fields | undefined>;
    /** Whether a key has writes that the server has not confirmed. */
    isPending(collection: string, key: string): boolean;
    /** A live query has received a key: what was confirmed of it is no longer needed. */
    received(collection: string, key: string): void;
    /** Another user is signed in: their writes are shown and sent. */
    private changed;
}
