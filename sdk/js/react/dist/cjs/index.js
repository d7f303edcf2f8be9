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
  useDoc: () => useDoc,
  usePresence: () => usePresence,
  useQuery: () => useQuery
});
module.exports = __toCommonJS(index_exports);
var import_react = require("react");
var nothing = { client: void 0, key: "" };
function useAsked(query) {
  const client = query?.core;
  const key = query?.key ?? "";
  return (0, import_react.useMemo)(() => query ? { client, key } : nothing, [client, key]);
}
var loadingQuery = { docs: [], loading: true, hasPendingWrites: false, connected: false };
function useQuery(query) {
  const asked = useAsked(query);
  const [state, setState] = (0, import_react.useState)({ asked, state: loadingQuery });
  const latest = (0, import_react.useRef)(query);
  latest.current = query;
  (0, import_react.useEffect)(() => {
    if (!latest.current) return void 0;
    return latest.current.onSnapshot(
      (s) => setState({ asked, state: { docs: s.docs, total: s.total, loading: false, hasPendingWrites: s.hasPendingWrites, connected: s.connected } }),
      (error) => setState({ asked, state: { ...loadingQuery, loading: false, error } })
    );
  }, [asked]);
  return state.asked === asked ? state.state : loadingQuery;
}
function useDoc(reference) {
  const asked = useAsked(reference);
  const [state, setState] = (0, import_react.useState)({ asked, state: { doc: null, loading: true } });
  const latest = (0, import_react.useRef)(reference);
  latest.current = reference;
  (0, import_react.useEffect)(() => {
    if (!latest.current) return void 0;
    return latest.current.onSnapshot(
      (doc) => setState({ asked, state: { doc, loading: false } }),
      (error) => setState({ asked, state: { doc: null, loading: false, error } })
    );
  }, [asked]);
  return state.asked === asked ? state.state : { doc: null, loading: true };
}
function usePresence(channel, state, options = {}) {
  const keep = options.keep ?? 100;
  const [members, setMembers] = (0, import_react.useState)([]);
  const [messages, setMessages] = (0, import_react.useState)([]);
  const [error, setError] = (0, import_react.useState)();
  const latest = (0, import_react.useRef)({ channel, state });
  latest.current = { channel, state };
  const joined = (0, import_react.useRef)(null);
  const { name } = channel;
  const client = channel.realtime;
  (0, import_react.useEffect)(() => {
    setMessages([]);
    setError(void 0);
    const own = latest.current.channel.join(
      { message: (m) => setMessages((all) => [...all, m].slice(-keep)), presence: setMembers, error: setError },
      latest.current.state
    );
    joined.current = own;
    return () => {
      joined.current = null;
      own.leave();
      setMembers([]);
    };
  }, [client, name, keep]);
  const actions = (0, import_react.useMemo)(() => ({
    update: async (next) => joined.current?.update(next),
    publish: (data) => latest.current.channel.publish(data)
  }), []);
  return { members, messages, error, ...actions };
}
