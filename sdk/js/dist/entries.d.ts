import { BasaltError, type Answer } from "./http.js";
import { type Fields, type Mutation } from "./local.js";
import { type News } from "./tabs.js";
import { type Entry, type WaitingUpload } from "./waiting.js";
/** Keeps the writes that wait, between visits. */
export interface OutboxStore {
    load(): Promise<Mutation[]>;
    put(m: Mutation): Promise<void>;
    remove(id: string): Promise<void>;
}
/** A write that was refused after it had been shown. */
export interface Refusal {
    mutation: Mutation;
    error: BasaltError;
}
/** What waits in an outbox: as it is shown, kept between visits, and shared with other tabs. */
export declare class Entries {
    private readonly server;
    private readonly store;
    private readonly send;
    readonly all: Entry[];
    readonly listeners: Set<(collection: string) => void>;
    readonly refusals: Set<(r: Refusal) => void>;
    readonly watchers: Set<(uploads: WaitingUpload[]) => void>;
    readonly loaded: Promise<void>;
    /** Who is signed in; undefined while that is not known. */
    user: string | null | undefined;
    private readonly tabs;
    /** `send` is called when there is more to send: at once, or when it is its turn. */
    constructor(server: string, store: OutboxStore | null, name: string, send: (atOnce: boolean) => void);
    /** The writes of who is signed in. */
    get mine(): Entry[];
    /** Those that the server has not confirmed. */
    get open(): Entry[];
    /** The files among them. */
    get uploads(): WaitingUpload[];
    /** An upload of who is signed in that the server has not confirmed. */
    upload(id: string): Entry | undefined;
    /** What the store has now. */
    kept(id: string): Promise<{
        mutation?: Mutation;
    } | undefined>;
    /** The documents that writes touch, as they would be: by key, undefined for one that is deleted. */
    overlay(collection: string, doc: (key: string) => Fields | undefined): Map<string, Fields | undefined>;
    /** Whether a key has writes that the server has not confirmed. */
    isPending(collection: string, key: string): boolean;
    /** A live query has received a key: what was confirmed of it is no longer needed. */
    received(collection: string, key: string): void;
    private load;
    /** Whether a write is neither confirmed nor given up. */
    isOpen(entry: Entry): boolean;
    put(entry: Entry): Promise<void>;
    confirm(entry: Entry, answer: Answer, heard?: boolean): void;
    refuse(entry: Entry, error: BasaltError, heard?: boolean): void;
    /** Shows how far a file is, and why it does not get on. */
    gotOn(entry: Entry, sent: number | undefined, error?: BasaltError): void;
    /** Tells the other tabs of a file that they show, too. */
    tellTabs({ mutation: m, kept }: Entry, news?: Omit<News, "id">): void;
    /** Whether a write that the store has is of this server, and not here yet. */
    private isNew;
    /** Another tab tells of a file that both show. */
    private heard;
    /** What the store has of a file that another tab has added, paused or resumed. */
    private stored;
    private drop;
    private remove;
    tell(collection: string): void;
    watch(): void;
}
/** A store in IndexedDB, null where there is none. */
export declare function indexedStore(name?: string): OutboxStore | null;
