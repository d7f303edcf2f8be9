var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// vue/index.ts
var index_exports = {};
__export(index_exports, {
  useAggregate: () => useAggregate,
  useDoc: () => useDoc,
  useInfiniteQuery: () => useInfiniteQuery,
  useMutation: () => useMutation,
  useOutbox: () => useOutbox,
  usePresence: () => usePresence,
  useQuery: () => useQuery,
  useUpload: () => useUpload,
  useUser: () => useUser
});
module.exports = __toCommonJS(index_exports);

// vue/live.ts
var import_vue2 = require("vue");
var import_stores = require("@basalt-dev/client/stores");

// vue/shared.ts
var import_vue = require("vue");
function useStore(make, on = []) {
  const first = make();
  const state = (0, import_vue.shallowRef)(first.get());
  let store = first;
  const follow = () => void (0, import_vue.watch)(on, (_now, _before, end) => {
    store ??= make();
    state.value = store.get();
    end(store.subscribe((now) => state.value = now));
    store = void 0;
  }, { immediate: true });
  if ((0, import_vue.getCurrentInstance)()) (0, import_vue.onMounted)(follow);
  else follow();
  return state;
}
function useAsked(query, make, ...more) {
  const asked = () => (0, import_vue.toValue)(query);
  return useStore(() => make((0, import_vue.toValue)(query)), [() => asked()?.core, () => asked()?.key, ...more]);
}
function refs(state, ...names) {
  return Object.fromEntries(names.map((name) => [name, (0, import_vue.computed)(() => state.value[name])]));
}

// vue/live.ts
var ofQuery = ["docs", "total", "loading", "error", "hasPendingWrites", "connected"];
function useQuery(query) {
  const state = useAsked(query, (q) => (0, import_stores.liveQuery)(q));
  return { ...refs(state, ...ofQuery), retry: () => state.value.retry() };
}
function useInfiniteQuery(query, options = {}) {
  const state = useAsked(query, (q) => (0, import_stores.infiniteQuery)(q, options));
  return { ...refs(state, ...ofQuery, "hasMore", "loadingMore"), retry: () => state.value.retry(), loadMore: () => state.value.loadMore() };
}
function useAggregate(query, ask) {
  const state = useAsked(query, (q) => (0, import_stores.liveAggregate)(q, (0, import_vue2.toValue)(ask)), () => JSON.stringify((0, import_vue2.toValue)(ask)));
  return { ...refs(state, "rows", "loading", "error"), retry: () => state.value.retry() };
}
function useDoc(reference) {
  const state = useAsked(reference, (r) => (0, import_stores.liveDoc)(r));
  return { ...refs(state, "doc", "loading", "error"), retry: () => state.value.retry() };
}

// vue/actions.ts
var import_vue3 = require("vue");
var import_stores2 = require("@basalt-dev/client/stores");
function useMutation(action) {
  const state = useStore(() => (0, import_stores2.mutation)(action));
  const { mutate, reset } = state.value;
  return { ...refs(state, "pending", "error", "data"), mutate, reset };
}
function useUpload(collection) {
  const state = useStore(() => (0, import_stores2.uploads)(() => (0, import_vue3.toValue)(collection)));
  const { upload, cancel, pause, resume, reset } = state.value;
  return { ...refs(state, "pending", "paused", "progress", "error", "doc"), upload, cancel, pause, resume, reset };
}

// vue/session.ts
var import_stores3 = require("@basalt-dev/client/stores");
var import_vue4 = require("vue");
function useUser(auth) {
  return refs(useStore(() => (0, import_stores3.currentUser)(auth)), "user", "loading");
}
function useOutbox(outbox) {
  const state = useStore(() => (0, import_stores3.waitingWrites)(outbox));
  return { ...refs(state, "pending", "refusals"), dismiss: (refusal) => state.value.dismiss(refusal) };
}
function usePresence(channel, state, options = {}) {
  const of = () => (0, import_vue4.toValue)(channel);
  const now = useStore(() => (0, import_stores3.presence)((0, import_vue4.toValue)(channel), state, options), [() => of().realtime, () => of().name]);
  return { ...refs(now, "members", "messages", "error"), update: (next) => now.value.update(next), publish: (data) => now.value.publish(data) };
}
