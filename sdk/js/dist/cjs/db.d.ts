import { type Picture, type UploadLinkOptions, type UploadOptions } from "./files.js";
import { Batch } from "./batch.js";
import { type Core } from "./core.js";
import type { BasaltError, CallOptions } from "./http.js";
import type { Content, FileBytes } from "./platform.js";
import type { Fields } from "./local.js";
import { type Snapshot } from "./live.js";
import { type Doc, type ExpandedBy, type Expansion, type FieldOf, type Loose, type Model, type ModelOf, type Names, type Operand, type Operator, type Where } from "./types.js";
export { append, increment, now, prepend, pull, push, removeAt } from "./atomic.js";
export { Batch } from "./batch.js";
export type { Core } from "./core.js";
export type { Atomic, Dated, Doc, Expanded, Loose, Model, New, Operator, Patch, Where } from "./types.js";
export interface Page<T> {
    items: Doc<T>[];
    /** Continues after this page, null at the end; see Collection.after. */
    next: string | null;
    /** The number of documents over all pages, when withCount was called. */
    total?: number;
}
export interface Aggregation<T> {
    group?: (keyof T & string)[];
    count?: boolean;
    sum?: (keyof T & string)[];
    avg?: (keyof T & string)[];
    min?: (keyof T & string)[];
    max?: (keyof T & string)[];
}
export type AggregateRow<T> = Partial<T> & {
    count?: number;
    sum?: {
        [field: string]: number | null;
    };
    avg?: {
        [field: string]: number | null;
    };
    min?: {
        [field: string]: unknown;
    };
    max?: {
        [field: string]: unknown;
    };
};
interface Settings {
    where: Fields[];
    filter?: string;
    params?: Record<string, unknown>;
    sort: string[];
    limit?: number;
    after?: string;
    select?: string[];
    expand?: string[];
    count?: boolean;
    strong?: boolean;
    snippets?: string[];
}
/** What a search with snippets adds to documents: safe HTML, of fields that are there. */
export interface Snippets<K extends string> {
    snippets: {
        [F in K]?: string;
    };
}
/** The collections of S, which `basalt gen types` writes; D says whether times are read as Dates. */
export declare class Database<S = {}, D extends boolean = false> {
    private readonly core;
    constructor(core: Core);
    /** A collection. T is the type of its documents without their id, where the client was not made for the types of all. */
    collection<T extends object = Record<string, unknown>>(name: [keyof S] extends [never] ? string : never): Collection<T>;
    collection<N extends Names<S>>(name: N): Collection<ModelOf<S, N, D>["doc"], ModelOf<S, N, D>>;
    /** Operations that happen together or not at all. */
    batch(): Batch<S>;
}
/** A collection, or a part of one: each method returns a new, narrower one. */
export declare class Collection<T extends object = Record<string, unknown>, M extends Model = Loose<T>> {
    private readonly core;
    readonly name: string;
    private readonly settings;
    constructor(core: Core, name: string, settings: Settings);
    private with;
    private path;
    /** Narrows by one condition on a field, a dotted path into a json field, or by the JSON form. */
    where<F extends FieldOf<M>, O extends Operator>(field: F, operator: O, value: Operand<M, F, O>): Collection<T, M>;
    where(where: Where<M["new"]>): Collection<T, M>;
    /** Narrows by a filter as text, such as `stars >= $min && title startsWith "b"`. */
    filter(text: string, params?: Record<string, unknown>): Collection<T, M>;
    /** Sorts, after the orders before it. A path such as `data.size` leads into a json field, or follows a ref. */
    orderBy(field: (keyof M["doc"] & string) | `${keyof M["doc"] & string}.${string}`, direction?: "asc" | "desc"): Collection<T, M>;
    limit(n: number): Collection<T, M>;
    /** Starts after a page, with the `next` of that. */
    after(cursor: string | null): Collection<T, M>;
    /** Gets these fields alone. */
    select<K extends keyof Doc<T> & string>(...fields: K[]): Collection<Pick<Doc<T>, K>, M>;
    /**
     * Narrows to documents with all these words in the fields that are marked `search: true`; without orderBy the best come
     * first. With `typos` each word may have a typing mistake. `snippets` gets of each document the parts of these fields where
     * something was found, as HTML with <mark>.
     */
    search(text: string, options?: {
        typos?: boolean;
    }): Collection<T, M>;
    search<K extends keyof M["doc"] & string>(text: string, options: {
        typos?: boolean;
        snippets: readonly K[];
    }): Collection<T & Snippets<K>, M>;
    /**
     * Gets related documents too, as the member `expand` of each document: what a ref points to, such as "author", and
     * what points here, such as "comments(sort:-created,limit:3,expand:author)".
     */
    expand<const I extends Expansion<M>>(...items: I[]): Collection<T & ExpandedBy<M, I>, M>;
    /**
     * Makes reads see everything written before them, by anyone, where they may otherwise come from a replica of the
     * database that is behind.
     */
    strong(): Collection<T, M>;
    /** Asks for `total` too. */
    withCount(): Collection<T, M>;
    /**
     * Stores a file in a collection of files, and returns its document. One of more than 5 MiB is sent in pieces, of which
     * those that break off are sent again; the same call with the same File goes on where one has ended, after a reload too.
     * Where writes wait for the server (`offline: true`), so does a new file, which is kept and sent later.
     */
    upload(file: Content, options?: UploadOptions<M["new"]>): Promise<Doc<T>>;
    /** Removes what the server has of a file whose upload in pieces was given up; otherwise that stays for a day. */
    cancelUpload(file: Content, options?: UploadOptions<M["new"]>): Promise<void>;
    /** The address of a file, or of a picture of it, for pages of callers who need no token to read it. */
    url(id: string, options?: Picture & {
        download?: string | boolean;
    }): string;
    /** Gets the bytes of a file, or of a picture of it. */
    download(id: string, options?: CallOptions & Picture): Promise<FileBytes>;
    /**
     * Makes an address of a file, or of a picture of it, that is good without a token for some time, such as "1h", up to a week. It
     * outlives a sign-out; a new password of its maker, or signing out everywhere, ends it.
     */
    link(id: string, expires?: string, options?: CallOptions & Picture): Promise<{
        url: string;
        expires: string;
    }>;
    /**
     * Makes an address that is good without a token for one upload: a PUT or POST of a file as it is. With an id it replaces
     * the bytes of that file. The rules are asked as the caller, now and when it is used.
     */
    uploadLink(options?: UploadLinkOptions<M["new"]>): Promise<{
        id: string;
        url: string;
        expires: string;
    }>;
    /** Ends a link of uploadLink, by its id. */
    revokeUploadLink(id: string, { signal }?: CallOptions): Promise<void>;
    /** Ends the links for reading a file that were made until now. */
    revokeLinks(id: string, { signal }?: CallOptions): Promise<void>;
    /** Names what this asks for, and of which server: the same for two queries that ask the same. */
    get key(): string;
    /** Gets a page. */
    get(options?: CallOptions): Promise<Page<T>>;
    /**
     * Calls back with what the query returns, now and whenever that changes: by a write of anyone, by a change of what
     * the caller may see, after the connection was gone. Returns a function that unsubscribes.
     */
    onSnapshot(next: (s: Snapshot<Doc<T>>) => void, failed?: (e: BasaltError) => void): () => void;
    /** The same as something to go through: `for await (const { docs } of query.snapshots())`. */
    snapshots(): AsyncGenerator<Snapshot<Doc<T>>>;
    /** Calls back with figures, by group, now and whenever they change. Returns a function that unsubscribes. */
    onAggregate(ask: Aggregation<Doc<T>>, next: (rows: AggregateRow<Doc<T>>[]) => void, failed?: (e: BasaltError) => void): () => void;
    private live;
    /** Gets the first document, null when there is none. */
    first(options?: CallOptions): Promise<Doc<T> | null>;
    /** Goes through all documents, page by page. */
    [Symbol.asyncIterator](): AsyncGenerator<Doc<T>>;
    /** The number of documents. */
    count(options?: CallOptions): Promise<number>;
    /** Figures, by group. */
    aggregate(ask: Aggregation<Doc<T>>, options?: CallOptions): Promise<AggregateRow<Doc<T>>[]>;
    /** Stores a document, or several, all or none. */
    add(docs: M["new"][], options?: CallOptions): Promise<Doc<T>[]>;
    add(doc: M["new"], options?: CallOptions): Promise<Doc<T>>;
    /** One document. */
    doc(id: string | number): DocumentReference<T, M>;
    /** Changes all documents of `filter`, which has to be given as text; returns how many. */
    update(patch: M["patch"], { signal }?: CallOptions): Promise<number>;
    /** Deletes all documents of `filter`, which has to be given as text; returns how many. */
    delete({ signal }?: CallOptions): Promise<number>;
    private condition;
    private textFilter;
}
/** One document of a collection, whether it exists or not. */
export declare class DocumentReference<T extends object, M extends Model = Loose<T>> {
    private readonly core;
    private readonly collection;
    readonly id: string;
    private readonly strong;
    private readonly path;
    constructor(core: Core, collection: string, id: string, strong?: boolean);
    /** Names the document, and its server. */
    get key(): string;
    /** Calls back with the document, null while there is none that the caller may see, now and at every change. */
    onSnapshot(next: (doc: Doc<T> | null, s: Snapshot<Doc<T>>) => void, failed?: (e: BasaltError) => void): () => void;
    /** The same as something to go through. */
    snapshots(): AsyncGenerator<Doc<T> | null>;
    /** Gets it. A document that is missing or hidden is a BasaltError of code not_found. */
    get<const I extends Expansion<M> = never>(options?: CallOptions & {
        expand?: I[];
    }): Promise<Doc<T & ExpandedBy<M, I>>>;
    /** Gets it with its ETag, for an update on condition that it has not changed. */
    getWithTag(options?: CallOptions): Promise<{
        doc: Doc<T>;
        tag: string;
    }>;
    /** Changes it. With ifMatch it fails with precondition_failed when the document is not that one. */
    update(patch: M["patch"], options?: CallOptions & {
        ifMatch?: string;
    }): Promise<Doc<T>>;
    /** Stores the whole document under this id, new or not. */
    set(doc: M["new"], options?: CallOptions & {
        ifMatch?: string;
    }): Promise<Doc<T>>;
    /**
     * Deletes it, with what the server deletes along with it (on_delete: cascade). With `steps` that may be more than
     * limits.cascade: it goes step by step, each a transaction, and after an error a new call goes on. Steps do not wait in an outbox.
     */
    delete({ steps, ...options }?: CallOptions & {
        ifMatch?: string;
        steps?: boolean;
    }): Promise<void>;
    /** Sends a write, by the outbox where there is one. */
    private write;
}
