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
var import_react2 = require("react");

// react/shared.ts
var import_react = require("react");
var nothing = { client: void 0, key: "" };
function useAsked(query, added = "") {
  const client = query?.core;
  const key = query ? query.key + added : "";
  return (0, import_react.useMemo)(() => key ? { client, key } : nothing, [client, key]);
}

// react/live.ts
function useLive(asked, size, begin) {
  const [held, setHeld] = (0, import_react2.useState)({ asked, size });
  const [attempt, setAttempt] = (0, import_react2.useState)(0);
  const latest = (0, import_react2.useRef)(begin);
  latest.current = begin;
  (0, import_react2.useEffect)(() => {
    let end, unwatch;
    const start = () => {
      end = latest.current?.((value) => setHeld({ asked, size, value }), (error) => {
        setHeld((before) => ({ asked, size, value: before.asked === asked ? before.value : void 0, error }));
        unwatch = onOtherUser(asked, () => {
          stop();
          setHeld({ asked, size });
          start();
        });
      });
    };
    const stop = () => {
      end?.();
      unwatch?.();
    };
    start();
    return stop;
  }, [asked, size, attempt]);
  const retry = (0, import_react2.useCallback)(() => setAttempt((n) => n + 1), []);
  if (held.asked !== asked) return { value: void 0, error: void 0, loading: true, resizing: false, retry };
  return { value: held.value, error: held.error, loading: held.value === void 0 && !held.error, resizing: held.value !== void 0 && held.size !== size, retry };
}
function onOtherUser(asked, changed) {
  let first;
  return asked.client?.http.authorizer?.onChange?.((user) => {
    const id = user?.id ?? null;
    if (first === void 0) first = id;
    else if (first !== id) changed();
  });
}
function queryState({ value, error, loading, retry }) {
  return {
    docs: value?.docs ?? [],
    total: value?.total,
    loading,
    error,
    retry,
    hasPendingWrites: value?.hasPendingWrites ?? false,
    connected: (value?.connected ?? false) && !error
  };
}
function useQuery(query) {
  return queryState(useLive(useAsked(query), 0, query ? (show, fail) => query.onSnapshot(show, fail) : void 0));
}
function useInfiniteQuery(query, options = {}) {
  const step = options.size ?? 50;
  const asked = useAsked(query);
  const [grown, setGrown] = (0, import_react2.useState)({ asked, size: step });
  const size = grown.asked === asked ? Math.max(grown.size, step) : step;
  const live = useLive(asked, size, query ? (show, fail) => query.limit(size + 1).onSnapshot(show, fail) : void 0);
  const state = queryState(live);
  const hasMore = state.docs.length > size;
  const ready = hasMore && !live.resizing;
  const loadMore = (0, import_react2.useCallback)(() => {
    if (ready) setGrown({ asked, size: size + step });
  }, [asked, ready, size, step]);
  return { ...state, docs: hasMore ? state.docs.slice(0, size) : state.docs, hasMore, loadingMore: live.resizing && !state.error, loadMore };
}
function useAggregate(query, ask) {
  const asked = useAsked(query, JSON.stringify(ask));
  const live = useLive(asked, 0, query ? (show, fail) => query.onAggregate(ask, show, fail) : void 0);
  return { rows: live.value ?? [], loading: live.loading, error: live.error, retry: live.retry };
}
function useDoc(reference) {
  const live = useLive(useAsked(reference), 0, reference ? (show, fail) => reference.onSnapshot(show, fail) : void 0);
  return { doc: live.value ?? null, loading: live.loading, error: live.error, retry: live.retry };
}

// react/actions.ts
var import_react3 = require("react");
function useMutation(action) {
  const [running, setRunning] = (0, import_react3.useState)(0);
  const [outcome, setOutcome] = (0, import_react3.useState)({});
  const latest = (0, import_react3.useRef)(action);
  latest.current = action;
  const newest = (0, import_react3.useRef)(0);
  const mutate = (0, import_react3.useCallback)(async (...args) => {
    const turn = ++newest.current;
    const settle = (o) => {
      setRunning((n) => n - 1);
      if (turn === newest.current) setOutcome(o);
    };
    setRunning((n) => n + 1);
    setOutcome({});
    try {
      const data = await latest.current(...args);
      settle({ data });
      return data;
    } catch (error) {
      settle({ error });
      return void 0;
    }
  }, []);
  const reset = (0, import_react3.useCallback)(() => {
    newest.current++;
    setOutcome({});
  }, []);
  return { mutate, pending: running > 0, error: outcome.error, data: outcome.data, reset };
}
function useUpload(collection) {
  const [progress, setProgress] = (0, import_react3.useState)(null);
  const running = (0, import_react3.useRef)(/* @__PURE__ */ new Set());
  const newest = (0, import_react3.useRef)(null);
  const action = async (file, options = {}) => {
    const stop = new AbortController();
    const { signal, onProgress } = options;
    const abort = () => stop.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    running.current.add(stop);
    newest.current = stop;
    const show = (p) => {
      if (newest.current === stop) setProgress(p);
      onProgress?.(p);
    };
    try {
      return await collection.upload(file, { ...options, signal: stop.signal, onProgress: show });
    } catch (error2) {
      if (stop.signal.aborted) return void 0;
      throw error2;
    } finally {
      running.current.delete(stop);
      signal?.removeEventListener("abort", abort);
    }
  };
  const { mutate, pending, error, data, reset } = useMutation(action);
  const cancel = (0, import_react3.useCallback)(() => {
    for (const stop of running.current) stop.abort();
  }, []);
  const forget = (0, import_react3.useCallback)(() => {
    newest.current = null;
    setProgress(null);
    reset();
  }, [reset]);
  return { upload: mutate, cancel, pending, progress, error, doc: data, reset: forget };
}

// react/presence.ts
var import_react4 = require("react");
function usePresence(channel, state, options = {}) {
  const keep = options.keep ?? 100;
  const [members, setMembers] = (0, import_react4.useState)([]);
  const [messages, setMessages] = (0, import_react4.useState)([]);
  const [error, setError] = (0, import_react4.useState)();
  const latest = (0, import_react4.useRef)({ channel, state });
  latest.current = { channel, state };
  const joined = (0, import_react4.useRef)(null);
  const { name } = channel;
  const client = channel.realtime;
  (0, import_react4.useEffect)(() => {
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
  const actions = (0, import_react4.useMemo)(() => ({
    update: async (next) => joined.current?.update(next),
    publish: (data) => latest.current.channel.publish(data)
  }), []);
  return { members, messages, error, ...actions };
}

// react/session.ts
var import_react5 = require("react");
function useUser(auth) {
  const subscribe = (0, import_react5.useCallback)((changed) => auth.onChange(changed), [auth]);
  const user = (0, import_react5.useSyncExternalStore)(subscribe, () => auth.user, () => null);
  const [ready, setReady] = (0, import_react5.useState)();
  (0, import_react5.useEffect)(() => {
    let gone = false;
    void auth.ready.then(() => {
      if (!gone) setReady(auth);
    });
    return () => {
      gone = true;
    };
  }, [auth]);
  return { user, loading: user === null && ready !== auth };
}
var none = [];
function useOutbox(outbox) {
  const subscribe = (0, import_react5.useCallback)((changed) => outbox?.onChange(changed) ?? (() => void 0), [outbox]);
  const pending = (0, import_react5.useSyncExternalStore)(subscribe, () => outbox?.pending ?? 0, () => 0);
  const [held, setHeld] = (0, import_react5.useState)({ of: outbox, refusals: none });
  (0, import_react5.useEffect)(() => {
    setHeld({ of: outbox, refusals: none });
    return outbox?.onRefused((r) => setHeld((before) => ({ of: outbox, refusals: [...before.of === outbox ? before.refusals : none, r] })));
  }, [outbox]);
  const dismiss = (0, import_react5.useCallback)((refusal) => {
    setHeld((before) => ({ of: before.of, refusals: refusal ? before.refusals.filter((r) => r !== refusal) : none }));
  }, []);
  const mine = held.of === outbox ? held.refusals.filter((r) => outbox?.isMine(r.mutation)) : none;
  return { pending, refusals: mine, dismiss };
}
