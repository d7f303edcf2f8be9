import type { Store } from "@basalt-dev/client/stores";
/** Shows the state of a store. */
export declare function useStore<S>(store: Store<S>): S;
/**
 * Shows the store of a query. A query is a new object in every render: two that ask the same of the same client are one. What
 * is added tells apart what is asked of one query.
 */
export declare function useAsked<Q extends {
    readonly key: string;
}, S>(query: Q | null | undefined, make: () => Store<S>, added?: string): S;
