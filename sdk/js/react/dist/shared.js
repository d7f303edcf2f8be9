import { useMemo, useSyncExternalStore } from "react";
/** Shows the state of a store. */
export function useStore(store) {
    return useSyncExternalStore(store.subscribe, store.get, store.get);
}
/**
 * Shows the store of a query. A query is a new object in every render: two that ask the same of the same client are one. What
 * is added tells apart what is asked of one query.
 */
export function useAsked(query, make, added = "") {
    const { core, key } = query ?? { core: undefined, key: "" };
    return useStore(useMemo(make, [core, key, added]));
}
