import { toValue } from "vue";
import { infiniteQuery, liveAggregate, liveDoc, liveQuery, } from "@basalt-dev/client/stores";
import { refs, useAsked } from "./shared.js";
const ofQuery = ["docs", "total", "loading", "error", "hasPendingWrites", "connected"];
/** What a query returns, kept up to date. Null asks for nothing, until there is a query. */
export function useQuery(query) {
    const state = useAsked(query, (q) => liveQuery(q));
    return { ...refs(state, ...ofQuery), retry: () => state.value.retry() };
}
/**
 * What a query returns, page after page, all of it kept up to date. The server bounds how much one query shows
 * (limits.page, 500 documents).
 */
export function useInfiniteQuery(query, options = {}) {
    const state = useAsked(query, (q) => infiniteQuery(q, options));
    return { ...refs(state, ...ofQuery, "hasMore", "loadingMore"), retry: () => state.value.retry(), loadMore: () => state.value.loadMore() };
}
/** Figures over a query, by group, kept up to date. */
export function useAggregate(query, ask) {
    const state = useAsked(query, (q) => liveAggregate(q, toValue(ask)), () => JSON.stringify(toValue(ask)));
    return { ...refs(state, "rows", "loading", "error"), retry: () => state.value.retry() };
}
/** One document, kept up to date. */
export function useDoc(reference) {
    const state = useAsked(reference, (r) => liveDoc(r));
    return { ...refs(state, "doc", "loading", "error"), retry: () => state.value.retry() };
}
