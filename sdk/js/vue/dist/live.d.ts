import type { AggregateRow, Aggregation, Collection, Doc, DocumentReference, Model } from "@basalt-dev/client";
import { type AggregateState, type DocState, type InfiniteState, type QueryState } from "@basalt-dev/client/stores";
import { type Given, type Refs } from "./shared.js";
type Query<T extends object, M extends Model> = Given<Collection<T, M> | null | undefined>;
/** Asks again after an error. */
interface Retry {
    retry(): void;
}
declare const ofQuery: readonly ["docs", "total", "loading", "error", "hasPendingWrites", "connected"];
export type QueryRefs<D> = Refs<QueryState<D>, (typeof ofQuery)[number]> & Retry;
/** What a query returns, kept up to date. Null asks for nothing, until there is a query. */
export declare function useQuery<T extends object, M extends Model>(query: Query<T, M>): QueryRefs<Doc<T>>;
export type InfiniteRefs<D> = Refs<InfiniteState<D>, (typeof ofQuery)[number] | "hasMore" | "loadingMore"> & Retry & {
    loadMore(): void;
};
/**
 * What a query returns, page after page, all of it kept up to date. The server bounds how much one query shows
 * (limits.page, 500 documents).
 */
export declare function useInfiniteQuery<T extends object, M extends Model>(query: Query<T, M>, options?: {
    size?: number;
}): InfiniteRefs<Doc<T>>;
export type AggregateRefs<R> = Refs<AggregateState<R>, "rows" | "loading" | "error"> & Retry;
/** Figures over a query, by group, kept up to date. */
export declare function useAggregate<T extends object, M extends Model>(query: Query<T, M>, ask: Given<Aggregation<Doc<T>>>): AggregateRefs<AggregateRow<Doc<T>>>;
export type DocRefs<D> = Refs<DocState<D>, "doc" | "loading" | "error"> & Retry;
/** One document, kept up to date. */
export declare function useDoc<T extends object, M extends Model>(reference: Given<DocumentReference<T, M> | null | undefined>): DocRefs<Doc<T>>;
export {};
