import { computed, getCurrentInstance, onMounted, shallowRef, toValue, watch, type ComputedRef, type MaybeRefOrGetter, type ShallowRef } from "vue";
import type { Store } from "@basalt-dev/client/stores";

/** A value, a ref of one, or a function that returns one. */
export type Given<T> = MaybeRefOrGetter<T>;

/** What a query is asked of, which tells two clients apart. It is no business of an app. */
interface Asked {
  core?: object;
  key: string;
}

/** Follows the store that `make` returns, and another one when what `on` returns has changed. On a server, which renders once, it begins nothing. */
export function useStore<S>(make: () => Store<S>, on: (() => unknown)[] = []): ShallowRef<S> {
  const first = make();
  const state = shallowRef(first.get());
  let store: Store<S> | undefined = first;
  const follow = (): void => void watch(on, (_now, _before, end) => {
    store ??= make();
    state.value = store.get();
    end(store.subscribe((now) => (state.value = now)));
    store = undefined;
  }, { immediate: true });
  if (getCurrentInstance()) onMounted(follow);
  else follow();
  return state;
}

/** Follows the store of a query. A query is a new object each time: two that ask the same of the same client are one. */
export function useAsked<Q extends { readonly key: string }, S>(query: Given<Q | null | undefined>, make: (query: Q | null | undefined) => Store<S>, ...more: (() => unknown)[]): ShallowRef<S> {
  const asked = (): Asked | null | undefined => toValue(query) as Asked | null | undefined;
  return useStore(() => make(toValue(query)), [() => asked()?.core, () => asked()?.key, ...more]);
}

/** The values of a state, each as a ref of its own. */
export type Refs<S, K extends keyof S> = { readonly [P in K]-?: ComputedRef<S[P]> };

export function refs<S, K extends keyof S>(state: ShallowRef<S>, ...names: K[]): Refs<S, K> {
  return Object.fromEntries(names.map((name) => [name, computed(() => state.value[name])])) as unknown as Refs<S, K>;
}
