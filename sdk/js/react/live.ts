import type { AggregateRow, Aggregation, Collection, Doc, DocumentReference, Model } from "@basalt-dev/client";
import {
  infiniteQuery, liveAggregate, liveDoc, liveQuery, type AggregateState, type DocState, type InfiniteState, type QueryState,
} from "@basalt-dev/client/stores";
import { useAsked } from "./shared.js";

/** What a query returns, kept up to date. Null asks for nothing, until there is a query. */
export function useQuery<T extends object, M extends Model>(query: Collection<T, M> | null | undefined): QueryState<Doc<T>> {
  return useAsked(query, () => liveQuery(query));
}

/**
 * What a query returns, page after page, all of it kept up to date. The server bounds how much one query shows
 * (limits.page, 500 documents).
 */
export function useInfiniteQuery<T extends object, M extends Model>(
  query: Collection<T, M> | null | undefined, options: { size?: number } = {},
): InfiniteState<Doc<T>> {
  return useAsked(query, () => infiniteQuery(query, options), String(options.size));
}

/** Figures over a query, by group, kept up to date. */
export function useAggregate<T extends object, M extends Model>(
  query: Collection<T, M> | null | undefined, ask: Aggregation<Doc<T>>,
): AggregateState<AggregateRow<Doc<T>>> {
  return useAsked(query, () => liveAggregate(query, ask), JSON.stringify(ask));
}

/** One document, kept up to date. */
export function useDoc<T extends object, M extends Model>(reference: DocumentReference<T, M> | null | undefined): DocState<Doc<T>> {
  return useAsked(reference, () => liveDoc(reference));
}
