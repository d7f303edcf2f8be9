import type { UploadOptions } from "./files.js";
import { BasaltError, type Answer, type Http } from "./http.js";
import { type Fields, type Mutation } from "./local.js";
import type { Sessions } from "./session.js";
import type { Content, Signal } from "./platform.js";
import { type Uploads } from "./upload.js";
import { type WaitingUpload } from "./waiting.js";
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
 * Writes that are shown at once and sent one after the other, and files beside them. A write belongs to the user who made it: while
 * another user is signed in it waits, is not sent, and is not shown.
 */
export declare class Outbox {
    private readonly http;
    private readonly sender;
    private readonly options;
    private readonly entries;
    private readonly listeners;
    private readonly refusals;
    private readonly watchers;
    private readonly lanes;
    private next;
    private readonly loaded;
    private readonly store;
    private readonly tabs;
    /** Who is signed in; undefined while that is not known. */
    private user;
    constructor(http: Http, sender: Uploads, auth: Sessions, options: OptimisticOptions, name: string);
    /** The writes of who is signed in. */
    private get mine();
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
    private load;
    /** Another user is signed in: their writes are shown and sent. */
    private changed;
    private now;
    private send;
    private sendAll;
    /** What a lane sends next: the first that needs no document which still waits. */
    private ready;
    /** Sends a write, and a file in one tab at a time. False means that it has to wait. */
    private inTurn;
    /** Sends a file, unless another tab that shows it, too, has sent it, given it up or paused it. */
    private sendHere;
    /** Sends a write. False means that it has to wait. */
    private sendOne;
    /** Whether a write is neither confirmed nor given up. */
    private isOpen;
    /** Tells the other tabs of a file that they show, too. */
    private tellTabs;
    /** Whether a write that the store has is of this server, and not here yet. */
    private isNew;
    /** Another tab tells of a file that both show. */
    private heard;
    /** What the store has of a file that another tab has added, paused or resumed. */
    private stored;
    /** Shows how far a file is, and why it does not get on. */
    private gotOn;
    private sendFile;
    /** Whether a write that has failed is sent again: unless the server has refused it. */
    private waits;
    /** Sends what waits after a while that grows. */
    private later;
    private refuse;
    private put;
    private confirm;
    private drop;
    private remove;
    private tell;
    private watch;
}
/** A store in IndexedDB, null where there is none. */
export declare function indexedStore(name?: string): OutboxStore | null;
