import { type ComputedRef, type MaybeRefOrGetter, type ShallowRef } from "vue";
import type { Store } from "@basalt-dev/client/stores";
/** A value, a ref of one, or a function that returns one. */
export type Given<T> = MaybeRefOrGetter<T>;
/** Follows the store that `make` returns, and another one when what `on` returns has changed. On a server, which renders once, it begins nothing. */
export declare function useStore<S>(make: () => Store<S>, on?: (() => unknown)[]): ShallowRef<S>;
/** Follows the store of a query. A query is a new object each time: two that ask the same of the same client are one. */
export declare function useAsked<Q extends {
    readonly key: string;
}, S>(query: Given<Q | null | undefined>, make: (query: Q | null | undefined) => Store<S>, ...more: (() => unknown)[]): ShallowRef<S>;
/** The values of a state, each as a ref of its own. */
export type Refs<S, K extends keyof S> = {
    readonly [P in K]-?: ComputedRef<S[P]>;
};
export declare function refs<S, K extends keyof S>(state: ShallowRef<S>, ...names: K[]): Refs<S, K>;
