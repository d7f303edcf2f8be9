import { computed, getCurrentInstance, onMounted, shallowRef, toValue, watch } from "vue";
/** Follows the store that `make` returns, and another one when what `on` returns has changed. On a server, which renders once, it begins nothing. */
export function useStore(make, on = []) {
    const first = make();
    const state = shallowRef(first.get());
    let store = first;
    const follow = () => void watch(on, (_now, _before, end) => {
        store ??= make();
        state.value = store.get();
        end(store.subscribe((now) => (state.value = now)));
        store = undefined;
    }, { immediate: true });
    if (getCurrentInstance())
        onMounted(follow);
    else
        follow();
    return state;
}
/** Follows the store of a query. A query is a new object each time: two that ask the same of the same client are one. */
export function useAsked(query, make, ...more) {
    const asked = () => toValue(query);
    return useStore(() => make(toValue(query)), [() => asked()?.core, () => asked()?.key, ...more]);
}
export function refs(state, ...names) {
    return Object.fromEntries(names.map((name) => [name, computed(() => state.value[name])]));
}
