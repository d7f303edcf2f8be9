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

// src/basalt.ts
var basalt_exports = {};
__export(basalt_exports, {
  Auth: () => Auth,
  BasaltError: () => BasaltError,
  Batch: () => Batch,
  Channel: () => Channel,
  Collection: () => Collection,
  Database: () => Database,
  DocumentReference: () => DocumentReference,
  Functions: () => Functions,
  Outbox: () => Outbox,
  Pause: () => Pause,
  append: () => append,
  claimsOf: () => claimsOf,
  createBrowserClient: () => createBrowserClient,
  createClient: () => createClient,
  createServerClient: () => createServerClient,
  increment: () => increment,
  indexed: () => indexed,
  indexedStore: () => indexedStore,
  needsSecondFactor: () => needsSecondFactor,
  newID: () => newID,
  now: () => now,
  prepend: () => prepend,
  pull: () => pull,
  push: () => push,
  randomKey: () => randomKey,
  remembered: () => remembered,
  removeAt: () => removeAt,
  uploadByLink: () => uploadByLink
});
module.exports = __toCommonJS(basalt_exports);

// src/error.ts
var BasaltError = class extends Error {
  constructor(code, message, status = 0, errors = [], retryAfter, requestId, options) {
    super(message, options);
    this.code = code;
    this.status = status;
    this.errors = errors;
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }
  code;
  status;
  errors;
  retryAfter;
  requestId;
  name = "BasaltError";
  /**
   * Whether the server itself has answered. What a proxy, a captive portal or the network answers is no answer to the
   * call: a write may still happen when it is sent again.
   */
  fromServer = false;
};
var byStatus = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  408: "timeout",
  409: "conflict",
  412: "precondition_failed",
  413: "too_large",
  414: "too_large",
  415: "unsupported_media_type",
  429: "rate_limited",
  431: "too_large",
  504: "timeout"
};
var known = /* @__PURE__ */ new Set([
  ...Object.values(byStatus),
  "invalid_json",
  "invalid",
  "internal",
  "unavailable"
]);
var isRest = (p) => "code" in p && typeof p.code === "string" && "message" in p && typeof p.message === "string" && "details" in p && "hint" in p;
function problem(response, body) {
  const { status, headers } = response;
  const p = typeof body === "object" && body !== null ? body : {};
  if (isRest(p)) {
    const error2 = new BasaltError(byStatus[status] ?? (status < 500 ? "invalid" : status === 503 ? "unavailable" : "internal"), p.message + (p.details ? `: ${p.details}` : ""), status, [], seconds(headers.get("Retry-After")), headers.get("X-Request-Id") ?? void 0);
    error2.fromServer = true;
    return error2;
  }
  const fromServer = known.has(p.code) || typeof p.code === "string" && headers.get("Content-Type")?.startsWith("application/problem+json") === true;
  const code = fromServer ? p.code : byStatus[status] ?? (status >= 400 && status < 500 && status !== 425 ? "invalid" : "unavailable");
  const errors = fromServer && p.errors || [];
  const error = new BasaltError(
    code,
    (fromServer && p.detail || `the server answered ${status}`) + reason(errors),
    status,
    errors,
    seconds(headers.get("Retry-After")),
    headers.get("X-Request-Id") ?? void 0
  );
  error.fromServer = fromServer;
  return error;
}
function reason([first, ...others]) {
  if (!first) return "";
  return `: ${first.field ? `${first.field}: ` : ""}${first.detail}${others.length > 0 ? ` (and ${others.length} more)` : ""}`;
}
function seconds(header) {
  if (!header) return void 0;
  const after = /^\s*\d+\s*$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - Date.now()) / 1e3);
  return after > 0 ? after : void 0;
}
function passes(e) {
  return e.code === "network" || e.code === "unavailable" || e.code === "timeout" && e.status === 504 && !e.fromServer || e.code === "conflict" && e.retryAfter !== void 0;
}

// src/answer.ts
var session = (o) => typeof o["access_token"] === "string" && typeof o["refresh_token"] === "string" && typeof o["user"] === "object" && o["user"] !== null;
var members = {
  document: (o) => "id" in o,
  items: (o) => Array.isArray(o["items"]),
  results: (o) => Array.isArray(o["results"]),
  rows: () => false,
  count: (o) => typeof o["count"] === "number",
  session,
  acceptance: (o) => session(o) || o["accepted"] === true,
  signup: (o) => session(o) || typeof o["confirm"] === "string"
};
function parse(text3) {
  try {
    return JSON.parse(text3);
  } catch {
    return void 0;
  }
}
function mayBeJSON(headers, due) {
  const type = (headers.get("Content-Type") ?? "").split(";")[0].trim().toLowerCase();
  return type === "application/json" || type.endsWith("+json") || due !== "anything" && (type === "" || type === "text/plain");
}
function read(response, text3, due) {
  const foreign = () => new BasaltError("unavailable", `what answered with ${response.status} is not the server; is there a sign-in page, or another app, at this address?`, response.status);
  if (due === "rows" && text3 === "" && response.headers.get("Idempotency-Key")) return [];
  if (response.status === 204) {
    if (due === "nothing" || due === "anything") return void 0;
    throw foreign();
  }
  const body = due === "nothing" || !mayBeJSON(response.headers, due) ? void 0 : parse(text3);
  if (body === void 0) throw foreign();
  if (due === "anything" || due === "rows" && Array.isArray(body)) return body;
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw foreign();
  if (!(members[due]?.(body) ?? true)) throw foreign();
  return body;
}

// src/deadline.ts
var Deadline = class {
  constructor(after, caller) {
    this.after = after;
    this.caller = caller;
    if (caller?.aborted) this.controller.abort();
    else caller?.addEventListener("abort", this.abort, { once: true });
    this.restart();
  }
  after;
  caller;
  controller = new AbortController();
  timer;
  timedOut = false;
  /** Goes to fetch. */
  get signal() {
    return this.controller.signal;
  }
  /** Starts the time again: something has arrived. */
  restart() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timedOut = true;
      this.controller.abort();
    }, this.after);
  }
  /** Stops the time until `restart`. */
  pause() {
    clearTimeout(this.timer);
  }
  /** The call has ended. */
  stop() {
    clearTimeout(this.timer);
    this.caller?.removeEventListener("abort", this.abort);
  }
  /** Waits for something of the call. Otherwise says what it means that it has failed by itself. */
  async wait(waited, otherwise, status = 0) {
    try {
      return await unlessAborted(this.signal, waited);
    } catch (cause) {
      if (this.caller?.aborted) throw aborted(this.caller);
      const [code, text3] = this.timedOut ? ["timeout", `no answer within ${this.after} ms`] : ["network", otherwise];
      throw new BasaltError(code, text3, this.timedOut ? 0 : status, [], void 0, void 0, { cause });
    }
  }
  abort = () => this.controller.abort();
};
function aborted(signal) {
  return new BasaltError("aborted", "the call was given up", 0, [], void 0, void 0, { cause: signal.reason });
}
async function unlessAborted(signal, waited) {
  if (!signal) return waited;
  if (signal.aborted) {
    waited.catch(() => void 0);
    throw aborted(signal);
  }
  let abort = () => void 0;
  try {
    return await Promise.race([waited, new Promise((_, reject) => {
      abort = () => reject(aborted(signal));
      signal.addEventListener("abort", abort, { once: true });
    })]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

// src/http.ts
var asks = /^\/v1\/db\/[^/]+\/(query|aggregate)$/;
var keeps = /^\/(v1\/(db|batch|channels|fn|events)|rest\/v1)(\/|$)/;
var seenTime = 6e5;
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
var sleep = (ms) => new Promise((done) => setTimeout(done, ms));
var Http = class {
  constructor(url, fetcher, timeout, retries = 2) {
    this.fetcher = fetcher;
    this.timeout = timeout;
    this.retries = retries;
    const { origin, pathname } = new URL(url, globalThis.location?.href);
    this.server = origin + pathname.replace(/\/+$/, "");
  }
  fetcher;
  timeout;
  retries;
  authorizer;
  /** The server, as everything that is kept is named by: its origin, and the path that it is below. */
  server;
  /** From which version of a collection on this client has seen it, and until when that matters. */
  seen = /* @__PURE__ */ new Map();
  /** The whole address of a path. */
  address(path2) {
    return new URL(this.server + path2);
  }
  /** Sends a call, and again when it could not be answered and nothing can happen twice by that. */
  async call(path2, call = {}) {
    call = await this.mine(call);
    const reads = (call.method ?? "GET") === "GET" || asks.test(path2);
    const key = reads || call.dry || !keeps.test(path2) ? void 0 : call.key ?? randomKey();
    const tries2 = reads || key || call.dry ? call.retries ?? this.retries : 0;
    for (let n = 0; ; n++) {
      try {
        return await this.once(path2, key ? { ...call, headers: { ...call.headers, "Idempotency-Key": key } } : call, reads);
      } catch (e) {
        if (!(e instanceof BasaltError) || !passes(e) || n >= tries2) throw e;
        const wait2 = Math.min(5e3, (e.retryAfter ?? 0) * 1e3) || 150 * 3 ** n * (0.5 + Math.random());
        await unlessAborted(call.signal, sleep(wait2));
      }
    }
  }
  /** Sends a call for an answer that comes in pieces. The deadline is to be stopped at its end. */
  async open(path2, call) {
    const { response, deadline } = await this.authorized(path2, await this.mine(call), false);
    if (response.ok) return { response, deadline };
    try {
      throw problem(response, parse(await deadline.wait(response.text(), "the answer was cut off", response.status)));
    } finally {
      deadline.stop();
    }
  }
  /**
   * Notes whose call it is. It is sent as them or not at all, however long it waits for a token or tries again: who
   * signs in meanwhile has not made it.
   */
  async mine(call) {
    if (call.signal?.aborted) throw aborted(call.signal);
    if (call.anonymous || call.as !== void 0 || !this.authorizer) return call;
    return { ...call, as: await unlessAborted(call.signal, this.authorizer.caller()) };
  }
  async once(path2, call, reads) {
    if (reads) call = { ...call, headers: { ...call.headers, ...this.seenHeader() } };
    const { response, deadline } = await this.authorized(path2, call, reads);
    try {
      this.note(response.headers.get("X-Basalt-Seen"));
      const text3 = await deadline.wait(response.text(), "the answer was cut off", response.status);
      if (!response.ok) throw problem(response, parse(text3));
      return { status: response.status, body: read(response, text3, call.due ?? "object"), headers: response.headers };
    } finally {
      deadline.stop();
    }
  }
  /** Sends a call with the token of whose it is, and with another one when that is refused. */
  async authorized(path2, call, reads) {
    const { authorizer } = this;
    if (call.anonymous || !authorizer) return this.send(path2, call, void 0);
    const token = await unlessAborted(call.signal, authorizer.token(call.as, reads));
    const sent = await this.send(path2, call, token);
    if (sent.response.status !== 401 || !token) return sent;
    const other = await unlessAborted(call.signal, authorizer.refused(token, call.as)).catch((e) => {
      sent.deadline.stop();
      throw e;
    });
    if (!other) return sent;
    sent.deadline.stop();
    return this.send(path2, call, other);
  }
  /** Notes from which versions on a write is seen. */
  note(header) {
    for (const part of header?.split(",") ?? []) {
      const [name, version] = part.split("=");
      if (name && Number(version) > (this.seen.get(name)?.version ?? 0)) {
        this.seen.set(name, { version: Number(version), until: Date.now() + seenTime });
      }
    }
  }
  seenHeader() {
    const now2 = Date.now();
    const parts = [];
    for (const [name, { version, until }] of this.seen) {
      if (until < now2) this.seen.delete(name);
      else parts.push(`${name}=${version}`);
    }
    return parts.length > 0 ? { "X-Basalt-Seen": parts.join(",") } : {};
  }
  async send(path2, call, token) {
    const url = this.address(path2);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== void 0) url.searchParams.set(name, value);
    }
    const headers = { ...call.headers };
    if (token) headers["Authorization"] = `Bearer ${token}`;
    if (call.body !== void 0) headers["Content-Type"] = "application/json";
    const body = call.raw ?? (call.body === void 0 ? void 0 : JSON.stringify(call.body));
    const deadline = new Deadline(this.timeout + (call.patience ?? 0), call.signal);
    const fetcher = this.fetcher;
    try {
      const asked = (async () => fetcher(url, { method: call.method ?? "GET", headers, body, signal: deadline.signal }))();
      const response = await deadline.wait(asked, "the server cannot be reached");
      deadline.restart();
      return { response, deadline };
    } catch (error) {
      deadline.stop();
      throw error;
    }
  }
};

// src/arrival.ts
var popupParameter = "basalt_popup";
function errandOf(address) {
  const clean = new URL(address);
  const at2 = /(^#|[?&#])basalt=/.exec(clean.hash);
  if (!at2) return null;
  const answer = Object.fromEntries(new URLSearchParams(clean.hash.slice(at2.index + at2[1].length)));
  clean.hash = clean.hash.slice(0, at2.index);
  return { kind: answer["basalt"], answer, clean, flow: clean.searchParams.get(popupParameter) };
}
async function sentBy(http, server) {
  try {
    return (await http.call("/v1/auth/server", { anonymous: true })).body.server === server;
  } catch (error) {
    if (error instanceof BasaltError && error.code === "not_found") return false;
    throw error;
  }
}
function impersonationAt(address) {
  const errand = address ? errandOf(address) : null;
  return errand?.kind === "impersonation" && errand.answer["code"] && errand.answer["server"] ? errand : null;
}
function codeOf(answer) {
  if (answer["code"]) return answer["code"];
  throw new BasaltError(answer["error"] ?? "unauthenticated", answer["error_description"] ?? "signing in with a provider has failed");
}
var channelOf = (flow) => new BroadcastChannel(`basalt.oauth:${flow}`);
function forPopup(redirect, flow) {
  redirect.searchParams.set(popupParameter, flow);
}
function handOver(errand) {
  const channel = channelOf(errand.flow);
  channel.postMessage(errand.answer);
  channel.close();
  window.close();
}
var closedTime = 18e4;
function fromPopup(popup, flow, signal) {
  return new Promise((resolve, reject) => {
    const channel = channelOf(flow);
    let closed = 0;
    const watch = setInterval(() => {
      if (!popup.closed) closed = 0;
      else if ((closed ||= Date.now()) + closedTime < Date.now()) fail(new BasaltError("aborted", "the window was closed"));
    }, 500);
    const end = () => {
      clearInterval(watch);
      signal.removeEventListener("abort", abort);
      channel.close();
    };
    const fail = (error) => {
      end();
      reject(error);
    };
    const abort = () => fail(new BasaltError("aborted", "signing in was given up"));
    channel.onmessage = (event) => {
      end();
      try {
        resolve(codeOf(event.data));
      } catch (error) {
        reject(error);
      }
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
}
var prefix = "basalt.oauth:";
function pageStorage() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return void 0;
  }
}
function leave(name, away) {
  try {
    pageStorage().setItem(prefix + name, JSON.stringify(away));
  } catch (cause) {
    const text3 = "the browser keeps nothing for this page, so that it could not go on when it comes back; use { popup: true }";
    throw new BasaltError("forbidden", text3, 0, [], void 0, void 0, { cause });
  }
}
function cameBack(name) {
  try {
    return JSON.parse(pageStorage()?.getItem(prefix + name) ?? "null");
  } catch {
    return null;
  }
}
function elsewhere(name) {
  return Object.keys(pageStorage() ?? {}).some((key) => key.startsWith(prefix) && key !== prefix + name);
}
function forget(name) {
  pageStorage()?.removeItem(prefix + name);
}

// src/passkeys.ts
function bytes(text3) {
  const raw = atob(String(text3).replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0)).buffer;
}
function text(buffer) {
  let raw = "";
  for (const b of new Uint8Array(buffer)) raw += String.fromCharCode(b);
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
var base64url = (b) => text(b.slice().buffer);
var descriptors = (list) => (list ?? []).map((d) => ({ ...d, id: bytes(d.id) }));
async function createPasskey(options) {
  const user = options.user;
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: descriptors(options.excludeCredentials)
  };
  const made2 = await navigator.credentials.create({ publicKey });
  const response = made2.response;
  return {
    ...common(made2),
    response: { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject), transports: response.getTransports?.() ?? [] }
  };
}
async function usePasskey(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: descriptors(options.allowCredentials)
  };
  const got = await navigator.credentials.get({ publicKey });
  const response = got.response;
  return {
    ...common(got),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : void 0
    }
  };
}
function common(c) {
  return {
    id: c.id,
    rawId: text(c.rawId),
    type: c.type,
    authenticatorAttachment: c.authenticatorAttachment ?? void 0,
    clientExtensionResults: c.getClientExtensionResults()
  };
}

// src/given.ts
function claimsOf(token) {
  try {
    const text3 = atob((token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/"));
    const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(text3, (c) => c.charCodeAt(0))));
    return typeof claims === "object" && claims !== null ? claims : void 0;
  } catch {
    return void 0;
  }
}
function sessionOf(token, server) {
  const claims = token === null ? void 0 : claimsOf(token);
  if (token === null || typeof claims?.["sub"] !== "string") return null;
  const { sub: id, email, exp } = claims;
  return {
    accessToken: token,
    refreshToken: "",
    expiresAt: typeof exp === "number" ? exp * 1e3 : Number.MAX_SAFE_INTEGER,
    server,
    user: {
      id,
      email: typeof email === "string" ? email : null,
      email_verified: claims["email_verified"] === true,
      new_email: null,
      anonymous: claims["anonymous"] === true,
      totp: false,
      created: ""
    }
  };
}

// src/locks.ts
async function exclusive(name, f, signal) {
  const locks = globalThis.navigator?.locks;
  if (!locks) return f();
  let begun = false;
  const run = () => {
    begun = true;
    return f();
  };
  try {
    return await (signal ? locks.request(name, { signal }, run) : locks.request(name, run));
  } catch (error) {
    if (begun) throw error;
    if (signal?.aborted) throw aborted(signal);
    return f();
  }
}

// src/storage.ts
function defaultStorage(key) {
  try {
    const store = globalThis.window?.localStorage;
    if (store) {
      return {
        get: () => store.getItem(key),
        set: (value) => store.setItem(key, value),
        remove: () => store.removeItem(key)
      };
    }
  } catch {
  }
  return memory();
}
function memory() {
  let kept2 = null;
  return { get: () => kept2, set: (value) => void (kept2 = value), remove: () => void (kept2 = null) };
}
function tabStorage(key) {
  try {
    const store = globalThis.window?.sessionStorage;
    return store && {
      get: () => store.getItem(key),
      set: (value) => store.setItem(key, value),
      remove: () => store.removeItem(key)
    };
  } catch {
    return void 0;
  }
}
var SafeStorage = class {
  constructor(storage) {
    this.storage = storage;
  }
  storage;
  writes = Promise.resolve();
  /** What could not be written. */
  unwritten;
  /** The text at once, undefined when that cannot be said: a storage may answer with promises. */
  now() {
    try {
      const value = this.storage.get();
      if (value instanceof Promise) value.catch(() => void 0);
      return typeof value === "string" ? value : void 0;
    } catch {
      return void 0;
    }
  }
  /** The text, null when there is none, and undefined when that cannot be said. */
  async read() {
    await this.writes;
    if (this.unwritten) return this.unwritten.value;
    try {
      return await this.storage.get() ?? null;
    } catch {
      return void 0;
    }
  }
  write(value) {
    this.writes = this.writes.then(async () => {
      try {
        await (value === null ? this.storage.remove() : this.storage.set(value));
        this.unwritten = void 0;
      } catch {
        this.unwritten = { value };
        if (value !== null) await (async () => this.storage.remove())().catch(() => void 0);
      }
    });
    return this.writes;
  }
};

// src/session.ts
var margin = 3e4;
var left = () => new BasaltError("unauthenticated", "the user who made this call is no longer signed in");
var Sessions = class {
  /** The name is that of all that is kept: of the server, and of the client where a page has several. */
  constructor(http, storage, name, tokens) {
    this.http = http;
    this.name = name;
    this.tokens = tokens;
    const key = `basalt.session:${name}`;
    const tab = storage || tokens ? void 0 : tabStorage(`${key}:impersonation`);
    this.storage = new SafeStorage(storage ?? (tab?.get() ? tab : defaultStorage(key)));
    http.authorizer = this;
    if (tokens) {
      tokens.onChange((token) => {
        this.heard++;
        void this.take(token);
      });
      this.loaded = this.ask(tokens).catch(() => this.load());
      return;
    }
    const errand = tab && name === http.server ? impersonationAt(globalThis.location?.href) : null;
    if (!errand) this.adopt(this.storage.now());
    this.loaded = errand ? this.actAs(errand, tab) : this.load();
    if (!storage) this.followOtherTabs(key);
  }
  http;
  name;
  tokens;
  session = null;
  storage;
  listeners = /* @__PURE__ */ new Set();
  loaded;
  refreshing = null;
  /** The numbers of the newest sign-in or sign-out that was asked for, and of the one whose outcome is there. */
  asked = 0;
  settled = 0;
  /** How often the source of tokens has told of another one. */
  heard = 0;
  /** The user who is signed in, null when no one is. With a storage that answers with promises it is not known before `ready`. */
  get user() {
    return this.session?.user ?? null;
  }
  /** Resolves when the stored session has been read. */
  get ready() {
    return this.loaded;
  }
  /** Calls back with the user now, as soon as that is known, and at every change. Returns a function that unsubscribes. */
  onChange(listener) {
    let ended = false;
    void this.loaded.then(() => {
      if (ended) return;
      this.listeners.add(listener);
      listener(this.user);
    });
    return () => {
      ended = true;
      this.listeners.delete(listener);
    };
  }
  async caller() {
    await this.loaded;
    return this.user?.id ?? null;
  }
  /** The token to send, refreshed when it is about to end; while it is valid, it does without. */
  async token(caller, reads = false) {
    await this.loaded;
    if (caller === null) return void 0;
    if (this.session && this.session.expiresAt - margin < Date.now()) {
      await this.refresh().catch((error) => {
        if (!this.session || this.session.expiresAt <= Date.now()) throw error;
      });
    }
    if (caller !== void 0 && caller !== this.user?.id && !(reads && !this.user)) throw left();
    return this.session?.accessToken;
  }
  /** Refreshes after a token was refused. */
  async refused(token, caller) {
    if (this.session?.accessToken === token) await this.refresh();
    if (caller !== void 0 && this.user && caller !== this.user.id) throw left();
    return this.session?.accessToken;
  }
  /** Gets new tokens. Null means that the session has ended. */
  refresh() {
    const of = this.session?.refreshToken;
    if (this.refreshing?.of === of && this.refreshing) return this.refreshing.done;
    const mine = { of, done: this.refreshOnce().finally(() => {
      if (this.refreshing === mine) this.refreshing = null;
    }) };
    this.refreshing = mine;
    return mine.done;
  }
  /** Refreshes in one tab at a time: the others find the new tokens in the storage. */
  refreshOnce() {
    return exclusive(`basalt.refresh:${this.name}`, () => this.refreshAlone());
  }
  async refreshAlone() {
    await this.loaded;
    if (this.tokens) {
      await this.ask(this.tokens, this.session?.accessToken);
      return this.session;
    }
    const before = this.session;
    await this.load();
    const session2 = this.session;
    if (!session2) return null;
    if (session2.refreshToken !== before?.refreshToken && session2.expiresAt - margin > Date.now()) return session2;
    let opened = null;
    if (!session2.refreshToken) return this.renewed(session2, null);
    try {
      const body = { refresh_token: session2.refreshToken };
      opened = (await this.http.call("/v1/auth/refresh", { method: "POST", body, anonymous: true, due: "session" })).body;
    } catch (error) {
      if (!(error instanceof BasaltError) || error.code !== "unauthenticated" || !error.fromServer) throw error;
    }
    return this.renewed(session2, opened);
  }
  /** Takes the token of the source, unless it tells of another one meanwhile. */
  async ask(tokens, refused) {
    const { heard } = this;
    const token = await tokens.get(refused);
    if (heard === this.heard) await this.take(token);
  }
  /** Makes a token of the source the session. Of it, only whose it is is kept. */
  async take(token) {
    const session2 = sessionOf(token, this.http.server);
    const written = this.storage.write(session2 && JSON.stringify({ ...session2, accessToken: "", expiresAt: 0 }));
    this.replace(session2);
    await written;
  }
  /** Replaces a session by its successor, unless another one is there by now: here, or in another tab. */
  async renewed(session2, opened) {
    const same = () => this.session?.refreshToken === session2.refreshToken;
    if (same()) await this.load();
    if (same()) await this.keep(opened && this.sessionOf(opened));
    else if (!this.session && opened) await this.end(opened.refresh_token).catch(() => void 0);
    return this.session;
  }
  /** Ends a session on the server. */
  async end(refreshToken, query) {
    await this.http.call("/v1/auth/signout", { method: "POST", query, body: { refresh_token: refreshToken }, anonymous: true, due: "nothing" });
  }
  /** Takes a number for a sign-in or sign-out: of those under way, the one that was asked for last wins. */
  turn() {
    if (this.tokens) throw new BasaltError("invalid", "the tokens of this client come from elsewhere; sign in and out there");
    return ++this.asked;
  }
  /** Signs in with the answer to a sign-in of a turn, and returns the user. */
  async opened(body, turn) {
    const opened = body;
    if (turn < this.settled) {
      void this.end(opened.refresh_token).catch(() => void 0);
      throw new BasaltError("aborted", "another sign-in or sign-out happened since");
    }
    await this.settle(turn, this.sessionOf(opened));
    return opened.user;
  }
  /** Keeps the outcome of a turn. */
  async settle(turn, session2) {
    this.settled = Math.max(this.settled, turn);
    await this.keep(session2);
  }
  /** Changes what is known of a user, if that is who is signed in still. */
  async amend(id, change) {
    const { session: session2 } = this;
    if (session2 && session2.user.id === id) await this.keep({ ...session2, user: { ...session2.user, ...change } });
  }
  sessionOf(t) {
    return {
      accessToken: t.access_token,
      refreshToken: t.refresh_token,
      expiresAt: Date.now() + t.expires_in * 1e3,
      user: t.user,
      server: this.http.server
    };
  }
  /**
   * Begins to act as a user, in this tab alone: what others have kept stays. Where the code is not good any more, no one is
   * signed in here, rather than someone else than it seems.
   */
  async actAs({ answer, clean }, tab) {
    const at2 = location.href;
    try {
      if (!await sentBy(this.http, answer["server"]) || location.href !== at2) return await this.load();
      history.replaceState(history.state, "", clean);
      const opened = (await this.http.call("/v1/auth/impersonation", { method: "POST", body: { code: answer["code"] }, anonymous: true, due: "session" })).body;
      this.storage = new SafeStorage(tab);
      await this.keep(this.sessionOf(opened));
    } catch {
      this.storage = new SafeStorage(memory());
    }
  }
  /** Reads the storage. What cannot be read, and the session of another server, change nothing. */
  async load() {
    const before = this.session;
    const text3 = await this.storage.read();
    if (this.session === before) this.adopt(text3);
  }
  adopt(text3) {
    const stored = text3 ? sessionIn(text3) : text3 === void 0 ? text3 : null;
    if (stored === void 0 || (stored?.server ?? this.http.server) !== this.http.server) return;
    this.replace(stored);
  }
  async keep(session2) {
    const written = this.storage.write(session2 && JSON.stringify(session2));
    this.replace(session2);
    await written;
  }
  replace(session2) {
    const before = JSON.stringify(this.session?.user);
    this.session = session2;
    if (before !== JSON.stringify(session2?.user)) for (const listener of [...this.listeners]) listener(this.user);
  }
  followOtherTabs(key) {
    globalThis.window?.addEventListener?.("storage", (event) => {
      if (event.key === key || event.key === null) void this.load();
    });
  }
};
function sessionIn(text3) {
  try {
    const s = JSON.parse(text3);
    return s && typeof s.accessToken === "string" && typeof s.user?.id === "string" ? s : void 0;
  } catch {
    return void 0;
  }
}

// src/auth.ts
function needsSecondFactor(error) {
  return error instanceof BasaltError && error.errors.some((e) => e.field === "totp" && e.code === "required");
}
var again = (r) => ({ current_password: r.currentPassword, totp: r.totp });
var items = (answer) => answer.body.items;
var Auth = class extends Sessions {
  arriving = null;
  popup = null;
  /**
   * Makes an account and signs in; an anonymous user keeps their id. Null means that the address has to be
   * confirmed first, by the mail that was sent to it. With `profile`, the document about the user is stored together
   * with the account: `signUp<NewPeople>(email, password, { profile: { name: "Ada" } })`.
   */
  async signUp(email, password, options = {}) {
    const turn = this.turn();
    const headers = await this.anonymousToken();
    const body = { email, password, ...options };
    const answer = await this.http.call("/v1/auth/signup", { method: "POST", body, anonymous: true, headers, due: "signup" });
    return answer.status === 202 ? null : this.opened(answer.body, turn);
  }
  async signIn(email, password, options = {}) {
    return this.open("/v1/auth/signin", { email, password, ...options });
  }
  /** Signs in as a new user without an address, who gets one by `signUp` and keeps the id. */
  async signInAnonymously(options = {}) {
    return this.open("/v1/auth/anonymous", { ...options });
  }
  /** Sends a link and a code to sign in with. It says nothing about whether there is an account. */
  async sendSignInMail(email, options = {}) {
    await this.http.call("/v1/auth/email", { method: "POST", body: { email, ...options }, anonymous: true });
  }
  /** Signs in with what was sent: the token of the link, or the code. */
  async verifyMail(proof, options = {}) {
    const turn = this.turn();
    return this.open("/v1/auth/email/verify", { ...proof, ...options }, await this.ownToken(), turn);
  }
  /** Sends the user who is signed in a mail to confirm their address with. */
  async sendConfirmation(options = {}) {
    await this.http.call("/v1/auth/email/confirm", { method: "POST", body: options });
  }
  /** Sends a link to set a new password with. */
  async sendPasswordReset(email, options = {}) {
    await this.http.call("/v1/auth/reset", { method: "POST", body: { email, ...options }, anonymous: true });
  }
  /** Sets a new password with the token of the link, and signs in. */
  async resetPassword(token, password, options = {}) {
    return this.open("/v1/auth/reset/confirm", { token, password, ...options });
  }
  /**
   * Signs in with a provider, as in `signInWith("google")`. By default the page goes there and comes back to
   * `redirect` (this page), where `arrive()` finishes it; with `popup: true` the promise does, and has to be
   * called from a click. It ends with the code "aborted" when the popup was closed some minutes ago, when the next one
   * is opened, and by `signal`. With `link: true` it becomes a way to sign in to the account that is signed in.
   */
  async signInWith(provider, options = {}) {
    const turn = this.turn();
    const popup = options.popup ? window.open("", "_blank", "popup,width=480,height=640") : null;
    if (options.popup && !popup) throw new BasaltError("forbidden", "the browser blocks popups; call this from a click");
    this.popup?.abort();
    const waiting = this.popup = new AbortController();
    options.signal?.addEventListener("abort", () => waiting.abort(), { once: true });
    if (options.signal?.aborted) waiting.abort();
    try {
      const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
      const redirect = new URL(options.redirect ?? location.href, location.href);
      const { hash } = redirect;
      redirect.hash = "";
      const flow = randomKey();
      if (popup) forPopup(redirect, flow);
      const link = options.link || this.user?.anonymous === true;
      const url = await this.leaving(provider, redirect, verifier);
      if (link) url.searchParams.set("link", await this.linking(options));
      if (options.captcha) url.searchParams.set("captcha", options.captcha);
      if (!popup) {
        leave(this.name, { verifier, hash, link });
        location.assign(url);
        return new Promise(() => {
        });
      }
      const code = fromPopup(popup, flow, waiting.signal);
      popup.location.href = url.href;
      return await this.exchange(await code, { verifier, link }, {}, turn);
    } catch (error) {
      popup?.close();
      throw error;
    }
  }
  /** The address to sign in elsewhere at. */
  async leaving(provider, redirect, verifier) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const url = this.http.address(`/v1/auth/oauth/${encodeURIComponent(provider)}`);
    url.searchParams.set("redirect", redirect.href);
    url.searchParams.set("code_challenge", base64url(new Uint8Array(digest)));
    url.searchParams.set("code_challenge_method", "S256");
    return url;
  }
  /** What makes it a way to sign in to the account that is signed in. */
  async linking(who) {
    return (await this.http.call("/v1/auth/oauth/link", { method: "POST", body: again(who) })).body.link;
  }
  /**
   * Finishes what this page was opened for: the link of a mail, or the way back from another server. It is to
   * be called when the page loads, and is null when there is nothing to finish. The address is cleaned. Called
   * again for the same address, as by React's StrictMode, it resolves with the same arrival.
   */
  arrive(options = {}) {
    const at2 = `${location.href} ${options.totp ?? ""}`;
    if (this.arriving?.at === at2) return this.arriving.arrival;
    const errand = errandOf(location.href);
    if (!errand) return Promise.resolve(null);
    const arriving = { at: at2, arrival: this.finish(errand, options) };
    this.arriving = arriving;
    arriving.arrival.catch(() => {
      if (this.arriving === arriving) this.arriving = null;
    });
    return arriving.arrival;
  }
  async finish({ kind, answer, clean, flow }, options) {
    const token = answer["token"] ?? "";
    if (kind === "impersonation") return null;
    if (kind !== "oauth" && answer["server"] && !await sentBy(this.http, answer["server"])) return null;
    switch (kind) {
      case "oauth": {
        if (flow) {
          handOver({ kind, answer, clean, flow });
          return { kind: "popup" };
        }
        const away = cameBack(this.name);
        if (!away && elsewhere(this.name)) return null;
        if (away?.hash && !clean.hash) clean.hash = away.hash;
        return this.tidy(clean, async () => {
          const code = codeOf(answer);
          if (!away) throw new BasaltError("unauthenticated", "this sign-in was not begun in this tab; begin it again");
          return { kind, user: await this.exchange(code, away, options) };
        });
      }
      case "signin":
      case "confirm":
        return this.tidy(clean, async () => ({ kind, user: await this.verifyMail({ token }, options) }));
      case "reset":
      case "invite":
        return this.tidy(clean, async () => ({ kind, token }));
      default:
        return null;
    }
  }
  /** Cleans the address afterwards, unless trying again with a second factor will need it. */
  async tidy(clean, what) {
    let again2 = false;
    try {
      return await what();
    } catch (error) {
      again2 = needsSecondFactor(error);
      throw error;
    } finally {
      if (!again2) {
        forget(this.name);
        history.replaceState(history.state, "", clean);
      }
    }
  }
  /** A link takes the token of the user who asked for it as well. */
  async exchange(code, away, options, turn = this.turn()) {
    return this.open("/v1/auth/oauth/exchange", { code, code_verifier: away.verifier, ...options }, away.link ? await this.ownToken() : void 0, turn);
  }
  /** Adds a passkey to the account, from this device or a key. The address has to be confirmed. */
  async addPasskey(name = "", who = {}) {
    const challenge = (await this.http.call("/v1/auth/passkeys", { method: "POST", body: again(who) })).body;
    const response = await createPasskey(challenge.options);
    const body = { id: challenge.id, name, response };
    return (await this.http.call("/v1/auth/passkeys/finish", { method: "POST", body })).body;
  }
  /** Signs in with a passkey that the browser has for this server. */
  async signInWithPasskey() {
    const turn = this.turn();
    const challenge = (await this.http.call("/v1/auth/passkeys/signin", { method: "POST", anonymous: true })).body;
    const response = await usePasskey(challenge.options);
    return this.open("/v1/auth/passkeys/signin/finish", { id: challenge.id, response }, void 0, turn);
  }
  async passkeys() {
    return items(await this.http.call("/v1/auth/passkeys", { due: "items" }));
  }
  async removePasskey(id, who = {}) {
    await this.http.call(`/v1/auth/passkeys/${encodeURIComponent(id)}`, { method: "DELETE", body: again(who), due: "nothing" });
  }
  /** Begins to set up a second factor: the secret, and an address to show as a QR code, for an authenticator app. */
  async enrolTotp(currentPassword) {
    const body = currentPassword === void 0 ? {} : { current_password: currentPassword };
    return (await this.http.call("/v1/auth/totp", { method: "POST", body })).body;
  }
  /** Enables the second factor, with the first code of the app. Returns recovery codes, to be shown once. */
  async confirmTotp(code) {
    const as = await this.caller();
    const answer = await this.http.call("/v1/auth/totp/confirm", { method: "POST", body: { code }, as });
    await this.amend(as, { totp: true });
    return answer.body.recovery_codes;
  }
  /** Disables the second factor, which takes one more code. */
  async removeTotp(code) {
    const as = await this.caller();
    await this.http.call("/v1/auth/totp", { method: "DELETE", body: { totp: code }, as, due: "nothing" });
    await this.amend(as, { totp: false });
  }
  /** The user's open sessions, on all devices. */
  async sessions() {
    return items(await this.http.call("/v1/auth/sessions", { due: "items" }));
  }
  /** Ends one of them. */
  async endSession(id) {
    await this.http.call(`/v1/auth/sessions/${encodeURIComponent(id)}`, { method: "DELETE", due: "nothing" });
  }
  /** Mails an invitation. It says nothing about whether the address has an account. */
  async invite(email, options = {}) {
    return (await this.http.call("/v1/auth/invite", { method: "POST", body: { email, ...options }, due: "document" })).body;
  }
  /** The user's invitations that wait to be accepted. */
  async invitations() {
    return items(await this.http.call("/v1/auth/invite", { due: "items" }));
  }
  /** Revokes an invitation. */
  async revokeInvitation(id) {
    await this.http.call(`/v1/auth/invite/${encodeURIComponent(id)}`, { method: "DELETE", due: "nothing" });
  }
  /**
   * Accepts an invitation with the token of its link, and signs in. Without an account, the address gets one, with
   * `password` and `profile`. With one, `password` is the current one, or the user is signed in already. An error with
   * the field `email` and the code `exists` asks for that.
   */
  async acceptInvitation(token, options = {}) {
    const turn = this.turn();
    const headers = await this.ownToken();
    const answer = await this.http.call("/v1/auth/invite/accept", { method: "POST", body: { token, ...options }, anonymous: true, headers, due: "acceptance" });
    if (answer.status !== 202) return this.opened(answer.body, turn);
    const session2 = await this.refresh();
    if (!session2) throw new BasaltError("unauthenticated", "the session has ended; sign in again");
    return session2.user;
  }
  /** How people can sign in here. */
  async providers() {
    return (await this.http.call("/v1/auth/providers", { anonymous: true })).body;
  }
  /** Ends the session here and on the server, or all of the user's. Offline it ends here all the same. */
  async signOut(options = {}) {
    const turn = this.turn();
    await this.loaded;
    const session2 = this.session;
    await this.settle(turn, null);
    if (!session2?.refreshToken) return;
    try {
      await this.end(session2.refreshToken, options.everywhere ? { everywhere: "true" } : void 0);
    } catch (error) {
      if (!(error instanceof BasaltError) || !passes(error)) throw error;
    }
  }
  /** Asks the server who is signed in. */
  async getUser() {
    return (await this.http.call("/v1/auth/user", { due: "document" })).body;
  }
  /** Changes the password, or the address: that is `new_email` of the answer until the mail that is sent there confirms it. */
  async updateUser(change) {
    const { currentPassword, totp, ...rest } = change;
    const as = await this.caller();
    const body = { ...rest, ...again({ currentPassword, totp }) };
    const user = (await this.http.call("/v1/auth/user", { method: "PATCH", body, as, due: "document" })).body;
    await this.amend(as, user);
    return user;
  }
  /** Removes the account of the user who is signed in, with everything that the server keeps about the person, and signs out. */
  async deleteUser(who = {}) {
    const turn = this.turn();
    const as = await this.caller();
    await this.http.call("/v1/auth/user", { method: "DELETE", body: again(who), as, due: "nothing" });
    if (this.user?.id === as) await this.settle(turn, null);
  }
  async open(path2, body, headers, turn = this.turn()) {
    await this.loaded;
    const answer = await this.http.call(path2, { method: "POST", body, anonymous: true, headers, due: "session" });
    return this.opened(answer.body, turn);
  }
  /** The header of an anonymous user, who is to keep the id. */
  async anonymousToken() {
    await this.loaded;
    return this.session?.user.anonymous ? this.ownToken() : void 0;
  }
  /** The header of who is signed in. */
  async ownToken() {
    const token = await this.token();
    return token ? { Authorization: `Bearer ${token}` } : void 0;
  }
};

// src/channel.ts
var Channel = class {
  constructor(realtime, name) {
    this.realtime = realtime;
    this.name = name;
  }
  realtime;
  name;
  /** Subscribes, and is present with a state where one is given. Returns a function that leaves, and one that changes the state. */
  join(listener, state) {
    const members2 = /* @__PURE__ */ new Map();
    const seen = /* @__PURE__ */ new Set();
    let own2 = state;
    const tell = () => listener.presence?.([...members2.values()].sort((a, b) => a.key < b.key ? -1 : 1));
    const said = (m, history2) => {
      if (seen.has(m.message)) return;
      seen.add(m.message);
      if (seen.size > 2e3) seen.delete(seen.values().next().value);
      listener.message?.(m, history2);
    };
    const leave2 = this.realtime.subscribe({
      ask: () => ({ channel: this.name, presence: listener.presence !== void 0, state: own2 }),
      message: (m) => {
        switch (m.event) {
          case "subscribed":
            members2.clear();
            for (const p of m["present"] ?? []) members2.set(p.key, p);
            for (const old of m["messages"]) said(old, true);
            if (listener.presence) tell();
            break;
          case "message":
            said(m, false);
            break;
          case "presence":
            if (m.type === "leave") members2.delete(m.key);
            else members2.set(m.key, { key: m.key, user: m["user"], state: m["state"] });
            tell();
        }
      },
      refused: (error) => listener.error?.(error)
    });
    return {
      leave: leave2,
      update: async (next) => {
        own2 = next;
        await this.realtime.request({ op: "presence", channel: this.name, state: next });
      }
    };
  }
  /** Sends a message to all who listen, the sender among them. */
  async publish(data) {
    await this.realtime.request({ op: "publish", channel: this.name, data });
  }
};

// src/dates.ts
var time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
function plain(value) {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString().replace("Z", "000Z");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, plain(v)]));
}
var Dates = class {
  /** True takes every member of a document for a time that is written like one. */
  constructor(times) {
    this.times = times;
  }
  times;
  made = /* @__PURE__ */ new WeakMap();
  /** A document with Dates: the same one for the same one. */
  of(collection, doc) {
    if (typeof doc !== "object" || doc === null) return doc;
    let out = this.made.get(doc);
    if (!out) this.made.set(doc, out = this.make(collection, doc));
    return out;
  }
  make(collection, doc) {
    const known2 = this.times === true ? void 0 : this.times[collection];
    const out = { ...doc };
    for (const [name, value] of Object.entries(doc)) {
      if (name === "expand" && typeof value === "object" && value !== null) out[name] = this.expanded(known2?.refs ?? {}, value);
      else if (this.isTime(collection, name, value)) out[name] = new Date(value);
    }
    return out;
  }
  expanded(refs, expand) {
    const one = (name, value) => Array.isArray(value) ? value.map((doc) => this.of(name, doc)) : this.of(refs[name] ?? name, value);
    return Object.fromEntries(Object.entries(expand).map(([name, value]) => [name, one(name, value)]));
  }
  isTime(collection, name, value) {
    if (typeof value !== "string" || !time.test(value)) return false;
    return this.times === true || (this.times[collection]?.times.includes(name) ?? false);
  }
};

// src/files.ts
function fileAddress(collection, rest = "") {
  return `/v1/files/${encodeURIComponent(collection)}${rest}`;
}
function pictureQuery(picture, others = {}) {
  const { width, height, fit, format, quality } = picture;
  const given = Object.entries({ ...others, width, height, fit, format, quality }).filter(([, value]) => value !== void 0);
  return given.length > 0 ? `?${given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}` : "";
}
async function download(http, collection, id, options) {
  const { response, deadline } = await http.open(fileAddress(collection, `/${encodeURIComponent(id)}${pictureQuery(options)}`), { signal: options.signal });
  try {
    const parts = [];
    const reader = response.body?.getReader();
    while (reader) {
      const { done, value } = await deadline.wait(reader.read(), "the file was cut off", response.status);
      if (done) break;
      parts.push(value);
      deadline.restart();
    }
    return new Blob(parts, { type: response.headers.get("Content-Type") ?? "" });
  } finally {
    deadline.stop();
  }
}

// src/core.ts
function dated(core, collection, doc) {
  return core.dates ? core.dates.of(collection, doc) : doc;
}

// src/batch.ts
var Batch = class {
  constructor(core) {
    this.core = core;
  }
  core;
  ops = [];
  create(collection, doc) {
    return this.push({ op: "create", collection, doc });
  }
  update(collection, id, patch) {
    return this.push({ op: "update", collection, id: String(id), doc: patch });
  }
  replace(collection, id, doc) {
    return this.push({ op: "replace", collection, id: String(id), doc });
  }
  delete(collection, id) {
    return this.push({ op: "delete", collection, id: String(id) });
  }
  /**
   * Runs them. The results are the documents, null for a delete. With atomic: false, for a database without
   * transactions, they run one after the other, and those before a failure stay. With dry: true all of it is checked and
   * nothing is kept: the answer, or the error, is the one that it would have.
   */
  async commit(options = {}) {
    const answer = await this.core.http.call("/v1/batch", { method: "POST", body: { ops: this.ops, atomic: options.atomic, dry: options.dry }, dry: options.dry, due: "results", signal: options.signal });
    const { results } = answer.body;
    return results.map((doc, i) => dated(this.core, this.ops[i]?.collection ?? "", doc));
  }
  push(step) {
    this.ops.push(step);
    return this;
  }
};

// src/local.ts
var isObject = (v) => typeof v === "object" && v !== null && !Array.isArray(v);
var own = (doc, name) => Object.hasOwn(doc, name) ? doc[name] : void 0;
function assign(doc, name, value) {
  Object.defineProperty(doc, name, { value, configurable: true, enumerable: true, writable: true });
}
function at(doc, path2) {
  let v = doc;
  for (const part of path2.split(".")) v = isObject(v) ? own(v, part) : void 0;
  return v ?? null;
}
var alike = (a, b) => JSON.stringify(a) === JSON.stringify(b);
function joined(old, first, second) {
  if (old === null || old === void 0) return first ?? second;
  if (isObject(first) && isObject(second)) return { ...first, ...second };
  return [first, second].flatMap((v) => Array.isArray(v) ? v : [v]);
}
function without(old, steps, alone) {
  const [step, ...rest] = steps;
  if (Array.isArray(old)) {
    if (alone && typeof step === "string") return old.filter((e) => e !== step);
    const at2 = Number(step) < 0 ? Number(step) + old.length : Number(step);
    return old.flatMap((e, i) => i !== at2 ? [e] : rest.length > 0 ? [without(e, rest, false)] : []);
  }
  if (!isObject(old) || !Object.hasOwn(old, String(step))) return old;
  const out = { ...old };
  if (rest.length > 0) assign(out, String(step), without(out[String(step)], rest, false));
  else delete out[String(step)];
  return out;
}
function merge(old, patch) {
  if (!isObject(patch)) return patch;
  const keys = Object.keys(patch);
  if (keys.length === 1) {
    const list = Array.isArray(old) ? old : [];
    if (typeof patch["$inc"] === "number") return (typeof old === "number" ? old : 0) + patch["$inc"];
    if ("$push" in patch) return [...list, patch["$push"]];
    if ("$addToSet" in patch) return list.some((e) => alike(e, patch["$addToSet"])) ? list : [...list, patch["$addToSet"]];
    if ("$append" in patch) return joined(old, old, patch["$append"]);
    if ("$prepend" in patch) return joined(old, patch["$prepend"], old);
    if ("$remove" in patch) return without(old, Array.isArray(patch["$remove"]) ? patch["$remove"] : [patch["$remove"]], !Array.isArray(patch["$remove"]));
    if ("$pull" in patch) return list.filter((e) => !alike(e, patch["$pull"]));
    if (patch["$now"] === true) return (/* @__PURE__ */ new Date()).toISOString();
  }
  const out = isObject(old) ? { ...old } : {};
  for (const key of keys) {
    if (patch[key] === null) delete out[key];
    else assign(out, key, merge(own(out, key), patch[key]));
  }
  return out;
}
var partsOf = (m) => m.parts ?? [m];
var touches = (m, collection, key) => m.collection === collection && partsOf(m).some((part) => part.key === key);
function apply(doc, m) {
  switch (m.op) {
    case "create":
      return doc ?? { ...m.body, id: m.key };
    case "upsert":
      return { ...doc, ...m.body, id: doc?.["id"] ?? m.key };
    case "assign":
      return doc && { ...doc, ...m.body };
    case "request":
      return doc;
    case "upload": {
      const { path: path2, name = path2?.slice(path2.lastIndexOf("/") + 1), type } = m.about ?? {};
      const made2 = new Date(parseInt(m.id, 36)).toISOString();
      return doc ?? { ...m.body, id: m.key, path: path2 ?? null, name: name ?? null, type: type ?? m.file?.type, size: m.file?.size, created: made2, updated: made2 };
    }
    case "replace":
      return { ...m.body, id: doc?.["id"] ?? m.key };
    case "delete":
      return void 0;
    case "update": {
      if (!doc) return void 0;
      const out = { ...doc };
      for (const [field, value] of Object.entries(m.body ?? {})) assign(out, field, value === null ? null : merge(own(doc, field) ?? null, value));
      return out;
    }
  }
}
function compare(a, b) {
  if (typeof a !== typeof b || a === null || b === null) return void 0;
  if (typeof a === "number" || typeof a === "string" || typeof a === "boolean") return a < b ? -1 : a > b ? 1 : 0;
  return void 0;
}
var rank = (v) => ["boolean", "number", "string"].indexOf(typeof v) + 1 || 4;
var equal = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
var folded = (text3) => text3.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
function pattern(text3, fold) {
  const source = (fold ? folded(text3) : text3).replace(/\\([^])|%+|_|[$()*+.?[\\\]^{|}/]/g, (part, escaped) => escaped !== void 0 ? escaped.replace(/[$()*+.?[\\\]^{|}/]/, "\\$&") : part[0] === "%" ? "[^]*" : part === "_" ? "[^]" : `\\${part}`);
  return new RegExp(`^${source}$`, "u");
}
function holds(value, operator, operand) {
  const order = compare(value, operand);
  switch (operator) {
    case "$eq":
      return equal(value, operand);
    case "$ne":
      return !equal(value, operand);
    case "$gt":
      return order !== void 0 && order > 0;
    case "$gte":
      return order !== void 0 && order >= 0;
    case "$lt":
      return order !== void 0 && order < 0;
    case "$lte":
      return order !== void 0 && order <= 0;
    case "$in":
      return Array.isArray(operand) && operand.some((o) => equal(value, o));
    case "$nin":
      return Array.isArray(operand) && !operand.some((o) => equal(value, o));
    case "$contains":
      if (Array.isArray(value)) return value.some((e) => equal(e, operand));
      return typeof value === "string" && value.includes(String(operand));
    case "$startsWith":
      return typeof value === "string" && value.startsWith(String(operand));
    case "$endsWith":
      return typeof value === "string" && value.endsWith(String(operand));
    case "$like":
    case "$ilike":
      return typeof value === "string" && pattern(String(operand), operator === "$ilike").test(operator === "$ilike" ? folded(value) : value);
    case "$exists":
      return value !== null === operand;
    case "$not":
      return !Object.entries(operand).every(([o, v]) => holds(value, o, v));
  }
  return true;
}
function matches(doc, where) {
  return Object.entries(where ?? {}).every(([name, condition]) => {
    switch (name) {
      case "$and":
        return condition.every((w) => matches(doc, w));
      case "$or":
        return condition.some((w) => matches(doc, w));
      case "$not":
        return !matches(doc, condition);
      case "$search":
      case "$some":
        return true;
    }
    if (!Object.hasOwn(doc, name.split(".")[0])) return true;
    const value = at(doc, name);
    const operators2 = isObject(condition) && Object.keys(condition).length > 0 && Object.keys(condition).every((k) => k.startsWith("$"));
    return operators2 ? Object.entries(condition).every(([o, v]) => holds(value, o, v)) : equal(value, condition);
  });
}
function sorter(sort) {
  const keys = [...sort, ...sort.some((k) => k.replace(/^[-+]/, "") === "id") ? [] : [sort.at(-1)?.startsWith("-") ? "-id" : "id"]];
  return (a, b) => {
    for (const key of keys) {
      const [bare, nulls] = key.split(" nulls ");
      const name = bare.replace(/^[-+]/, ""), down = key.startsWith("-");
      const x = at(a, name) ?? null, y = at(b, name) ?? null;
      if (x !== null && y !== null) {
        const order = compare(x, y) ?? rank(x) - rank(y);
        if (order !== 0) return down ? -order : order;
      } else if (x !== y) {
        return x === null === (nulls ? nulls === "first" : !down) ? -1 : 1;
      }
    }
    return 0;
  };
}

// src/live.ts
function advance(state, m) {
  if (m.total !== void 0) state.total = m.total;
  if (m.event === "snapshot") {
    state.keys = m.keys ?? m.items.map((_, i) => String(i));
    state.docs = new Map(state.keys.map((key2, i) => [key2, m.items[i]]));
    return;
  }
  if (m.event !== "change") return;
  const key = m.key;
  const at2 = state.keys.indexOf(key);
  if (at2 >= 0) state.keys.splice(at2, 1);
  if (m.type === "removed") {
    state.docs.delete(key);
    return;
  }
  state.keys.splice(m.index, 0, key);
  state.docs.set(key, m.doc);
}
function listen({ realtime, outbox, dates }, ask, next, failed) {
  const state = { keys: [], docs: /* @__PURE__ */ new Map() };
  let known2 = false, ended = false, queued = false, connected = false, resume;
  let shown = { keys: [], docs: [] };
  let step = [];
  const show = () => {
    queued = false;
    if (ended || !known2) return;
    const before = shown;
    const view = withWrites(state, outbox, ask);
    shown = { keys: view.keys, docs: view.keys.map((key) => view.docs.get(key)).map((doc) => dates ? dates.of(ask.collection, doc) : doc) };
    const after = shown;
    next({
      docs: after.docs,
      keys: after.keys,
      total: state.total,
      connected,
      hasPendingWrites: outbox !== void 0 && after.keys.some((key) => outbox.isPending(ask.collection, key)),
      docChanges: () => changes(before, after)
    });
  };
  const soon = () => {
    if (queued) return;
    queued = true;
    queueMicrotask(show);
  };
  const leave2 = realtime.subscribe({
    ask: () => ({ ...ask, resume }),
    message: (last) => {
      step.push(last);
      if (last.more) return;
      const whole = step;
      step = [];
      if (last.resume) resume = last.resume;
      for (const m of whole) {
        if (m.event === "change") outbox?.received(ask.collection, m.key);
        if (m.event === "snapshot") for (const key of m.keys ?? []) outbox?.received(ask.collection, key);
        advance(state, m);
        known2 = known2 || m.event === "snapshot";
      }
      connected = true;
      soon();
    },
    refused: (error) => {
      ended = true;
      quiet?.();
      failed(error);
    },
    reset: () => {
      resume = void 0;
      step = [];
      connected = false;
      Object.assign(state, { keys: [], docs: /* @__PURE__ */ new Map(), total: void 0 });
      soon();
    },
    connected: (is) => {
      step = [];
      if (!is && connected) soon();
      if (!is) connected = false;
    }
  });
  const quiet = ask.aggregate ? void 0 : outbox?.onChange((collection) => {
    if (collection === ask.collection) soon();
  });
  return () => {
    ended = true;
    quiet?.();
    leave2();
  };
}
function withWrites(state, outbox, ask) {
  if (!outbox || ask.aggregate) return { ...state, keys: [...state.keys] };
  const overlay = outbox.overlay(ask.collection, (key) => state.docs.get(key));
  if (overlay.size === 0) return { ...state, keys: [...state.keys] };
  const keys = [...state.keys], docs = new Map(state.docs);
  const q = ask.query ?? {};
  const order = sorter(q.sort ?? []);
  for (const [key, doc] of overlay) {
    const at2 = keys.indexOf(key);
    const belongs = doc !== void 0 && (ask.key !== void 0 ? ask.key === key : matches(doc, q.where) && (at2 >= 0 || q.filter === void 0));
    if (!belongs) {
      if (at2 >= 0) keys.splice(at2, 1);
      docs.delete(key);
      continue;
    }
    const selected = q.select ? Object.fromEntries(q.select.map((name) => [name, own(doc, name) ?? null])) : doc;
    docs.set(key, { ...selected, ...docs.get(key)?.["expand"] ? { expand: docs.get(key)["expand"] } : {} });
    if (at2 >= 0) keys.splice(at2, 1);
    let place = keys.findIndex((other) => order(doc, docs.get(other)) < 0);
    if (place < 0) place = keys.length;
    if (at2 >= 0 && q.select) place = at2;
    keys.splice(place, 0, key);
  }
  const most = q.limit ?? 50;
  return { keys: keys.length > most ? keys.slice(0, most) : keys, docs, total: state.total };
}
function changes(before, after) {
  const old = new Map(before.keys.map((key, i) => [key, i]));
  const now2 = new Set(after.keys);
  const out = [];
  before.keys.forEach((key, i) => {
    if (!now2.has(key)) out.push({ type: "removed", key, doc: before.docs[i], oldIndex: i, newIndex: -1 });
  });
  after.keys.forEach((key, i) => {
    const was = old.get(key);
    if (was === void 0) out.push({ type: "added", key, doc: after.docs[i], oldIndex: -1, newIndex: i });
    else if (before.docs[was] !== after.docs[i]) out.push({ type: "modified", key, doc: after.docs[i], oldIndex: was, newIndex: i });
  });
  return out;
}
async function* iterate(begin) {
  let newest, error, wake = () => void 0;
  const end = begin((value) => {
    newest = { value };
    wake();
  }, (e) => {
    error = e;
    wake();
  });
  try {
    for (; ; ) {
      if (newest) {
        const { value } = newest;
        newest = void 0;
        yield value;
      } else if (error) {
        throw error;
      } else {
        await new Promise((resolve) => wake = resolve);
      }
    }
  } finally {
    end();
  }
}

// src/write.ts
var made = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
var holds2 = (doc, written) => Object.entries(written).every(([name, value]) => JSON.stringify(own(doc, name) ?? null) === JSON.stringify(value ?? null));
async function isMade(http, m, error) {
  if (m.op === "delete" && error.code === "not_found") return { status: 204, body: void 0, headers: new Headers() };
  if (m.op === "request") return error.code === "conflict" ? isMadeWhole(http, m) : void 0;
  if (m.op !== "create" && m.op !== "upload" || error.code !== "conflict" || !error.errors.some((e) => e.field === "id")) return void 0;
  const path2 = `/v1/db/${encodeURIComponent(m.collection)}/${encodeURIComponent(m.key)}`;
  const found = await http.call(path2, { as: m.user, due: "document" }).catch(() => void 0);
  if (made.test(m.key)) return found ?? { status: 201, body: m.body, headers: new Headers() };
  return found && holds2(found.body, m.body ?? {}) ? found : void 0;
}
async function isMadeWhole(http, m) {
  const [first] = m.parts ?? [];
  if (!first || !m.parts.every((part) => part.op === "create" && made.test(part.key))) return void 0;
  const path2 = `/v1/db/${encodeURIComponent(m.collection)}/${encodeURIComponent(first.key)}`;
  const found = await http.call(path2, { as: m.user, due: "document" }).catch(() => void 0);
  return found && { status: 201, body: { items: m.parts.map((part) => ({ ...part.body, id: part.key })) }, headers: new Headers() };
}
function sendWrite(http, m, options = {}) {
  const path2 = `/v1/db/${encodeURIComponent(m.collection)}`;
  const headers = m.ifMatch ? { "If-Match": m.ifMatch } : {};
  const how = { headers, key: m.once, as: m.user, due: "document", ...options };
  if (m.request) {
    const { path: to, ...request } = m.request;
    return http.call(to, { ...how, ...request });
  }
  if (m.op === "create") return http.call(path2, { ...how, method: "POST", body: m.body });
  const one = `${path2}/${encodeURIComponent(m.key)}`;
  switch (m.op) {
    case "update":
      return http.call(one, { ...how, method: "PATCH", body: m.body });
    case "replace":
      return http.call(one, { ...how, method: "PUT", body: m.body });
    case "delete":
      return http.call(one, { ...how, method: "DELETE", due: "nothing" });
  }
  throw new BasaltError("invalid", `a write of the kind ${m.op} was kept by another version of this client`);
}
function newID() {
  const bytes2 = crypto.getRandomValues(new Uint8Array(16));
  let time2 = Date.now();
  for (let i = 5; i >= 0; i--, time2 = Math.floor(time2 / 256)) bytes2[i] = time2 % 256;
  bytes2[6] = 112 | bytes2[6] & 15;
  bytes2[8] = 128 | bytes2[8] & 63;
  const hex = Array.from(bytes2, (b) => b.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// src/types.ts
var operators = {
  "==": "$eq",
  "!=": "$ne",
  "<": "$lt",
  "<=": "$lte",
  ">": "$gt",
  ">=": "$gte",
  "in": "$in",
  "not-in": "$nin",
  "contains": "$contains",
  "startsWith": "$startsWith",
  "endsWith": "$endsWith",
  "like": "$like",
  "ilike": "$ilike",
  "exists": "$exists"
};
var jsonOperator = (operator) => operators[operator];

// src/atomic.ts
var increment = (by = 1) => ({ $inc: by });
var push = (element) => ({ $push: element });
var pull = (element) => ({ $pull: element });
var append = (value) => ({ $append: value });
var prepend = (value) => ({ $prepend: value });
var removeAt = (at2) => ({ $remove: at2 });
var now = () => ({ $now: true });

// src/db.ts
var throwIt = (error) => {
  queueMicrotask(() => {
    throw error;
  });
};
var Database = class {
  constructor(core) {
    this.core = core;
  }
  core;
  collection(name) {
    return new Collection(this.core, name, { where: [], sort: [] });
  }
  /** Operations that happen together or not at all. */
  batch() {
    return new Batch(this.core);
  }
};
var Collection = class _Collection {
  constructor(core, name, settings) {
    this.core = core;
    this.name = name;
    this.settings = settings;
  }
  core;
  name;
  settings;
  with(settings) {
    return new _Collection(this.core, this.name, { ...this.settings, ...settings });
  }
  path(rest = "") {
    return `/v1/db/${encodeURIComponent(this.name)}${rest}`;
  }
  where(field, operator, value) {
    const condition = typeof field === "string" ? { [field]: { [jsonOperator(operator)]: value } } : field;
    return this.with({ where: [...this.settings.where, plain(condition)] });
  }
  /** Narrows by a filter as text, such as `stars >= $min && title startsWith "b"`. */
  filter(text3, params) {
    const { filter } = this.settings;
    return this.with({
      filter: filter === void 0 ? text3 : `(${filter}) && (${text3})`,
      params: { ...this.settings.params, ...params }
    });
  }
  /** Sorts, after the orders before it. A path such as `data.size` leads into a json field, or follows a ref. */
  orderBy(field, direction = "asc") {
    return this.with({ sort: [...this.settings.sort, direction === "desc" ? `-${field}` : field] });
  }
  limit(n) {
    return this.with({ limit: n });
  }
  /** Starts after a page, with the `next` of that. */
  after(cursor) {
    return this.with({ after: cursor ?? void 0 });
  }
  /** Gets these fields alone. */
  select(...fields) {
    return new _Collection(this.core, this.name, { ...this.settings, select: fields });
  }
  search(text3, { typos = false, snippets } = {}) {
    const where = [...this.settings.where, { $search: typos ? { text: text3, typos } : text3 }];
    return this.with(snippets ? { where, snippets: [...this.settings.snippets ?? [], ...snippets] } : { where });
  }
  /**
   * Gets related documents too, as the member `expand` of each document: what a ref points to, such as "author", and
   * what points here, such as "comments(sort:-created,limit:3,expand:author)".
   */
  expand(...items2) {
    return new _Collection(this.core, this.name, { ...this.settings, expand: [...this.settings.expand ?? [], ...items2] });
  }
  /**
   * Makes reads see everything written before them, by anyone, where they may otherwise come from a replica of the
   * database that is behind.
   */
  strong() {
    return this.with({ strong: true });
  }
  /** Asks for `total` too. */
  withCount() {
    return this.with({ count: true });
  }
  /**
   * Stores a file in a collection of files, and returns its document. One of more than 5 MiB is sent in pieces, of which
   * those that break off are sent again; the same call with the same File goes on where one has ended, after a reload too.
   * Where writes wait for the server (`offline: true`), so does a new file, which is kept and sent later.
   */
  async upload(file, options = {}) {
    const { outbox, uploads } = this.core;
    if (!outbox?.keepsFiles) return dated(this.core, this.name, await uploads.send(this.name, file, options));
    return dated(this.core, this.name, (await outbox.upload(this.name, file, options)).body);
  }
  /** Removes what the server has of a file whose upload in pieces was given up; otherwise that stays for a day. */
  cancelUpload(file, options = {}) {
    return this.core.uploads.cancel(this.name, file, options);
  }
  /** The address of a file, or of a picture of it, for pages of callers who need no token to read it. */
  url(id, options = {}) {
    const { download: download2, ...picture } = options;
    const query = pictureQuery(picture, download2 ? { download: download2 === true ? "1" : download2 } : {});
    return this.core.http.server + fileAddress(this.name, `/${encodeURIComponent(id)}${query}`);
  }
  /** Gets the bytes of a file, or of a picture of it. */
  download(id, options = {}) {
    return download(this.core.http, this.name, id, options);
  }
  /**
   * Makes an address of a file, or of a picture of it, that is good without a token for some time, such as "1h", up to a week. It
   * outlives a sign-out; a new password of its maker, or signing out everywhere, ends it.
   */
  async link(id, expires = "1h", options = {}) {
    const { signal, ...picture } = options;
    const call = { method: "POST", body: { expires, ...picture }, signal };
    const answer = (await this.core.http.call(fileAddress(this.name, `/${encodeURIComponent(id)}/link`), call)).body;
    return { ...answer, url: this.core.http.server + answer.url };
  }
  /**
   * Makes an address that is good without a token for one upload: a PUT or POST of a file as it is. With an id it replaces
   * the bytes of that file. The rules are asked as the caller, now and when it is used.
   */
  async uploadLink(options = {}) {
    const { id, signal, expires = "1h", ...rest } = options;
    const at2 = id === void 0 ? "/link" : `/${encodeURIComponent(id)}/link`;
    const call = { method: "POST", body: { expires, ...rest, ...id === void 0 ? {} : { method: "PUT" } }, signal };
    const answer = (await this.core.http.call(fileAddress(this.name, at2), call)).body;
    return { ...answer, url: this.core.http.server + answer.url };
  }
  /** Ends a link of uploadLink, by its id. */
  async revokeUploadLink(id, { signal } = {}) {
    await this.core.http.call(fileAddress(this.name, `/link/${encodeURIComponent(id)}`), { method: "DELETE", signal, due: "nothing" });
  }
  /** Ends the links for reading a file that were made until now. */
  async revokeLinks(id, { signal } = {}) {
    await this.core.http.call(fileAddress(this.name, `/${encodeURIComponent(id)}/link`), { method: "DELETE", signal, due: "nothing" });
  }
  /** Names what this asks for, and of which server: the same for two queries that ask the same. */
  get key() {
    return JSON.stringify([this.core.http.server, this.name, this.settings]);
  }
  /** Gets a page. */
  async get(options = {}) {
    const { where: _, strong, ...rest } = this.settings;
    const body = { ...rest, ...this.condition() };
    const answer = await this.core.http.call(this.path("/query"), { ...asking(options, strong), method: "POST", body, due: "items" });
    const page = answer.body;
    return this.core.dates ? { ...page, items: page.items.map((doc) => dated(this.core, this.name, doc)) } : page;
  }
  /**
   * Calls back with what the query returns, now and whenever that changes: by a write of anyone, by a change of what
   * the caller may see, after the connection was gone. Returns a function that unsubscribes.
   */
  onSnapshot(next, failed = throwIt) {
    return listen(this.core, this.live(), next, failed);
  }
  /** The same as something to go through: `for await (const { docs } of query.snapshots())`. */
  snapshots() {
    return iterate((next, failed) => this.onSnapshot(next, failed));
  }
  /** Calls back with figures, by group, now and whenever they change. Returns a function that unsubscribes. */
  onAggregate(ask, next, failed = throwIt) {
    const { filter, params } = this.settings;
    const aggregate = { ...ask, filter, params, ...this.condition() };
    return listen({ realtime: this.core.realtime, dates: this.core.dates }, { collection: this.name, aggregate }, (s) => next(s.docs), failed);
  }
  live() {
    const { where: _, strong: __, ...rest } = this.settings;
    return { collection: this.name, query: { ...rest, ...this.condition() } };
  }
  /** Gets the first document, null when there is none. */
  async first(options = {}) {
    return (await this.limit(1).get(options)).items[0] ?? null;
  }
  /** Goes through all documents, page by page. */
  async *[Symbol.asyncIterator]() {
    let page = await this.get();
    for (; ; ) {
      yield* page.items;
      if (page.next === null) return;
      page = await this.after(page.next).get();
    }
  }
  /** The number of documents. */
  async count(options = {}) {
    const [row] = await this.aggregate({ count: true }, options);
    return row?.count ?? 0;
  }
  /** Figures, by group. */
  async aggregate(ask, options = {}) {
    const { filter, params, strong } = this.settings;
    const body = { ...ask, filter, params, ...this.condition() };
    const answer = await this.core.http.call(this.path("/aggregate"), { ...asking(options, strong), method: "POST", body, due: "items" });
    return answer.body.items.map((row) => dated(this.core, this.name, row));
  }
  async add(doc, { signal } = {}) {
    const { outbox } = this.core;
    if (outbox && !Array.isArray(doc)) {
      const key = String(doc.id ?? newID());
      const answer2 = await outbox.run({ op: "create", collection: this.name, key, body: { ...doc, id: doc.id ?? key } }, signal);
      return dated(this.core, this.name, answer2.body);
    }
    const answer = outbox?.keepsFiles && Array.isArray(doc) && doc.length > 0 ? await outbox.run(together(this.name, this.path(), doc), signal) : await this.core.http.call(this.path(), { method: "POST", body: doc, due: Array.isArray(doc) ? "items" : "document", signal });
    const one = (made2) => dated(this.core, this.name, made2);
    return Array.isArray(doc) ? answer.body.items.map(one) : one(answer.body);
  }
  /** One document. */
  doc(id) {
    return new DocumentReference(this.core, this.name, String(id), this.settings.strong);
  }
  /** Changes all documents of `filter`, which has to be given as text; returns how many. */
  async update(patch, { signal } = {}) {
    const answer = await this.core.http.call(this.path(), { method: "PATCH", query: this.textFilter(), body: patch, due: "count", signal });
    return answer.body.count;
  }
  /** Deletes all documents of `filter`, which has to be given as text; returns how many. */
  async delete({ signal } = {}) {
    const answer = await this.core.http.call(this.path(), { method: "DELETE", query: this.textFilter(), due: "count", signal });
    return answer.body.count;
  }
  condition() {
    const { where } = this.settings;
    if (where.length === 0) return {};
    return { where: where.length === 1 ? where[0] : { $and: where } };
  }
  textFilter() {
    const { where, filter, params } = this.settings;
    if (where.length > 0) throw new TypeError("a bulk update or delete takes filter(text), not where(...)");
    return { filter, params: params && JSON.stringify(params) };
  }
};
var DocumentReference = class {
  constructor(core, collection, id, strong = false) {
    this.core = core;
    this.collection = collection;
    this.id = id;
    this.strong = strong;
    this.path = `/v1/db/${encodeURIComponent(collection)}/${encodeURIComponent(id)}`;
  }
  core;
  collection;
  id;
  strong;
  path;
  /** Names the document, and its server. */
  get key() {
    return JSON.stringify([this.core.http.server, this.collection, this.id, this.strong]);
  }
  /** Calls back with the document, null while there is none that the caller may see, now and at every change. */
  onSnapshot(next, failed = throwIt) {
    const ask = { collection: this.collection, key: this.id };
    return listen(this.core, ask, (s) => next(s.docs[0] ?? null, s), failed);
  }
  /** The same as something to go through. */
  snapshots() {
    return iterate((next, failed) => this.onSnapshot(next, failed));
  }
  /** Gets it. A document that is missing or hidden is a BasaltError of code not_found. */
  async get(options = {}) {
    const query = { expand: options.expand?.join(",") };
    const { body } = await this.core.http.call(this.path, { ...asking(options, this.strong), query, due: "document" });
    return dated(this.core, this.collection, body);
  }
  /** Gets it with its ETag, for an update on condition that it has not changed. */
  async getWithTag(options = {}) {
    const answer = await this.core.http.call(this.path, { ...asking(options, this.strong), due: "document" });
    return { doc: dated(this.core, this.collection, answer.body), tag: answer.headers.get("ETag") ?? "" };
  }
  /** Changes it. With ifMatch it fails with precondition_failed when the document is not that one. */
  async update(patch, options = {}) {
    return await this.write("update", patch, options);
  }
  /** Stores the whole document under this id, new or not. */
  async set(doc, options = {}) {
    return await this.write("replace", doc, options);
  }
  /**
   * Deletes it, with what the server deletes along with it (on_delete: cascade). With `steps` that may be more than
   * limits.cascade: it goes step by step, each a transaction, and after an error a new call goes on. Steps do not wait in an outbox.
   */
  async delete({ steps, ...options } = {}) {
    if (!steps) return void await this.write("delete", void 0, options);
    const headers = options.ifMatch ? { "If-Match": options.ifMatch } : {};
    const step = () => this.core.http.call(`${this.path}?steps=true`, { method: "DELETE", headers, due: "anything", signal: options.signal });
    while ((await step()).status === 202) ;
  }
  /** Sends a write, by the outbox where there is one. */
  async write(op, body, options) {
    const { http, outbox } = this.core;
    const mutation = { op, collection: this.collection, key: this.id, body, ifMatch: options.ifMatch };
    const { body: stored } = await (outbox ? outbox.run(mutation, options.signal) : sendWrite(http, mutation, { signal: options.signal }));
    return dated(this.core, this.collection, stored);
  }
};
function together(collection, path2, docs) {
  const body = docs.map((doc) => ({ ...plain(doc), id: doc["id"] ?? newID() }));
  return { op: "request", collection, key: "", parts: body.map((doc) => ({ op: "create", key: String(doc["id"]), body: doc })), request: { method: "POST", path: path2, body, due: "items" } };
}
function asking({ signal }, strong = false) {
  return { signal, headers: strong ? { "X-Basalt-Consistency": "strong" } : {} };
}

// src/functions.ts
function path(name) {
  const dot = name.indexOf(".");
  if (dot < 0) throw new TypeError(`a function is named like billing.charge, not ${name}`);
  return `/v1/fn/${encodeURIComponent(name.slice(0, dot))}/${encodeURIComponent(name.slice(dot + 1))}`;
}
var broken = (text3) => new BasaltError("network", text3);
function toError(data) {
  const p = data;
  const error = new BasaltError(p.code, p.detail, p.status, p.errors ?? []);
  error.fromServer = true;
  return error;
}
var Functions = class {
  constructor(http) {
    this.http = http;
  }
  http;
  /** Calls a function, such as "billing.charge", and resolves with its result. */
  async call(name, params = {}, { signal } = {}) {
    return (await this.http.call(path(name), { method: "POST", body: params, due: "anything", signal })).body;
  }
  /** Calls a function that sends its result in pieces, and yields them as they come. */
  async *stream(name, params = {}, { signal } = {}) {
    const headers = { Accept: "text/event-stream" };
    const { response, deadline } = await this.http.open(path(name), { method: "POST", body: params, headers, signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text3 = "";
    let event = "";
    try {
      if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) throw broken("what answered is not the server");
      for (; ; ) {
        deadline.restart();
        const { done, value } = await deadline.wait(reader.read(), "the answer was cut off");
        if (done) throw broken("the answer was cut off");
        deadline.pause();
        text3 += value;
        for (let end = text3.indexOf("\n"); end >= 0; end = text3.indexOf("\n")) {
          const line = text3.slice(0, end).replace(/\r$/, "");
          text3 = text3.slice(end + 1);
          if (line.startsWith("event: ")) event = line.slice(7);
          if (!line.startsWith("data: ")) continue;
          if (event === "result") return;
          const data = parse(line.slice(6));
          if (data === void 0) throw broken("a piece of the answer is no JSON");
          if (event === "error") throw toError(data);
          yield data;
        }
      }
    } finally {
      deadline.stop();
      await reader.cancel().catch(() => void 0);
    }
  }
  /** Queues an event of the configuration, and resolves with its id. It is delivered at least once, after `delay` seconds. */
  async emit(event, data = {}, options = {}) {
    const { delay, signal } = options;
    const answer = await this.http.call("/v1/events", { method: "POST", body: { event, data, delay }, due: "document", signal });
    return answer.body.id;
  }
};

// src/indexed.ts
function indexed(database, name) {
  if (typeof indexedDB === "undefined") return null;
  const settled = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  let opened;
  const open = async () => {
    const opening = indexedDB.open(database, 1);
    opening.onupgradeneeded = () => void opening.result.createObjectStore(name, { keyPath: "id" });
    return settled(opening);
  };
  const store = async (mode) => (await (opened ??= open())).transaction(name, mode).objectStore(name);
  return {
    all: async () => settled((await store("readonly")).getAll()),
    get: async (id) => settled((await store("readonly")).get(id)),
    put: async (record) => void await settled((await store("readwrite")).put(record)),
    remove: async (id) => void await settled((await store("readwrite")).delete(id))
  };
}
function remembered() {
  const kept2 = /* @__PURE__ */ new Map();
  return {
    all: async () => [...kept2.values()],
    get: async (id) => kept2.get(id),
    put: async (record) => void kept2.set(record.id, record),
    remove: async (id) => void kept2.delete(id)
  };
}

// src/tabs.ts
function failure({ code, message, status, errors, retryAfter, requestId, fromServer }) {
  return { code, message, status, errors, retryAfter, requestId, fromServer };
}
function errorOf({ code, message, status, errors, retryAfter, requestId, fromServer }) {
  return Object.assign(new BasaltError(code, message, status, errors, retryAfter, requestId), { fromServer });
}
var Tabs = class {
  channel;
  constructor(name, heard) {
    try {
      this.channel = new BroadcastChannel(name);
    } catch {
      return;
    }
    this.channel.onmessage = ({ data }) => heard(data);
    this.channel.unref?.();
  }
  tell(news) {
    try {
      this.channel?.postMessage(news);
    } catch {
      this.channel?.postMessage({ id: news.id });
    }
  }
};

// src/waiting.ts
var asShown = ({ mutation: m, sent = 0, error, pausing: pausing2 }) => ({
  id: m.id,
  collection: m.collection,
  key: m.key,
  name: m.about?.name,
  fields: m.body ?? {},
  file: m.file,
  sent,
  paused: m.paused === true && !pausing2,
  error
});

// src/entries.ts
var confirmedTime = 5e3;
var unwatched = { resolve: () => void 0, reject: () => void 0 };
var Entries = class {
  /** `send` is called when there is more to send: at once, or when it is its turn. */
  constructor(server, store, name, send) {
    this.server = server;
    this.store = store;
    this.send = send;
    this.tabs = store ? new Tabs(`basalt.outbox:${name}`, (news) => void this.heard(news)) : void 0;
    this.loaded = this.load();
  }
  server;
  store;
  send;
  all = [];
  listeners = /* @__PURE__ */ new Set();
  refusals = /* @__PURE__ */ new Set();
  watchers = /* @__PURE__ */ new Set();
  loaded;
  /** Who is signed in; undefined while that is not known. */
  user;
  tabs;
  /** The writes of who is signed in. */
  get mine() {
    return this.all.filter((e) => e.mutation.user === this.user);
  }
  /** Those that the server has not confirmed. */
  get open() {
    return this.mine.filter((e) => e.confirmed === void 0);
  }
  /** The files among them. */
  get uploads() {
    return this.open.filter((e) => e.mutation.op === "upload").map(asShown);
  }
  /** An upload of who is signed in that the server has not confirmed. */
  upload(id) {
    return this.open.find((e) => e.mutation.id === id && e.mutation.op === "upload");
  }
  /** What the store has now. */
  async kept(id) {
    const all = await this.store?.load().catch(() => void 0);
    return all && { mutation: all.find((m) => m.id === id) };
  }
  /** The documents that writes touch, as they would be: by key, undefined for one that is deleted. */
  overlay(collection, doc) {
    const out = /* @__PURE__ */ new Map();
    for (const { mutation: m, confirmed, left: left2 } of this.mine) {
      if (m.collection !== collection) continue;
      for (const part of partsOf(m)) {
        const { key } = part;
        if (left2 && !left2.has(key)) continue;
        const before = out.has(key) ? out.get(key) : doc(key);
        out.set(key, confirmed === void 0 || left2 ? apply(before, part) : confirmed ?? void 0);
      }
    }
    return out;
  }
  /** Whether a key has writes that the server has not confirmed. */
  isPending(collection, key) {
    return this.open.some((e) => touches(e.mutation, collection, key));
  }
  /** A live query has received a key: what was confirmed of it is no longer needed. */
  received(collection, key) {
    for (let i = this.all.length - 1; i >= 0; i--) {
      const e = this.all[i];
      if (e.confirmed === void 0 || !touches(e.mutation, collection, key)) continue;
      e.left?.delete(key);
      if (!e.left?.size) this.all.splice(i, 1);
    }
  }
  async load() {
    const stored = await (this.store?.load() ?? Promise.resolve([])).catch(() => []);
    const found = stored.filter((m) => this.isNew(m));
    this.all.unshift(...found.sort((a, b) => a.id < b.id ? -1 : 1).map((mutation) => ({ mutation, kept: true, ...unwatched })));
    for (const e of this.all.filter(({ mutation: m }) => m.op === "upload" && !(m.file instanceof Blob))) {
      this.refuse(e, new BasaltError("invalid", "the store of the outbox has not kept the bytes of this file"));
    }
    for (const m of found) this.tell(m.collection);
    if (found.length > 0) this.send(false);
  }
  /** Whether a write is neither confirmed nor given up. */
  isOpen(entry) {
    return entry.confirmed === void 0 && this.all.includes(entry);
  }
  async put(entry) {
    entry.storing = (entry.storing ?? 0) + 1;
    try {
      await this.store?.put(entry.mutation);
      entry.kept = true;
    } catch {
    } finally {
      entry.storing--;
    }
    if (this.all.includes(entry)) this.tellTabs(entry);
    else if (entry.kept) this.remove(entry);
  }
  confirm(entry, answer, heard = false) {
    const m = entry.mutation;
    entry.confirmed = m.op === "delete" || m.op === "request" ? null : answer.body ?? null;
    if (m.op === "request") entry.left = writtenBy(m, answer.body);
    this.remove(entry);
    if (!heard) this.tellTabs(entry, { made: entry.confirmed });
    entry.resolve(answer);
    this.tell(m.collection);
    const timer = setTimeout(() => {
      if (this.all.includes(entry)) {
        this.drop(entry);
        this.tell(m.collection);
      }
    }, confirmedTime);
    timer.unref?.();
  }
  refuse(entry, error, heard = false) {
    this.drop(entry);
    if (!heard) this.tellTabs(entry, { gone: failure(error) });
    for (const listener of [...this.refusals]) listener({ mutation: entry.mutation, error });
    entry.reject(error);
    this.tell(entry.mutation.collection);
  }
  /** Shows how far a file is, and why it does not get on. */
  gotOn(entry, sent, error) {
    entry.sent = Math.max(sent ?? 0, entry.sent ?? 0);
    entry.error = error;
    if (sent !== void 0) entry.onProgress?.({ sent: entry.sent, total: entry.mutation.file.size });
    this.watch();
  }
  /** Tells the other tabs of a file that they show, too. */
  tellTabs({ mutation: m, kept: kept2 }, news = {}) {
    if (m.op === "upload" && kept2) this.tabs?.tell({ id: m.id, ...news });
  }
  /** Whether a write that the store has is of this server, and not here yet. */
  isNew(m) {
    return m.server === this.server && m.user !== void 0 && !this.all.some((e) => e.mutation.id === m.id);
  }
  /** Another tab tells of a file that both show. */
  async heard({ id, sent, error, made: made2, gone }) {
    await this.loaded;
    const entry = this.all.find((e) => e.mutation.id === id);
    if (entry && entry.confirmed !== void 0) return;
    if (!entry || made2 === void 0 && !gone && sent === void 0 && !error) {
      const now2 = (await this.kept(id))?.mutation;
      if (now2) this.stored(now2);
    } else if (made2 === void 0 && !gone) {
      this.gotOn(entry, sent, error && errorOf(error));
    } else {
      if (gone) this.refuse(entry, errorOf(gone), true);
      else this.confirm(entry, { status: 201, body: made2 ?? void 0, headers: new Headers() }, true);
      entry.stop?.abort();
    }
  }
  /** What the store has of a file that another tab has added, paused or resumed. */
  stored(now2) {
    if (now2.op === "upload" && this.isNew(now2)) {
      this.all.push({ mutation: now2, kept: true, ...unwatched });
      this.tell(now2.collection);
      this.send(false);
      return;
    }
    const entry = this.all.find((e) => e.mutation.id === now2.id);
    if (!entry || entry.storing || entry.confirmed !== void 0 || (entry.mutation.paused ?? false) === (now2.paused ?? false)) return;
    entry.mutation.paused = now2.paused;
    if (now2.paused) entry.stop?.abort();
    this.watch();
    this.send(true);
  }
  drop(entry) {
    const i = this.all.indexOf(entry);
    if (i >= 0) this.all.splice(i, 1);
    this.remove(entry);
  }
  remove(entry) {
    entry.removed = this.store?.remove(entry.mutation.id).catch(() => void 0);
  }
  tell(collection) {
    for (const listener of [...this.listeners]) listener(collection);
    this.watch();
  }
  watch() {
    for (const watcher of [...this.watchers]) watcher(this.uploads);
  }
};
function writtenBy({ parts = [] }, body) {
  const items2 = Array.isArray(body) ? body : body?.items;
  const rows = Array.isArray(items2) ? items2 : [];
  return new Set(rows.map((row, i) => row["id"] ?? (rows.length === parts.length ? parts[i].key : "")).map(String));
}
function indexedStore(name = "basalt.outbox") {
  const writes = indexed(name, "writes");
  return writes && { load: writes.all, put: writes.put, remove: writes.remove };
}

// src/lanes.ts
var final = /* @__PURE__ */ new Set(["invalid", "too_large", "unsupported_media_type", "aborted"]);
var lane = (uploads) => ({ uploads, sending: false, attempts: 0, timer: void 0 });
var Lanes = class {
  constructor(http, sender, offline, waiting) {
    this.http = http;
    this.sender = sender;
    this.offline = offline;
    this.waiting = waiting;
  }
  http;
  sender;
  offline;
  waiting;
  all = [lane(false), lane(true)];
  /** Sends what is ready. */
  send() {
    for (const l of this.all) void this.sendAll(l);
  }
  /** Sends what has failed without waiting longer. */
  now() {
    for (const l of this.all) this.wake(l);
    this.send();
  }
  /** Forgets what has failed, as of another user. */
  restart() {
    for (const l of this.all) l.attempts = 0;
    this.now();
  }
  wake(l) {
    clearTimeout(l.timer);
    l.timer = void 0;
  }
  async sendAll(l) {
    await this.waiting.loaded;
    if (l.sending || l.timer !== void 0) return;
    l.sending = true;
    try {
      for (; ; ) {
        const entry = this.ready(l);
        if (!entry || !await this.inTurn(entry, l)) return;
        for (const other of this.all) if (other !== l) void this.sendAll(other);
      }
    } finally {
      l.sending = false;
    }
  }
  /** What a lane sends next: the first that needs no document which still waits. */
  ready({ uploads }) {
    const waiting = [];
    for (const e of this.waiting.open) {
      const { op, paused, key, parts, body } = e.mutation;
      if (op === "upload" === uploads && !paused) {
        const text3 = waiting.length > 0 ? JSON.stringify([key, parts, body]) : "";
        if (!waiting.some((k) => text3.includes(JSON.stringify(k)))) return e;
      }
      waiting.push(...partsOf(e.mutation).map((part) => part.key));
    }
    return void 0;
  }
  /** Sends a write, and a file in one tab at a time. False means that it has to wait. */
  async inTurn(entry, l) {
    if (entry.mutation.op !== "upload") return this.sendOne(entry, l);
    const stop = entry.stop = new AbortController();
    try {
      return await exclusive(`basalt.upload:${entry.mutation.id}`, async () => {
        const goesOn = await this.sendHere(entry, l, stop.signal);
        await entry.removed;
        return goesOn;
      }, stop.signal);
    } catch (error) {
      if (stop.signal.aborted) return true;
      throw error;
    }
  }
  /** Sends a file, unless another tab that shows it, too, has sent it, given it up or paused it. */
  async sendHere(entry, l, signal) {
    const m = entry.mutation;
    if (m.paused || !this.waiting.isOpen(entry)) return true;
    const stored = entry.kept ? await this.waiting.kept(m.id) : void 0;
    const now2 = stored?.mutation;
    m.sent ||= now2?.sent;
    if (!stored || now2 && !now2.paused) return this.sendOne(entry, l, signal);
    if (now2) {
      m.paused = true;
      this.waiting.watch();
      return true;
    }
    try {
      const path2 = `/v1/db/${encodeURIComponent(m.collection)}/${encodeURIComponent(m.key)}`;
      this.waiting.confirm(entry, await this.http.call(path2, { as: m.user, due: "document" }));
    } catch (e) {
      const error = e;
      if (this.waits(error, m)) {
        this.later(l, error.retryAfter);
        return false;
      }
      this.waiting.refuse(entry, new BasaltError("aborted", "another tab has given this upload up"));
    }
    return true;
  }
  /** Sends a write. False means that it has to wait. */
  async sendOne(entry, l, signal) {
    const m = entry.mutation;
    const again2 = m.sent;
    if (!m.sent) {
      m.sent = true;
      await this.waiting.put(entry);
    }
    try {
      const answer = m.op === "upload" ? await this.sendFile(entry, signal) : await sendWrite(this.http, m, this.offline ? { retries: 0 } : {});
      l.attempts = 0;
      if (this.waiting.isOpen(entry)) this.waiting.confirm(entry, answer);
    } catch (e) {
      const error = e instanceof BasaltError ? e : new BasaltError("network", String(e));
      if (m.paused || !this.waiting.isOpen(entry)) return true;
      if (this.offline && this.waits(error, m)) {
        if (m.user !== this.waiting.user) return true;
        this.waiting.gotOn(entry, void 0, error);
        this.waiting.tellTabs(entry, { error: failure(error) });
        this.later(l, error.retryAfter);
        return false;
      }
      const made2 = again2 ? await isMade(this.http, m, error) : void 0;
      if (made2) {
        this.waiting.confirm(entry, made2);
        return true;
      }
      this.waiting.refuse(entry, error);
    }
    return true;
  }
  async sendFile(entry, signal) {
    const { collection, file, body, about, user, id } = entry.mutation;
    const onProgress = ({ sent }) => {
      this.waiting.gotOn(entry, sent);
      this.waiting.tellTabs(entry, { sent });
    };
    const doc = await this.sender.send(collection, file, { ...about, fields: body, as: user, resume: id, create: true, tries: 1, signal, onProgress });
    return { status: 201, body: doc, headers: new Headers() };
  }
  /** Whether a write that has failed is sent again: unless the server has refused it. */
  waits(error, m) {
    if (passes(error) || error.code === "rate_limited" || error.code === "timeout" || error.code === "locked") return true;
    if (error.code === "unauthenticated" && m.user !== null) return true;
    return !error.fromServer && !final.has(error.code);
  }
  /** Sends what waits after a while that grows. */
  later(l, seconds2) {
    const wait2 = Math.min(3e4, 500 * 2 ** l.attempts++);
    l.timer = setTimeout(() => {
      l.timer = void 0;
      void this.sendAll(l);
    }, Math.max((seconds2 ?? 0) * 1e3, wait2 / 2 + Math.random() * wait2));
    l.timer.unref?.();
  }
};

// src/upload.ts
var largest = 5 << 20;
var smallest = 256 << 10;
var mostPieces = 4e3;
var slowest = 16;
var tries = 5;
var kept = 24 * 36e5;
var text2 = (value) => btoa(Array.from(new TextEncoder().encode(value), (b) => String.fromCharCode(b)).join(""));
var bytesOf = (content) => content instanceof Blob ? content : new Blob([content]);
var Uploads = class {
  constructor(http, name) {
    this.http = http;
    this.begun = indexed(`basalt.uploads:${name}`, "begun") ?? this.spare;
  }
  http;
  begun;
  /** For when the browser forbids the other. */
  spare = remembered();
  /** Stores a file and returns its document. */
  async send(collection, content, options) {
    const { id, doc } = await this.bytes({ collection }, content, options);
    if (doc) return doc;
    const { signal, as } = options;
    return (await this.http.call(`/v1/db/${encodeURIComponent(collection)}/${encodeURIComponent(id)}`, { signal, as, due: "document" })).body;
  }
  /** Sends a file. The document is there where the server has answered with it. */
  async bytes(target, content, options) {
    const blob = bytesOf(content);
    const name = options.name ?? content.name;
    const given = { ...options, name, type: options.type ?? (blob.type || "application/octet-stream") };
    options.onProgress?.({ sent: 0, total: blob.size });
    await options.pause?.over(options.signal);
    if (blob.size > largest) return { id: await this.inPieces(target, content, blob, given) };
    const { link, replaces } = target;
    const { path: path2, fields, signal, as } = given;
    const query = link === void 0 ? { path: path2, name, fields: fields && JSON.stringify(fields) } : { upload: link, name };
    const replacing = replaces !== void 0 || link === void 0 && path2 !== void 0 && !options.create;
    const { body } = await this.http.call(fileAddress(target.collection, replaces === void 0 ? "" : `/${encodeURIComponent(replaces)}`), {
      method: replacing ? "PUT" : "POST",
      query,
      raw: blob,
      patience: blob.size / slowest,
      headers: { "Content-Type": given.type },
      due: "document",
      signal,
      as,
      anonymous: link !== void 0
    });
    options.onProgress?.({ sent: blob.size, total: blob.size });
    const doc = body;
    return { id: doc.id, doc };
  }
  /** Gives up an upload in pieces, whose call has ended: the server removes what it has of it. */
  async cancel(collection, content, options) {
    const key = await this.key({ collection }, content, options);
    const begun = key && await this.recall(key);
    if (!begun) return;
    await this.forget(key);
    const { deadline } = await this.http.open(begun.at, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0" }, signal: options.signal, as: options.as }).catch((error) => {
      if (error instanceof BasaltError && error.code === "not_found") return { deadline: void 0 };
      throw error;
    });
    deadline?.stop();
  }
  /** Names an upload, undefined where nothing tells it from others. */
  async key(target, content, { resume, name, path: path2, fields, as }) {
    const file = content;
    if (resume === void 0 && typeof file.lastModified !== "number") return void 0;
    const user = target.link ?? (as === void 0 ? await this.http.authorizer?.caller() : as);
    const called = resume ?? [name ?? file.name, file.type, file.lastModified, path2, fields];
    return JSON.stringify([this.http.server, target.collection, user, bytesOf(content).size, called]);
  }
  async recall(key) {
    const found = await this.begun.get(key).catch(() => this.spare.get(key));
    return found && found.begun > Date.now() - kept ? found : void 0;
  }
  async remember(record) {
    await this.begun.put(record).catch(() => this.spare.put(record));
    const old = (await this.begun.all().catch(() => [])).filter((b) => b.begun <= Date.now() - kept);
    await Promise.all(old.map((b) => this.begun.remove(b.id).catch(() => void 0)));
  }
  async forget(key) {
    await Promise.all([this.begun, this.spare].map((store) => store.remove(key).catch(() => void 0)));
  }
  /** Sends a file by tus 1.0, and returns the id of its document. */
  async inPieces(target, content, blob, options) {
    const { signal, as, path: path2, name, type, fields, onProgress, pause } = options;
    const { link } = target;
    const query = link === void 0 ? void 0 : { upload: link };
    const send = async (address, method, headers, raw, signal2 = options.signal) => {
      const call = { method, query, headers: { "Tus-Resumable": "1.0.0", ...headers }, raw, patience: (raw?.size ?? 0) / slowest, signal: signal2, as, anonymous: link !== void 0 };
      const { response, deadline } = await this.http.open(address, call);
      deadline.stop();
      return response.headers;
    };
    const key = await this.key(target, content, options);
    let at2 = key && (await this.recall(key))?.at;
    let offset = 0;
    const recalled = at2 !== void 0;
    let unsure = recalled;
    if (at2 === void 0) {
      const known2 = { filename: name, filetype: type, ...link === void 0 ? { path: path2, fields: fields && JSON.stringify(fields) } : {} };
      const metadata = Object.entries(known2).filter(([, value]) => value !== void 0).map(([n, value]) => `${n} ${text2(value)}`).join(",");
      const location2 = (await send(fileAddress(target.collection, "/tus"), "POST", { "Upload-Length": String(blob.size), "Upload-Metadata": metadata })).get("Location");
      const id = location2 && /\/tus\/([^/?#]+)/.exec(location2)?.[1];
      if (!id) throw new BasaltError("unavailable", "the answer has no Location: what has answered is not the server");
      at2 = fileAddress(target.collection, `/tus/${id}`);
      if (key) await this.remember({ id: key, at: at2, begun: Date.now() });
    }
    const least = Math.max(smallest, Math.ceil(blob.size / mostPieces));
    let size = least;
    for (let failed = 0; ; ) {
      await pause?.over(signal);
      const one = pausing(pause, signal);
      try {
        const begun = Date.now();
        const piece = blob.slice(offset, offset + size);
        const headers = unsure ? await send(at2, "HEAD", {}) : await send(at2, "PATCH", { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" }, piece, one.signal);
        const took = Date.now() - begun;
        if (!unsure) size = took < 500 ? Math.min(2 * size, Math.max(largest, least)) : took > 2e3 ? Math.max(size / 2, least) : size;
        offset = Number(headers.get("Upload-Offset"));
        unsure = false;
        failed = 0;
        onProgress?.({ sent: offset, total: blob.size });
        const id = headers.get("X-Basalt-Document");
        if (id !== null) {
          if (key) await this.forget(key);
          return id;
        }
      } catch (e) {
        const error = e;
        if (error.code === "not_found" && recalled && unsure && key && offset === 0) {
          await this.forget(key);
          return this.inPieces(target, content, blob, options);
        }
        if (error.code === "aborted" && !signal?.aborted && one.signal?.aborted) {
          unsure = true;
          continue;
        }
        const again2 = passes(error) || error.status === 423 || error.status === 409 && !error.errors?.length;
        if (!(error instanceof BasaltError) || error.code !== "aborted" && !again2 && !waits(error)) {
          if (key) await this.forget(key);
          throw e;
        }
        if (!again2 || ++failed > (options.tries ?? tries)) throw e;
        await wait(200 * 2 ** failed, signal);
        unsure = true;
        size = least;
      } finally {
        one.end();
      }
    }
  }
};
var waits = (e) => !e.fromServer || e.code === "unauthenticated" || e.code === "rate_limited" || e.code === "internal";
function pausing(pause, signal) {
  if (!pause) return { signal, end: () => void 0 };
  const either = new AbortController();
  const abort = () => either.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  const forget2 = pause.onChange(abort);
  return { signal: either.signal, end: () => {
    forget2();
    signal?.removeEventListener("abort", abort);
  } };
}
var wait = (ms, signal) => new Promise((done) => {
  const timer = setTimeout(done, ms);
  signal?.addEventListener("abort", () => {
    clearTimeout(timer);
    done();
  }, { once: true });
});
async function uploadByLink(url, file, options = {}) {
  const parts = /^(.*)\/v1\/files\/([^/?#]+)(?:\/([^/?#]+))?\?(?:.*&)?upload=([^&#]+)/.exec(new URL(url, globalThis.location?.href).href);
  if (!parts) throw new BasaltError("invalid", "this is not a link for an upload, as Collection.uploadLink makes them");
  const { fetch: fetcher = fetch, timeout = 15e3, ...rest } = options;
  const [, server, collection, replaces, link] = parts.map((part) => part && decodeURIComponent(part));
  const { id } = await new Uploads(new Http(parts[1], fetcher, timeout), server).bytes({ collection, link, replaces }, file, rest);
  return { id, size: bytesOf(file).size };
}

// src/outbox.ts
var Outbox = class {
  constructor(http, sender, auth, options, name) {
    this.http = http;
    this.sender = sender;
    this.options = options;
    const store = options.offline ? options.store === void 0 ? indexedStore(`basalt.outbox:${name}`) : options.store : null;
    this.entries = new Entries(http.server, store, name, (atOnce) => atOnce ? this.lanes.now() : this.lanes.send());
    this.lanes = new Lanes(http, sender, options.offline, this.entries);
    auth.onChange((user) => this.changed(user?.id ?? null));
    globalThis.window?.addEventListener?.("online", () => this.lanes.now());
  }
  http;
  sender;
  options;
  entries;
  lanes;
  next = 0;
  /** Whether a write is that of who is signed in. */
  isMine(mutation) {
    return mutation.user === this.entries.user;
  }
  /** How many writes of who is signed in the server has not confirmed. */
  get pending() {
    return this.entries.open.length;
  }
  /** Calls back when a write that was shown is refused, and no longer shown. Returns a function that unsubscribes. */
  onRefused(listener) {
    this.entries.refusals.add(listener);
    return () => void this.entries.refusals.delete(listener);
  }
  /** Whether files are kept until the server is there. */
  get keepsFiles() {
    return this.options.offline;
  }
  /** The files of who is signed in that the server has not confirmed, in the order in which they are sent. */
  get uploads() {
    return this.entries.uploads;
  }
  /** Calls back with the files that wait, now and at every progress. Returns a function that unsubscribes. */
  onUploads(listener) {
    this.entries.watchers.add(listener);
    listener(this.uploads);
    return () => void this.entries.watchers.delete(listener);
  }
  /** Keeps a file from being sent until `resume`, after a reload too. What the server has of it stays for a day. */
  pause(id) {
    this.setPaused(id, true);
  }
  resume(id) {
    this.setPaused(id, false);
  }
  /** Gives a file up: its upload ends with the code "aborted". */
  cancel(id) {
    const entry = this.entries.upload(id);
    if (!entry) return;
    this.entries.refuse(entry, new BasaltError("aborted", "the upload was cancelled"));
    entry.stop?.abort();
    const { collection, file, user } = entry.mutation;
    void this.sender.cancel(collection, file, { resume: id, as: user }).catch(() => void 0);
  }
  setPaused(id, paused) {
    const entry = this.entries.upload(id);
    if (!entry || (entry.mutation.paused ?? false) === paused) return;
    entry.mutation.paused = entry.pausing = paused;
    if (paused) entry.stop?.abort();
    void this.entries.put(entry).then(() => {
      entry.pausing = false;
      this.entries.watch();
      this.lanes.now();
    });
  }
  /** Calls back when what is shown of a collection changes. */
  onChange(listener) {
    this.entries.listeners.add(listener);
    return () => void this.entries.listeners.delete(listener);
  }
  /** Shows a write, sends it, and resolves when the server has confirmed it. */
  async run(mutation, signal, { onProgress, pause } = {}) {
    if (signal?.aborted) throw aborted(signal);
    const { user = await this.http.authorizer.caller() } = this.entries;
    const id = `${Date.now().toString(36).padStart(9, "0")}-${String(++this.next).padStart(6, "0")}-${randomKey().slice(0, 8)}`;
    const m = { ...mutation, body: plain(mutation.body), once: mutation.once ?? randomKey(), id, user, server: this.http.server, ...pause?.paused ? { paused: true } : {} };
    const end = pause?.onChange(() => this.setPaused(id, pause.paused));
    return new Promise((resolve, reject) => {
      const entry = { mutation: m, resolve, reject, onProgress };
      this.entries.all.push(entry);
      this.entries.tell(m.collection);
      signal?.addEventListener("abort", () => {
        if (m.op === "upload") this.cancel(m.id);
        else if (!m.sent) this.entries.refuse(entry, aborted(signal));
      }, { once: true });
      void this.entries.put(entry).then(() => this.lanes.send());
    }).finally(() => end?.());
  }
  /** Keeps a file, shows its document, sends it, and resolves when the server has it. */
  async upload(collection, content, options) {
    const { fields, path: path2, name = content.name, type, signal } = options;
    const key = String(fields?.["id"] ?? newID());
    const bytes2 = bytesOf(content);
    const file = bytes2.slice(0, bytes2.size, bytes2.type);
    return this.run({ op: "upload", collection, key, body: { ...fields, id: key }, file, about: { name, path: path2, type } }, signal, options);
  }
  /** The documents that writes touch, as they would be: by key, undefined for one that is deleted. */
  overlay(collection, doc) {
    return this.entries.overlay(collection, doc);
  }
  /** Whether a key has writes that the server has not confirmed. */
  isPending(collection, key) {
    return this.entries.isPending(collection, key);
  }
  /** A live query has received a key: what was confirmed of it is no longer needed. */
  received(collection, key) {
    this.entries.received(collection, key);
  }
  /** Another user is signed in: their writes are shown and sent. */
  changed(user) {
    const { entries } = this;
    if (entries.user === user) return;
    entries.user = user;
    entries.watch();
    for (const collection of new Set(entries.all.map((e) => e.mutation.collection))) entries.tell(collection);
    if (!this.options.offline) {
      const gone = new BasaltError("unauthenticated", "the user who made this write is no longer signed in");
      for (const e of entries.all.filter((e2) => e2.confirmed === void 0 && !e2.mutation.sent && e2.mutation.user !== user)) entries.refuse(e, gone);
    }
    this.lanes.restart();
  }
};

// src/realtime.ts
var passing = /* @__PURE__ */ new Set(["unavailable", "timeout", "internal", "rate_limited", "network"]);
var pingEvery = 25e3;
var answerWithin = 1e4;
var idleTime = 3e3;
var leaving = 1012;
var toError2 = (m) => new BasaltError(m.error.code, m.error.detail, m.error.status, m.error.errors ?? []);
var Realtime = class {
  constructor(http, WebSocket) {
    this.http = http;
    this.WebSocket = WebSocket;
    globalThis.window?.addEventListener?.("online", () => this.now());
  }
  http;
  WebSocket;
  socket = null;
  open = false;
  token;
  subscribers = /* @__PURE__ */ new Map();
  waiting = /* @__PURE__ */ new Map();
  retries = /* @__PURE__ */ new Map();
  next = 0;
  attempts = 0;
  timer;
  pinger;
  received = 0;
  /** Subscribes until the returned function is called. */
  subscribe(subscriber) {
    const id = `s${++this.next}`;
    this.subscribers.set(id, subscriber);
    if (this.open) this.ask(id, subscriber);
    else this.connect();
    return () => {
      if (!this.subscribers.delete(id)) return;
      clearTimeout(this.retries.get(id));
      if (this.open) this.send({ id, op: "unsubscribe" });
      this.restIfIdle();
    };
  }
  /** Sends a request, as who is signed in now, and waits for its answer. */
  async request(body) {
    const id = `r${++this.next}`;
    const { authorizer } = this.http;
    const caller = await authorizer?.caller();
    await this.opened();
    if (await authorizer?.caller() !== caller) throw new BasaltError("unauthenticated", "the user who made this call is no longer signed in");
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send({ id, ...body });
    });
  }
  /** The user has changed: everything is asked again. */
  reconnect() {
    for (const subscriber of [...this.subscribers.values()]) subscriber.reset?.();
    if (this.socket) this.drop(this.socket, 0);
  }
  async opened() {
    this.connect();
    for (let tries2 = 0; !this.open; tries2++) {
      if (tries2 > 300) throw new BasaltError("network", "the server cannot be reached");
      await new Promise((resolve) => setTimeout(resolve, 50));
      this.connect();
    }
  }
  now() {
    if (this.timer === void 0 || this.socket) return;
    clearTimeout(this.timer);
    this.timer = void 0;
    this.connect();
  }
  connect() {
    if (this.socket || this.timer !== void 0) return;
    if (!this.WebSocket) {
      throw new TypeError("there is no WebSocket here; give createClient one, as in createClient(url, { WebSocket }) with that of the package ws");
    }
    const url = this.http.address("/v1/realtime");
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new this.WebSocket(url, "basalt.v1");
    this.socket = socket;
    socket.onopen = () => void this.begin(socket);
    socket.onmessage = (event) => this.receive(socket, event.data);
    socket.onclose = (event) => this.drop(socket, event.code);
    socket.onerror = () => this.drop(socket, 0);
  }
  /** Signs in, and asks for everything. */
  async begin(socket) {
    try {
      this.received = Date.now();
      this.token = void 0;
      await this.authenticate(socket);
      if (this.socket !== socket) return;
    } catch {
      this.drop(socket, 0);
      return;
    }
    this.open = true;
    this.attempts = 0;
    this.pinger = setInterval(() => this.tend(socket), 1e3);
    this.pinger.unref?.();
    for (const [id, subscriber] of this.subscribers) this.ask(id, subscriber);
    this.restIfIdle();
  }
  /** Sends the token of now, where there is one that has not been sent. */
  async authenticate(socket) {
    let token = await this.http.authorizer?.token();
    for (let tries2 = 0; token && token !== this.token && this.socket === socket && tries2 < 2; tries2++) {
      try {
        await this.exchange(socket, { op: "auth", token });
        this.token = token;
      } catch (error) {
        if (!(error instanceof BasaltError) || error.code !== "unauthenticated") throw error;
        token = await this.http.authorizer?.refused(token);
      }
    }
  }
  exchange(socket, body) {
    const id = `a${++this.next}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, ...body }));
    });
  }
  ask(id, subscriber) {
    this.send({ id, op: "subscribe", ...subscriber.ask() });
    subscriber.connected?.(true);
  }
  send(body) {
    this.socket?.send(JSON.stringify(body));
  }
  receive(socket, text3) {
    if (socket !== this.socket) return;
    this.received = Date.now();
    const m = JSON.parse(text3);
    const waiting = this.waiting.get(m.id);
    if (waiting) {
      this.waiting.delete(m.id);
      if (m.error) waiting.reject(toError2(m));
      else waiting.resolve(m);
      return;
    }
    const subscriber = this.subscribers.get(m.id);
    if (!subscriber) return;
    if (m.error) this.failed(m.id, subscriber, toError2(m));
    else subscriber.message(m);
  }
  /** Asks again after what passes; after a token that has ended, with another one. */
  failed(id, subscriber, error) {
    const again2 = (after) => {
      clearTimeout(this.retries.get(id));
      this.retries.set(id, setTimeout(() => {
        this.retries.delete(id);
        if (this.open && this.subscribers.get(id) === subscriber) this.ask(id, subscriber);
      }, after));
    };
    if (passing.has(error.code)) {
      again2(500 + Math.random() * 1500);
      return;
    }
    const { socket, token } = this;
    if (error.code === "unauthenticated" && token && socket) {
      void (async () => {
        const other = await this.http.authorizer?.refused(token).catch(() => void 0);
        if (other && other !== token && this.socket === socket) {
          await this.authenticate(socket).catch(() => void 0);
          again2(0);
        } else if (this.subscribers.delete(id)) {
          subscriber.refused(error);
        }
      })();
      return;
    }
    this.subscribers.delete(id);
    subscriber.refused(error);
  }
  /** Asks whether the server is there, and sends a new token before the old one ends. */
  tend(socket) {
    const silent = Date.now() - this.received;
    if (silent > pingEvery + answerWithin) {
      this.drop(socket, 0);
      return;
    }
    if (silent > pingEvery) this.send({ id: "ping", op: "ping" });
    if (this.token) void this.authenticate(socket).catch(() => void 0);
  }
  /** Forgets a connection, and makes another one after a while that grows. */
  drop(socket, code) {
    if (socket !== this.socket) return;
    this.socket = null;
    this.open = false;
    clearInterval(this.pinger);
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => void 0;
    socket.close();
    for (const waiting of this.waiting.values()) waiting.reject(new BasaltError("network", "the connection was cut"));
    this.waiting.clear();
    for (const subscriber of this.subscribers.values()) subscriber.connected?.(false);
    if (this.subscribers.size === 0) return;
    const most = code === leaving ? 500 : Math.min(15e3, 250 * 2 ** this.attempts++);
    this.timer = setTimeout(() => {
      this.timer = void 0;
      if (this.subscribers.size > 0) this.connect();
    }, most / 2 + Math.random() * most);
  }
  /** Closes a connection that has not been used for a while. */
  restIfIdle() {
    if (this.subscribers.size > 0) return;
    const timer = setTimeout(() => {
      if (this.subscribers.size === 0 && this.waiting.size === 0 && this.socket) this.drop(this.socket, 0);
    }, idleTime);
    timer.unref?.();
  }
};

// src/client.ts
function createClient(url, options = {}) {
  const http = new Http(url, options.fetch ?? fetch, options.timeout ?? 15e3, options.retries ?? 2);
  const name = options.name ? `${http.server}#${options.name}` : http.server;
  const auth = new Auth(http, options.storage, name, options.tokens);
  const realtime = new Realtime(http, options.WebSocket ?? globalThis.WebSocket);
  const { optimistic } = options;
  const uploads = new Uploads(http, name);
  const outbox = optimistic ? new Outbox(http, uploads, auth, optimistic === true ? { offline: false } : optimistic, name) : void 0;
  const dates = options.dates ? new Dates(options.dates) : void 0;
  let user;
  auth.onChange((now2) => {
    if (user !== now2?.id) realtime.reconnect();
    user = now2?.id;
  });
  return {
    auth,
    outbox,
    db: new Database({ http, realtime, outbox, uploads, dates }),
    functions: new Functions(http),
    channel: (name2) => new Channel(realtime, name2)
  };
}

// src/cookies.ts
var pieceSize = 3500;
var lifetime = 400 * 24 * 60 * 60;
var encode = (text3) => btoa(Array.from(new TextEncoder().encode(text3), (byte) => String.fromCharCode(byte)).join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
var decode = (text3) => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(text3.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)));
  } catch {
    return null;
  }
};
var hostOnly = "__Host-";
var named = (text3) => text3.replace(/[^a-zA-Z0-9.-]/g, (c) => `_${c.charCodeAt(0).toString(16)}_`);
var CookieStorage = class {
  constructor(url, client, cookies, secure) {
    this.cookies = cookies;
    const server = new URL(url);
    this.options = { path: "/", maxAge: lifetime, sameSite: "lax", secure: secure ?? server.protocol === "https:" };
    const name = `basalt-${[`${server.host}${server.pathname.replace(/\/$/, "")}`, ...client ? [client] : []].map(named).join("~")}`;
    this.name = this.options.secure ? hostOnly + name : name;
    this.old = this.options.secure ? name : void 0;
  }
  cookies;
  name;
  /** That of sessions of an earlier release, which are not taken over: they may have been planted. */
  old;
  options;
  get() {
    const all = this.cookies.getAll();
    return all instanceof Promise ? all.then((known2) => this.from(known2)) : this.from(all);
  }
  from(known2) {
    const values = new Map(known2.map(({ name, value }) => [name, value]));
    let text3 = "";
    for (let n = 0; values.has(`${this.name}.${n}`); n++) text3 += values.get(`${this.name}.${n}`);
    const kept2 = text3 ? decode(text3) : null;
    return this.cookies.setAll || kept2 === null ? kept2 : readOnly(kept2);
  }
  async set(value) {
    const text3 = encode(value);
    const pieces = Array.from({ length: Math.ceil(text3.length / pieceSize) }, (_, n) => text3.slice(n * pieceSize, (n + 1) * pieceSize));
    await this.write(pieces);
  }
  remove() {
    return this.write([]);
  }
  /** Writes pieces, and removes what there is beyond them. */
  async write(pieces) {
    if (!this.cookies.setAll) return;
    const piece = (name, of) => name.startsWith(`${of}.`) && /^\d+$/.test(name.slice(of.length + 1)) ? Number(name.slice(of.length + 1)) : -1;
    const old = (await this.cookies.getAll()).filter(({ name }) => piece(name, this.name) >= pieces.length || this.old && piece(name, this.old) >= 0);
    await this.cookies.setAll([
      ...pieces.map((value, n) => ({ name: `${this.name}.${n}`, value, options: this.options })),
      ...old.map(({ name }) => ({ name, value: "", options: { ...this.options, maxAge: 0 } }))
    ]);
  }
};
function readOnly(text3) {
  const session2 = sessionIn(text3);
  if (!session2 || session2.expiresAt <= Date.now()) return null;
  return JSON.stringify({ ...session2, refreshToken: "", expiresAt: Number.MAX_SAFE_INTEGER });
}
function createServerClient(url, { cookies, secureCookies, ...options }) {
  return createClient(url, { ...options, storage: new CookieStorage(url, options.name, cookies, secureCookies) });
}
var pageCookies = {
  getAll: () => document.cookie.split("; ").filter(Boolean).map((pair) => ({ name: pair.slice(0, pair.indexOf("=")), value: pair.slice(pair.indexOf("=") + 1) })),
  setAll: (cookies) => {
    for (const { name, value, options } of cookies) {
      document.cookie = `${name}=${value}; path=${options.path}; max-age=${options.maxAge}; samesite=${options.sameSite}${options.secure ? "; secure" : ""}`;
    }
  }
};
function createBrowserClient(url, options = {}) {
  if (typeof document === "undefined") return createClient(url, options);
  if (options.secureCookies ?? new URL(url).protocol === "https:") {
    if (globalThis.isSecureContext === false) throw new BasaltError("invalid", "this page came by http, where no session can be in cookies for https; give secureCookies: false here and on the server of the page");
  }
  return createServerClient(url, { ...options, cookies: pageCookies });
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
