import { useMemo, useSyncExternalStore } from "react";
import type { Store } from "@basalt-dev/client/stores";

/** What a query is asked of, which tells two clients apart. It is no business of an app. */
interface Asked {
  core?: object;
  key: string;
}

/** Shows the state of a store. */
export function useStore<S>(store: Store<S>): S {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

/**
 * Shows the store of a query. A query is a new object in every render: two that ask the same of the same client are one. What
 * is added tells apart what is asked of one query.
 */
export function useAsked<Q extends { readonly key: string }, S>(query: Q | null | undefined, make: () => Store<S>, added = ""): S {
  const { core, key } = (query as Asked | null | undefined) ?? { core: undefined, key: "" };
  return useStore(useMemo(make, [core, key, added]));
}
