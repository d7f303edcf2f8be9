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

// src/stores/index.ts
var index_exports = {};
__export(index_exports, {
  currentUser: () => currentUser,
  infiniteQuery: () => infiniteQuery,
  liveAggregate: () => liveAggregate,
  liveDoc: () => liveDoc,
  liveQuery: () => liveQuery,
  mutation: () => mutation,
  presence: () => presence,
  uploads: () => uploads,
  waitingWrites: () => waitingWrites
});
module.exports = __toCommonJS(index_exports);

// src/stores/store.ts
var State = class {
  constructor(first, begin) {
    this.first = first;
    this.begin = begin;
    this.state = first();
  }
  first;
  begin;
  runs = /* @__PURE__ */ new Set();
  end;
  state;
  get = () => this.state;
  subscribe = (run) => {
    const one = { run };
    this.runs.add(one);
    if (this.runs.size === 1) this.end = this.begin(this.set);
    run(this.state);
    return () => {
      if (!this.runs.delete(one) || this.runs.size > 0) return;
      this.end?.();
      this.end = void 0;
      this.state = this.first();
    };
  };
  set = (state) => {
    this.state = state;
    for (const one of [...this.runs]) if (this.runs.has(one)) one.run(state);
  };
};

// src/stores/live.ts
function live(asked, size, begin, view) {
  const core = asked?.core;
  return new State(() => view({ size, shown: size, retry: nothing, grow: nothing }), (set) => {
    let end = nothing;
    let now = { size, shown: size, retry: () => start(now), grow: (next) => next !== now.size && start({ ...now, size: next }) };
    const put = (next) => set(view(now = next));
    const start = (next) => {
      end();
      let over = false, unwatch;
      const { size: wanted } = next;
      now = next;
      if (next.shown !== wanted) put(next);
      const stop = asked ? begin(wanted, (value) => over || put({ ...now, value, error: void 0, shown: wanted }), (error) => {
        if (over) return;
        put({ ...now, error });
        unwatch?.();
        unwatch = onOtherUser(core, () => {
          put({ ...now, value: void 0, error: void 0, shown: wanted });
          start(now);
        });
      }) : nothing;
      end = () => {
        over = true;
        stop();
        unwatch?.();
      };
    };
    start(now);
    return () => end();
  });
}
function nothing() {
}
function onOtherUser(core, changed) {
  let first;
  return core?.http.authorizer?.onChange?.((user) => {
    const id = user?.id ?? null;
    if (first === void 0) first = id;
    else if (first !== id) changed();
  });
}
function queryState({ value, error, retry }) {
  return {
    docs: value?.docs ?? [],
    total: value?.total,
    loading: value === void 0 && !error,
    error,
    retry,
    hasPendingWrites: value?.hasPendingWrites ?? false,
    connected: (value?.connected ?? false) && !error
  };
}
function liveQuery(query) {
  return live(query, 0, (_, show, fail) => query.onSnapshot(show, fail), queryState);
}
function infiniteQuery(query, options = {}) {
  const step = options.size ?? 50;
  return live(query, step, (size, show, fail) => query.limit(size + 1).onSnapshot(show, fail), (l) => {
    const state = queryState(l);
    const hasMore = state.docs.length > l.size;
    const resizing = l.value !== void 0 && l.shown !== l.size;
    const loadMore = () => {
      if (hasMore && !resizing) l.grow(l.size + step);
    };
    return { ...state, docs: hasMore ? state.docs.slice(0, l.size) : state.docs, hasMore, loadingMore: resizing && !state.error, loadMore };
  });
}
function liveAggregate(query, ask) {
  return live(query, 0, (_, show, fail) => query.onAggregate(ask, show, fail), ({ value, error, retry }) => ({ rows: value ?? [], loading: value === void 0 && !error, error, retry }));
}
function liveDoc(reference) {
  return live(reference, 0, (_, show, fail) => reference.onSnapshot(show, fail), ({ value, error, retry }) => ({ doc: value ?? null, loading: value === void 0 && !error, error, retry }));
}

// src/pause.ts
var Pause = class {
  listeners = /* @__PURE__ */ new Set();
  on = false;
  get paused() {
    return this.on;
  }
  pause() {
    this.set(true);
  }
  resume() {
    this.set(false);
  }
  /** Calls back when it is paused, and when it is resumed. Returns a function that unsubscribes. */
  onChange(listener) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  /** Waits until it is resumed, or a signal ends the waiting. */
  over(signal) {
    if (!this.on || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        if (this.on && !signal?.aborted) return;
        end();
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const end = this.onChange(done);
      signal?.addEventListener("abort", done, { once: true });
    });
  }
  set(on) {
    if (this.on === on) return;
    this.on = on;
    for (const listener of [...this.listeners]) listener();
  }
};

// src/stores/actions.ts
var Calls = class {
  constructor(action, view) {
    this.action = action;
    this.view = view;
    this.store = new State(() => this.now(), (set) => {
      this.sets.add(set);
      set(this.now());
      return () => this.sets.delete(set);
    });
  }
  action;
  view;
  running = 0;
  newest = 0;
  outcome = {};
  sets = /* @__PURE__ */ new Set();
  store;
  show() {
    for (const set of this.sets) set(this.now());
  }
  now() {
    return this.view({ ...this.outcome, error: this.outcome.error, data: this.outcome.data, pending: this.running > 0, mutate: this.mutate, reset: this.reset });
  }
  mutate = async (...args) => {
    const turn = ++this.newest;
    const settle = (outcome) => {
      this.running--;
      if (turn === this.newest) this.outcome = outcome;
      this.show();
    };
    this.running++;
    this.outcome = {};
    this.show();
    try {
      const data = await this.action(...args);
      settle({ data });
      return data;
    } catch (error) {
      settle({ error });
      return void 0;
    }
  };
  reset = () => {
    this.newest++;
    this.outcome = {};
    this.show();
  };
};
function mutation(action) {
  return new Calls(action, (state) => state).store;
}
function uploads(collection) {
  let progress = null;
  let newest;
  const running = /* @__PURE__ */ new Set();
  const holding = new Pause();
  const action = async (file, options = {}) => {
    const stop = new AbortController();
    const { signal, onProgress } = options;
    const abort = () => stop.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    running.add(stop);
    newest = stop;
    const show = (p) => {
      if (newest === stop) {
        progress = p;
        calls.show();
      }
      onProgress?.(p);
    };
    const to = collection();
    try {
      return await to.upload(file, { pause: holding, ...options, signal: stop.signal, onProgress: show });
    } catch (error) {
      if (stop.signal.aborted) {
        void to.cancelUpload(file, options).catch(() => void 0);
        return void 0;
      }
      throw error;
    } finally {
      running.delete(stop);
      if (running.size === 0) holding.resume();
      signal?.removeEventListener("abort", abort);
    }
  };
  const cancel = () => {
    for (const stop of running) stop.abort();
  };
  const resume = () => holding.resume();
  const pause = () => {
    if (running.size > 0) holding.pause();
  };
  holding.onChange(() => calls.show());
  const calls = new Calls(action, ({ mutate, pending, error, data, reset }) => ({
    upload: mutate,
    cancel,
    pause,
    resume,
    paused: holding.paused,
    pending,
    progress,
    error,
    doc: data,
    reset: () => {
      newest = void 0;
      progress = null;
      reset();
    }
  }));
  return calls.store;
}

// src/stores/presence.ts
function presence(channel, state, options = {}) {
  const keep = options.keep ?? 100;
  let joined;
  const first = { members: [], messages: [], update: async (next) => joined?.update(next), publish: (data) => channel.publish(data) };
  return new State(() => first, (set) => {
    let now = first;
    const put = (change) => set(now = { ...now, ...change });
    joined = channel.join({
      message: (m) => put({ messages: [...now.messages, m].slice(-keep) }),
      presence: (members) => put({ members }),
      error: (error) => put({ error })
    }, state);
    return () => {
      joined?.leave();
      joined = void 0;
    };
  });
}

// src/stores/session.ts
function currentUser(auth) {
  let known = false;
  const now = () => ({ user: auth.user, loading: auth.user === null && !known });
  return new State(now, (set) => {
    let over = false;
    const show = () => {
      if (!over) set(now());
    };
    void auth.ready.then(() => {
      known = true;
      show();
    });
    const end = auth.onChange(show);
    return () => {
      over = true;
      end();
    };
  });
}
function waitingWrites(outbox) {
  return new State(() => ({ pending: outbox?.pending ?? 0, refusals: [], dismiss: () => void 0 }), (set) => {
    let refusals = [];
    const show = () => set({ pending: outbox?.pending ?? 0, refusals: refusals.filter((r) => outbox?.isMine(r.mutation)), dismiss });
    const dismiss = (refusal) => {
      refusals = refusal ? refusals.filter((r) => r !== refusal) : [];
      show();
    };
    const ends = [outbox?.onChange(show), outbox?.onRefused((r) => {
      refusals = [...refusals, r];
      show();
    })];
    show();
    return () => ends.forEach((end) => end?.());
  });
}
