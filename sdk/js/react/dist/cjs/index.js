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

// react/index.ts
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

// react/live.ts
var import_stores = require("@basalt-dev/client/stores");

// react/shared.ts
var import_react = require("react");
function useStore(store) {
  return (0, import_react.useSyncExternalStore)(store.subscribe, store.get, store.get);
}
function useAsked(query, make, added = "") {
  const { core, key } = query ?? { core: void 0, key: "" };
  return useStore((0, import_react.useMemo)(make, [core, key, added]));
}

// react/live.ts
function useQuery(query) {
  return useAsked(query, () => (0, import_stores.liveQuery)(query));
}
function useInfiniteQuery(query, options = {}) {
  return useAsked(query, () => (0, import_stores.infiniteQuery)(query, options), String(options.size));
}
function useAggregate(query, ask) {
  return useAsked(query, () => (0, import_stores.liveAggregate)(query, ask), JSON.stringify(ask));
}
function useDoc(reference) {
  return useAsked(reference, () => (0, import_stores.liveDoc)(reference));
}

// react/actions.ts
var import_react2 = require("react");
var import_stores2 = require("@basalt-dev/client/stores");
function useMutation(action) {
  const latest = (0, import_react2.useRef)(action);
  latest.current = action;
  const [store] = (0, import_react2.useState)(() => (0, import_stores2.mutation)((...args) => latest.current(...args)));
  return useStore(store);
}
function useUpload(collection) {
  const latest = (0, import_react2.useRef)(collection);
  latest.current = collection;
  const [store] = (0, import_react2.useState)(() => (0, import_stores2.uploads)(() => latest.current));
  return useStore(store);
}

// react/presence.ts
var import_react3 = require("react");
var import_stores3 = require("@basalt-dev/client/stores");
function usePresence(channel, state, options = {}) {
  const { realtime, name } = channel;
  return useStore((0, import_react3.useMemo)(() => (0, import_stores3.presence)(channel, state, options), [realtime, name, options.keep]));
}

// react/session.ts
var import_react4 = require("react");
var import_stores4 = require("@basalt-dev/client/stores");
function useUser(auth) {
  return useStore((0, import_react4.useMemo)(() => (0, import_stores4.currentUser)(auth), [auth]));
}
function useOutbox(outbox) {
  return useStore((0, import_react4.useMemo)(() => (0, import_stores4.waitingWrites)(outbox), [outbox]));
}
