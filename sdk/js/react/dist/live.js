import { infiniteQuery, liveAggregate, liveDoc, liveQuery, } from "@basalt-dev/client/stores";
import { useAsked } from "./shared.js";
/** What a query returns, kept up to date. Null asks for nothing, until there is a query. */
export function useQuery(query) {
    return useAsked(query, () => liveQuery(query));
}
/**
 * What a query returns, page after page, all of it kept up to date. The server bounds how much one query shows
 * (limits.page, 500 documents).
 */
export function useInfiniteQuery(query, options = {}) {
    return useAsked(query, () => infiniteQuery(query, options), String(options.size));
}
/** Figures over a query, by group, kept up to date. */
export function useAggregate(query, ask) {
    return useAsked(query, () => liveAggregate(query, ask), JSON.stringify(ask));
}
/** One document, kept up to date. */
export function useDoc(reference) {
    return useAsked(reference, () => liveDoc(reference));
}
