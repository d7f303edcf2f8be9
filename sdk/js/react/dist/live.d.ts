import type { AggregateRow, Aggregation, Collection, Doc, DocumentReference, Model } from "@basalt-dev/client";
import { type AggregateState, type DocState, type InfiniteState, type QueryState } from "@basalt-dev/client/stores";
/** What a query returns, kept up to date. Null asks for nothing, until there is a query. */
export declare function useQuery<T extends object, M extends Model>(query: Collection<T, M> | null | undefined): QueryState<Doc<T>>;
/**
 * What a query returns, page after page, all of it kept up to date. The server bounds how much one query shows
 * (limits.page, 500 documents).
 */
export declare function useInfiniteQuery<T extends object, M extends Model>(query: Collection<T, M> | null | undefined, options?: {
    size?: number;
}): InfiniteState<Doc<T>>;
/** Figures over a query, by group, kept up to date. */
export declare function useAggregate<T extends object, M extends Model>(query: Collection<T, M> | null | undefined, ask: Aggregation<Doc<T>>): AggregateState<AggregateRow<Doc<T>>>;
/** One document, kept up to date. */
export declare function useDoc<T extends object, M extends Model>(reference: DocumentReference<T, M> | null | undefined): DocState<Doc<T>>;
