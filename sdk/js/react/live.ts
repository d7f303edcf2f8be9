import { useCallback, useEffect, useRef, useState } from "react";
import type { AggregateRow, Aggregation, BasaltError, Collection, Doc, DocumentReference, Model, Snapshot } from "@basalt-dev/client";
import { useAsked, type Asked, type Begin } from "./shared.js";

interface Live<V> {
  /** The newest value; after an error the one before it, undefined when there was none. */
  value: V | undefined;
  error: BasaltError | undefined;
  /** Whether the first answer is still awaited, and whether one is for this size. */
  loading: boolean;
  resizing: boolean;
  retry(): void;
}

interface Held<V> {
  asked: Asked;
  size: number;
  value?: V;
  error?: BasaltError;
}

/**
 * Keeps a live query as long as it is shown and asks the same. A size that changes asks again, and shows what was there
 * until the answer comes. After an error it is asked again when another user is there.
 */
function useLive<V>(asked: Asked, size: number, begin: Begin<V> | undefined): Live<V> {
  const [held, setHeld] = useState<Held<V>>({ asked, size });
  const [attempt, setAttempt] = useState(0);
  const latest = useRef(begin);
  latest.current = begin;
  useEffect(() => {
    let end: (() => void) | undefined, unwatch: (() => void) | undefined;
    const start = (): void => {
      end = latest.current?.((value) => setHeld({ asked, size, value }), (error) => {
        setHeld((before) => ({ asked, size, value: before.asked === asked ? before.value : undefined, error }));
        unwatch = onOtherUser(asked, () => {
          stop();
          setHeld({ asked, size }); // what is there was shown to the one before
          start();
        });
      });
    };
    const stop = (): void => {
      end?.();
      unwatch?.();
    };
    start();
    return stop;
  }, [asked, size, attempt]);
  const retry = useCallback(() => setAttempt((n) => n + 1), []);
  if (held.asked !== asked) return { value: undefined, error: undefined, loading: true, resizing: false, retry }; // never what another query has returned
  return { value: held.value, error: held.error, loading: held.value === undefined && !held.error, resizing: held.value !== undefined && held.size !== size, retry };
}

/** Calls back once, when another user is signed in than now. */
function onOtherUser(asked: Asked, changed: () => void): (() => void) | undefined {
  let first: string | null | undefined;
  return asked.client?.http.authorizer?.onChange?.((user) => {
    const id = user?.id ?? null;
    if (first === undefined) first = id;
    else if (first !== id) changed();
  });
}

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
  /** Whether the connection is there. Without it, this is what was known last. */
  connected: boolean;
  /** Asks again after an error. */
  retry(): void;
}

function queryState<D>({ value, error, loading, retry }: Live<Snapshot<D>>): QueryState<D> {
  return {
    docs: value?.docs ?? [], total: value?.total, loading, error, retry,
    hasPendingWrites: value?.hasPendingWrites ?? false, connected: (value?.connected ?? false) && !error,
  };
}

/** What a query returns, kept up to date. Null asks for nothing, until there is a query. */
export function useQuery<T extends object, M extends Model>(query: Collection<T, M> | null | undefined): QueryState<Doc<T>> {
  return queryState(useLive<Snapshot<Doc<T>>>(useAsked(query), 0, query ? (show, fail) => query.onSnapshot(show, fail) : undefined));
}

export interface InfiniteState<D> extends QueryState<D> {
  /** Whether there is more than is shown. */
  hasMore: boolean;
  /** Whether more is on its way. */
  loadingMore: boolean;
  /** Shows one page more. */
  loadMore(): void;
}

/**
 * What a query returns, page after page, all of it kept up to date. The server bounds how much one query shows
 * (limits.page, 500 documents).
 */
export function useInfiniteQuery<T extends object, M extends Model>(
  query: Collection<T, M> | null | undefined, options: { size?: number } = {},
): InfiniteState<Doc<T>> {
  const step = options.size ?? 50;
  const asked = useAsked(query);
  const [grown, setGrown] = useState({ asked, size: step });
  const size = grown.asked === asked ? Math.max(grown.size, step) : step;
  const live = useLive<Snapshot<Doc<T>>>(asked, size, query ? (show, fail) => query.limit(size + 1).onSnapshot(show, fail) : undefined);
  const state = queryState(live);
  const hasMore = state.docs.length > size;
  const ready = hasMore && !live.resizing; // so that what calls it twice gets one page
  const loadMore = useCallback(() => {
    if (ready) setGrown({ asked, size: size + step });
  }, [asked, ready, size, step]);
  return { ...state, docs: hasMore ? state.docs.slice(0, size) : state.docs, hasMore, loadingMore: live.resizing && !state.error, loadMore };
}

export interface AggregateState<R> {
  /** One row for each group; after an error, those of before. */
  rows: R[];
  loading: boolean;
  error?: BasaltError;
  /** Asks again after an error. */
  retry(): void;
}

/** Figures over a query, by group, kept up to date. */
export function useAggregate<T extends object, M extends Model>(
  query: Collection<T, M> | null | undefined, ask: Aggregation<Doc<T>>,
): AggregateState<AggregateRow<Doc<T>>> {
  const asked = useAsked(query, JSON.stringify(ask));
  const live = useLive<AggregateRow<Doc<T>>[]>(asked, 0, query ? (show, fail) => query.onAggregate(ask, show, fail) : undefined);
  return { rows: live.value ?? [], loading: live.loading, error: live.error, retry: live.retry };
}

export interface DocState<D> {
  /** Null while there is none that the caller may see; after an error, what was there before. */
  doc: D | null;
  loading: boolean;
  error?: BasaltError;
  /** Asks again after an error. */
  retry(): void;
}

/** One document, kept up to date. */
export function useDoc<T extends object, M extends Model>(reference: DocumentReference<T, M> | null | undefined): DocState<Doc<T>> {
  const live = useLive<Doc<T> | null>(useAsked(reference), 0, reference ? (show, fail) => reference.onSnapshot(show, fail) : undefined);
  return { doc: live.value ?? null, loading: live.loading, error: live.error, retry: live.retry };
}
