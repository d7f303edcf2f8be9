import type { AggregateRow, Aggregation, Collection, Doc, DocumentReference, Model } from "../db.js";
import type { BasaltError } from "../error.js";
import { type Store } from "./store.js";
export interface QueryState<D> {
    /** What the query returns; after an error, what it returned before. */
    docs: D[];
    /** The number of documents over all pages, when withCount was called. */
    total?: number;
    /** Whether the first answer is still awaited. */
    loading: boolean;
    error?: BasaltError;
    /** Whether something in it waits for the server to confirm it. */
    hasPendingWrites: boolean;
    /** Whether the connection is open. Without it, this is what was known last. */
    connected: boolean;
    /** Asks again after an error. */
    retry(): void;
}
/** What a query returns, kept up to date. Null asks for nothing. */
export declare function liveQuery<T extends object, M extends Model>(query: Collection<T, M> | null | undefined): Store<QueryState<Doc<T>>>;
export interface InfiniteState<D> extends QueryState<D> {
    /** Whether there is more than is shown. */
    hasMore: boolean;
    /** Whether more is being loaded. */
    loadingMore: boolean;
    /** Shows one page more. */
    loadMore(): void;
}
/**
 * What a query returns, page after page, all of it kept up to date. The server bounds how much one query shows
 * (limits.page, 500 documents).
 */
export declare function infiniteQuery<T extends object, M extends Model>(query: Collection<T, M> | null | undefined, options?: {
    size?: number;
}): Store<InfiniteState<Doc<T>>>;
export interface AggregateState<R> {
    /** One row for each group; after an error, those of before. */
    rows: R[];
    loading: boolean;
    error?: BasaltError;
    /** Asks again after an error. */
    retry(): void;
}
/** Figures over a query, by group, kept up to date. */
export declare function liveAggregate<T extends object, M extends Model>(query: Collection<T, M> | null | undefined, ask: Aggregation<Doc<T>>): Store<AggregateState<AggregateRow<Doc<T>>>>;
export interface DocState<D> {
    /** Null while there is none that the caller may see; after an error, what was there before. */
    doc: D | null;
    loading: boolean;
    error?: BasaltError;
    /** Asks again after an error. */
    retry(): void;
}
/** One document, kept up to date. */
export declare function liveDoc<T extends object, M extends Model>(reference: DocumentReference<T, M> | null | undefined): Store<DocState<Doc<T>>>;
