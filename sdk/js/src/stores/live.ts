import type { AggregateRow, Aggregation, Collection, Doc, DocumentReference, Model } from "../db.js";
import type { BasaltError } from "../error.js";
import type { Snapshot } from "../live.js";
import type { User } from "../session.js";
import { State, type Store } from "./store.js";

/** What a query is asked through. It is no business of an app. */
interface Core {
  http: { authorizer?: { onChange?(listener: (user: User | null) => void): () => void } };
}

/** Starts a live query of a size; returns a function that ends it. */
type Begin<V> = (size: number, show: (value: V) => void, fail: (error: BasaltError) => void) => () => void;

/** What is known of a live query. */
interface Live<V> {
  /** The newest value; after an error the one before it, undefined when there was none. */
  value?: V;
  error?: BasaltError;
  /** The size that is asked for, and the one that the value has. */
  size: number;
  shown: number;
  retry(): void;
  grow(size: number): void;
}

/**
 * Keeps a live query while someone looks at it. What is asked again, for a size or after an error, shows what was there until
 * the answer comes; but when another user is there, what was shown to the one before is gone.
 */
function live<V, S>(asked: object | null | undefined, size: number, begin: Begin<V>, view: (live: Live<V>) => S): Store<S> {
  const core = (asked as { core?: Core } | null | undefined)?.core;
  return new State<S>(() => view({ size, shown: size, retry: nothing, grow: nothing }), (set) => {
    let end: () => void = nothing;
    let now: Live<V> = { size, shown: size, retry: () => start(now), grow: (next) => next !== now.size && start({ ...now, size: next }) };
    const put = (next: Live<V>): void => set(view((now = next)));
    const start = (next: Live<V>): void => {
      end();
      let over = false, unwatch: (() => void) | undefined;
      const { size: wanted } = next;
      now = next;
      if (next.shown !== wanted) put(next);
      const stop = asked ? begin(wanted, (value) => over || put({ ...now, value, error: undefined, shown: wanted }), (error) => {
        if (over) return;
        put({ ...now, error });
        unwatch?.();
        unwatch = onOtherUser(core, () => {
          put({ ...now, value: undefined, error: undefined, shown: wanted });
          start(now);
        });
      }) : nothing;
      end = () => {
        over = true;
        stop();
        unwatch?.();
      };
    };
    start(now);
    return () => end();
  });
}

function nothing(): void {}

/** Calls back once, when another user is signed in than now. */
function onOtherUser(core: Core | undefined, changed: () => void): (() => void) | undefined {
  let first: string | null | undefined;
  return core?.http.authorizer?.onChange?.((user) => {
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
  /** Whether the connection is open. Without it, this is what was known last. */
  connected: boolean;
  /** Asks again after an error. */
  retry(): void;
}

function queryState<D>({ value, error, retry }: Live<Snapshot<D>>): QueryState<D> {
  return {
    docs: value?.docs ?? [], total: value?.total, loading: value === undefined && !error, error, retry,
    hasPendingWrites: value?.hasPendingWrites ?? false, connected: (value?.connected ?? false) && !error,
  };
}

/** What a query returns, kept up to date. Null asks for nothing. */
export function liveQuery<T extends object, M extends Model>(query: Collection<T, M> | null | undefined): Store<QueryState<Doc<T>>> {
  return live(query, 0, (_, show, fail) => query!.onSnapshot(show, fail), queryState<Doc<T>>);
}

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
export function infiniteQuery<T extends object, M extends Model>(
  query: Collection<T, M> | null | undefined, options: { size?: number } = {},
): Store<InfiniteState<Doc<T>>> {
  const step = options.size ?? 50;
  return live<Snapshot<Doc<T>>, InfiniteState<Doc<T>>>(query, step, (size, show, fail) => query!.limit(size + 1).onSnapshot(show, fail), (l) => {
    const state = queryState(l);
    const hasMore = state.docs.length > l.size;
    const resizing = l.value !== undefined && l.shown !== l.size;
    const loadMore = (): void => {
      if (hasMore && !resizing) l.grow(l.size + step); // what calls it twice gets one page
    };
    return { ...state, docs: hasMore ? state.docs.slice(0, l.size) : state.docs, hasMore, loadingMore: resizing && !state.error, loadMore };
  });
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
export function liveAggregate<T extends object, M extends Model>(
  query: Collection<T, M> | null | undefined, ask: Aggregation<Doc<T>>,
): Store<AggregateState<AggregateRow<Doc<T>>>> {
  return live<AggregateRow<Doc<T>>[], AggregateState<AggregateRow<Doc<T>>>>(query, 0, (_, show, fail) => query!.onAggregate(ask, show, fail), ({ value, error, retry }) =>
    ({ rows: value ?? [], loading: value === undefined && !error, error, retry }));
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
export function liveDoc<T extends object, M extends Model>(reference: DocumentReference<T, M> | null | undefined): Store<DocState<Doc<T>>> {
  return live<Doc<T> | null, DocState<Doc<T>>>(reference, 0, (_, show, fail) => reference!.onSnapshot(show, fail), ({ value, error, retry }) =>
    ({ doc: value ?? null, loading: value === undefined && !error, error, retry }));
}
