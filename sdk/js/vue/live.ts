import { toValue } from "vue";
import type { AggregateRow, Aggregation, Collection, Doc, DocumentReference, Model } from "@basalt-dev/client";
import {
  infiniteQuery, liveAggregate, liveDoc, liveQuery, type AggregateState, type DocState, type InfiniteState, type QueryState,
} from "@basalt-dev/client/stores";
import { refs, useAsked, type Given, type Refs } from "./shared.js";

type Query<T extends object, M extends Model> = Given<Collection<T, M> | null | undefined>;

/** Asks again after an error. */
interface Retry {
  retry(): void;
}

const ofQuery = ["docs", "total", "loading", "error", "hasPendingWrites", "connected"] as const;

export type QueryRefs<D> = Refs<QueryState<D>, (typeof ofQuery)[number]> & Retry;

/** What a query returns, kept up to date. Null asks for nothing, until there is a query. */
export function useQuery<T extends object, M extends Model>(query: Query<T, M>): QueryRefs<Doc<T>> {
  const state = useAsked(query, (q) => liveQuery(q));
  return { ...refs(state, ...ofQuery), retry: () => state.value.retry() };
}

export type InfiniteRefs<D> = Refs<InfiniteState<D>, (typeof ofQuery)[number] | "hasMore" | "loadingMore"> & Retry & { loadMore(): void };

/**
 * What a query returns, page after page, all of it kept up to date. The server bounds how much one query shows
 * (limits.page, 500 documents).
 */
export function useInfiniteQuery<T extends object, M extends Model>(query: Query<T, M>, options: { size?: number } = {}): InfiniteRefs<Doc<T>> {
  const state = useAsked(query, (q) => infiniteQuery(q, options));
  return { ...refs(state, ...ofQuery, "hasMore", "loadingMore"), retry: () => state.value.retry(), loadMore: () => state.value.loadMore() };
}

export type AggregateRefs<R> = Refs<AggregateState<R>, "rows" | "loading" | "error"> & Retry;

/** Figures over a query, by group, kept up to date. */
export function useAggregate<T extends object, M extends Model>(query: Query<T, M>, ask: Given<Aggregation<Doc<T>>>): AggregateRefs<AggregateRow<Doc<T>>> {
  const state = useAsked(query, (q) => liveAggregate(q, toValue(ask)), () => JSON.stringify(toValue(ask)));
  return { ...refs(state, "rows", "loading", "error"), retry: () => state.value.retry() };
}

export type DocRefs<D> = Refs<DocState<D>, "doc" | "loading" | "error"> & Retry;

/** One document, kept up to date. */
export function useDoc<T extends object, M extends Model>(reference: Given<DocumentReference<T, M> | null | undefined>): DocRefs<Doc<T>> {
  const state = useAsked(reference, (r) => liveDoc(r));
  return { ...refs(state, "doc", "loading", "error"), retry: () => state.value.retry() };
}
