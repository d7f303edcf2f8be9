import { useCallback, useEffect, useRef, useState } from "react";
import { useAsked } from "./shared.js";
/**
 * Keeps a live query as long as it is shown and asks the same. A size that changes asks again, and shows what was there
 * until the answer comes. After an error it is asked again when another user is there.
 */
function useLive(asked, size, begin) {
    const [held, setHeld] = useState({ asked, size });
    const [attempt, setAttempt] = useState(0);
    const latest = useRef(begin);
    latest.current = begin;
    useEffect(() => {
        let end, unwatch;
        const start = () => {
            end = latest.current?.((value) => setHeld({ asked, size, value }), (error) => {
                setHeld((before) => ({ asked, size, value: before.asked === asked ? before.value : undefined, error }));
                unwatch = onOtherUser(asked, () => {
                    stop();
                    setHeld({ asked, size }); // what is there was shown to the one before
                    start();
                });
            });
        };
        const stop = () => {
            end?.();
            unwatch?.();
        };
        start();
        return stop;
    }, [asked, size, attempt]);
    const retry = useCallback(() => setAttempt((n) => n + 1), []);
    if (held.asked !== asked)
        return { value: undefined, error: undefined, loading: true, resizing: false, retry }; // never what another query has returned
    return { value: held.value, error: held.error, loading: held.value === undefined && !held.error, resizing: held.value !== undefined && held.size !== size, retry };
}
/** Calls back once, when another user is signed in than now. */
function onOtherUser(asked, changed) {
    let first;
    return asked.client?.http.authorizer?.onChange?.((user) => {
        const id = user?.id ?? null;
        if (first === undefined)
            first = id;
        else if (first !== id)
            changed();
    });
}
function queryState({ value, error, loading, retry }) {
    return {
        docs: value?.docs ?? [], total: value?.total, loading, error, retry,
        hasPendingWrites: value?.hasPendingWrites ?? false, connected: (value?.connected ?? false) && !error,
    };
}
/** What a query returns, kept up to date. Null asks for nothing, until there is a query. */
export function useQuery(query) {
    return queryState(useLive(useAsked(query), 0, query ? (show, fail) => query.onSnapshot(show, fail) : undefined));
}
/**
 * What a query returns, page after page, all of it kept up to date. The server bounds how much one query shows
 * (limits.page, 500 documents).
 */
export function useInfiniteQuery(query, options = {}) {
    const step = options.size ?? 50;
    const asked = useAsked(query);
    const [grown, setGrown] = useState({ asked, size: step });
    const size = grown.asked === asked ? Math.max(grown.size, step) : step;
    const live = useLive(asked, size, query ? (show, fail) => query.limit(size + 1).onSnapshot(show, fail) : undefined);
    const state = queryState(live);
    const hasMore = state.docs.length > size;
    const ready = hasMore && !live.resizing; // so that what calls it twice gets one page
    const loadMore = useCallback(() => {
        if (ready)
            setGrown({ asked, size: size + step });
    }, [asked, ready, size, step]);
    return { ...state, docs: hasMore ? state.docs.slice(0, size) : state.docs, hasMore, loadingMore: live.resizing && !state.error, loadMore };
}
/** Figures over a query, by group, kept up to date. */
export function useAggregate(query, ask) {
    const asked = useAsked(query, JSON.stringify(ask));
    const live = useLive(asked, 0, query ? (show, fail) => query.onAggregate(ask, show, fail) : undefined);
    return { rows: live.value ?? [], loading: live.loading, error: live.error, retry: live.retry };
}
/** One document, kept up to date. */
export function useDoc(reference) {
    const live = useLive(useAsked(reference), 0, reference ? (show, fail) => reference.onSnapshot(show, fail) : undefined);
    return { doc: live.value ?? null, loading: live.loading, error: live.error, retry: live.retry };
}
