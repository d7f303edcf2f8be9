// src/http.ts
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
};
var Http = class {
  constructor(url, fetcher, timeout) {
    this.fetcher = fetcher;
    this.timeout = timeout;
    this.base = url.replace(/\/+$/, "");
  }
  fetcher;
  timeout;
  authorizer;
  base;
  /** The whole address of a path. */
  address(path) {
    return new URL(this.base + path);
  }
  async call(path, call = {}) {
    const token = call.anonymous ? void 0 : await this.authorizer?.token();
    let response = await this.send(path, call, token);
    if (response.status === 401 && token) {
      const other = await this.authorizer?.refused(token);
      if (other) response = await this.send(path, call, other);
    }
    const text2 = await response.text().catch((cause) => {
      throw new BasaltError("network", "the answer was cut off", response.status, [], void 0, void 0, { cause });
    });
    const body = text2 === "" ? void 0 : parse(text2);
    if (response.ok) return { status: response.status, body, headers: response.headers };
    throw problem(response, body);
  }
  async send(path, call, token) {
    const url = this.address(path);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== void 0) url.searchParams.set(name, value);
    }
    const headers = { ...call.headers };
    if (token) headers["Authorization"] = `Bearer ${token}`;
    if (call.body !== void 0) headers["Content-Type"] = "application/json";
    const fetcher = this.fetcher;
    try {
      return await fetcher(url, {
        method: call.method ?? "GET",
        headers,
        body: call.body === void 0 ? void 0 : JSON.stringify(call.body),
        signal: AbortSignal.timeout(this.timeout)
      });
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === "TimeoutError") {
        throw new BasaltError("timeout", `no answer within ${this.timeout} ms`, 0, [], void 0, void 0, { cause });
      }
      throw new BasaltError("network", "the server can not be reached", 0, [], void 0, void 0, { cause });
    }
  }
};
function parse(text2) {
  try {
    return JSON.parse(text2);
  } catch {
    return void 0;
  }
}
function problem(response, body) {
  const p = body ?? {};
  const after = Number(response.headers.get("Retry-After"));
  const code = p.code ?? (response.status >= 500 ? "unavailable" : "invalid");
  return new BasaltError(
    code,
    p.detail ?? `the server answered ${response.status}`,
    response.status,
    p.errors ?? [],
    after > 0 ? after : void 0,
    response.headers.get("X-Request-Id") ?? void 0
  );
}

// src/passkeys.ts
function bytes(text2) {
  const raw = atob(String(text2).replace(/-/g, "+").replace(/_/g, "/"));
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
  const made = await navigator.credentials.create({ publicKey });
  const response = made.response;
  return {
    ...common(made),
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

// src/session.ts
var storageKey = "basalt.session";
function defaultStorage() {
  try {
    const store = globalThis.window?.localStorage;
    if (store) {
      return {
        get: () => store.getItem(storageKey),
        set: (value) => store.setItem(storageKey, value),
        remove: () => store.removeItem(storageKey)
      };
    }
  } catch {
  }
  let kept = null;
  return { get: () => kept, set: (value) => void (kept = value), remove: () => void (kept = null) };
}
var margin = 3e4;
var Sessions = class {
  constructor(http, storage) {
    this.http = http;
    this.storage = storage ?? defaultStorage();
    http.authorizer = this;
    this.loaded = this.load();
    if (!storage) this.followOtherTabs();
  }
  http;
  session = null;
  storage;
  listeners = /* @__PURE__ */ new Set();
  loaded;
  refreshing = null;
  /** The user who is signed in, null when nobody is. Not known before `ready`. */
  get user() {
    return this.session?.user ?? null;
  }
  /** Resolves when the stored session has been read. */
  get ready() {
    return this.loaded;
  }
  /** Calls back with the user now, as soon as that is known, and at every change. Returns the end of it. */
  onChange(listener) {
    this.listeners.add(listener);
    void this.loaded.then(() => {
      if (this.listeners.has(listener)) listener(this.user);
    });
    return () => void this.listeners.delete(listener);
  }
  /** The token to send, refreshed when it is about to end. */
  async token() {
    await this.loaded;
    if (this.session && this.session.expiresAt - margin < Date.now()) await this.refresh();
    return this.session?.accessToken;
  }
  /** Refreshes after a token was refused. */
  async refused(token) {
    if (this.session?.accessToken === token) await this.refresh();
    return this.session?.accessToken;
  }
  /** Gets new tokens. Null means that the session has ended. */
  refresh() {
    this.refreshing ??= this.refreshOnce().finally(() => this.refreshing = null);
    return this.refreshing;
  }
  /** Refreshes in one tab at a time: the others find the new tokens in the storage. */
  refreshOnce() {
    const locks = globalThis.navigator?.locks;
    return locks ? locks.request("basalt.refresh", () => this.refreshAlone()) : this.refreshAlone();
  }
  async refreshAlone() {
    const before = this.session;
    await this.load();
    if (!this.session) return null;
    if (this.session.refreshToken !== before?.refreshToken && this.session.expiresAt - margin > Date.now()) return this.session;
    try {
      await this.renew(this.session.refreshToken);
    } catch (error) {
      if (!(error instanceof BasaltError) || error.code !== "unauthenticated") throw error;
      await this.keep(null);
    }
    return this.session;
  }
  /** Sends the refresh token. */
  async renew(refreshToken) {
    const answer = await this.http.call("/v1/auth/refresh", { method: "POST", body: { refresh_token: refreshToken }, anonymous: true });
    await this.opened(answer.body);
  }
  async opened(body) {
    const t = body;
    await this.keep({
      accessToken: t.access_token,
      refreshToken: t.refresh_token,
      expiresAt: Date.now() + t.expires_in * 1e3,
      user: t.user
    });
    return t.user;
  }
  async load() {
    try {
      const text2 = await this.storage.get();
      this.session = text2 ? JSON.parse(text2) : null;
    } catch {
      this.session = null;
    }
  }
  async keep(session) {
    const before = JSON.stringify(this.session?.user);
    this.session = session;
    if (session) await this.storage.set(JSON.stringify(session));
    else await this.storage.remove();
    if (before !== JSON.stringify(session?.user)) this.tell();
  }
  tell() {
    for (const listener of [...this.listeners]) listener(this.user);
  }
  followOtherTabs() {
    globalThis.window?.addEventListener?.("storage", (event) => {
      if (event.key !== storageKey && event.key !== null) return;
      const before = JSON.stringify(this.session?.user);
      void this.load().then(() => {
        if (before !== JSON.stringify(this.session?.user)) this.tell();
      });
    });
  }
};

// src/auth.ts
function needsSecondFactor(error) {
  return error instanceof BasaltError && error.errors.some((e) => e.field === "totp" && e.code === "required");
}
var verifierKey = "basalt.oauth";
var popupParameter = "basalt_popup";
var popupChannel = "basalt.oauth";
var items = (answer) => answer.body.items;
function codeOf(answer) {
  if (answer["code"]) return answer["code"];
  throw new BasaltError(answer["error"] ?? "unauthenticated", answer["error_description"] ?? "signing in elsewhere has failed");
}
function fromPopup(popup) {
  return new Promise((resolve, reject) => {
    const channel = new BroadcastChannel(popupChannel);
    const watch = setInterval(() => {
      if (popup.closed) setTimeout(() => done(() => reject(new BasaltError("unauthenticated", "the window was closed"))), 500);
    }, 500);
    const done = (what) => {
      clearInterval(watch);
      channel.close();
      what();
    };
    channel.onmessage = (event) => {
      try {
        const code = codeOf(event.data);
        done(() => resolve(code));
      } catch (error) {
        done(() => reject(error));
      }
    };
  });
}
var Auth = class extends Sessions {
  /**
   * Makes an account and signs in; an anonymous user keeps their id. Null means that the address has to be
   * confirmed first, by the mail that was sent to it.
   */
  async signUp(email, password, options = {}) {
    const before = await this.anonymousToken();
    const answer = await this.http.call("/v1/auth/signup", { method: "POST", body: { email, password, ...options }, anonymous: true, headers: before });
    return answer.status === 202 ? null : this.opened(answer.body);
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
    return this.open("/v1/auth/email/verify", { ...proof, ...options }, await this.anonymousToken());
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
   * Signs in elsewhere, as in `signInWith("google")`. By default the page goes there and comes back to
   * `redirect` (this page), where `arrive()` finishes it; with `popup: true` the promise does, and has to be
   * called from a click. With `link: true` it becomes a way to sign in to the account that is signed in.
   */
  async signInWith(provider, options = {}) {
    const popup = options.popup ? window.open("", "_blank", "popup,width=480,height=640") : null;
    if (options.popup && !popup) throw new BasaltError("forbidden", "the browser blocks popups; call this from a click");
    try {
      const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
      const redirect = new URL(options.redirect ?? location.href, location.href);
      redirect.hash = "";
      if (popup) redirect.searchParams.set(popupParameter, "1");
      const url = this.http.address(`/v1/auth/oauth/${encodeURIComponent(provider)}`);
      url.searchParams.set("redirect", redirect.href);
      url.searchParams.set("code_challenge", base64url(new Uint8Array(digest)));
      url.searchParams.set("code_challenge_method", "S256");
      if (options.link || this.user?.anonymous) {
        const answer = await this.http.call("/v1/auth/oauth/link", { method: "POST" });
        url.searchParams.set("link", answer.body.link);
      }
      if (!popup) {
        sessionStorage.setItem(verifierKey, verifier);
        location.assign(url);
        return new Promise(() => {
        });
      }
      const code = fromPopup(popup);
      popup.location.href = url.href;
      return await this.exchange(await code, verifier);
    } catch (error) {
      popup?.close();
      throw error;
    }
  }
  /**
   * Finishes what this page was opened for: the link of a mail, or the way back from another server. It is to
   * be called when the page loads, and is null when there is nothing to finish. The address is cleaned.
   */
  async arrive(options = {}) {
    const fragment = new URLSearchParams(location.hash.slice(1));
    const kind = fragment.get("basalt");
    if (!kind) return null;
    const clean = new URL(location.href);
    clean.hash = "";
    if (clean.searchParams.has(popupParameter)) {
      new BroadcastChannel(popupChannel).postMessage(Object.fromEntries(fragment));
      window.close();
      return { kind: "popup" };
    }
    const token = fragment.get("token") ?? "";
    let arrival;
    if (kind === "reset") arrival = { kind, token };
    else if (kind === "oauth") {
      const verifier = sessionStorage.getItem(verifierKey) ?? "";
      arrival = { kind, user: await this.exchange(codeOf(Object.fromEntries(fragment)), verifier, options).catch((e) => this.leave(e, clean)) };
      sessionStorage.removeItem(verifierKey);
    } else if (kind === "signin" || kind === "confirm") {
      arrival = { kind, user: await this.verifyMail({ token }, options).catch((e) => this.leave(e, clean)) };
    } else return null;
    history.replaceState(history.state, "", clean);
    return arrival;
  }
  /** Cleans the address after a failure, unless trying again with a second factor will need it. */
  leave(error, clean) {
    if (!needsSecondFactor(error)) history.replaceState(history.state, "", clean);
    throw error;
  }
  exchange(code, verifier, options = {}) {
    return this.open("/v1/auth/oauth/exchange", { code, code_verifier: verifier, ...options });
  }
  /** Adds a passkey to the account, from this device or a key. */
  async addPasskey(name = "") {
    const challenge = (await this.http.call("/v1/auth/passkeys", { method: "POST" })).body;
    const response = await createPasskey(challenge.options);
    const body = { id: challenge.id, name, response };
    return (await this.http.call("/v1/auth/passkeys/finish", { method: "POST", body })).body;
  }
  /** Signs in with a passkey that the browser has for this server. */
  async signInWithPasskey() {
    const challenge = (await this.http.call("/v1/auth/passkeys/signin", { method: "POST", anonymous: true })).body;
    const response = await usePasskey(challenge.options);
    return this.open("/v1/auth/passkeys/signin/finish", { id: challenge.id, response });
  }
  async passkeys() {
    return items(await this.http.call("/v1/auth/passkeys"));
  }
  async removePasskey(id) {
    await this.http.call(`/v1/auth/passkeys/${encodeURIComponent(id)}`, { method: "DELETE" });
  }
  /** Begins with a second factor: the secret, and an address to show as a QR code, for an authenticator app. */
  async enrolTotp(currentPassword) {
    const body = currentPassword === void 0 ? {} : { current_password: currentPassword };
    return (await this.http.call("/v1/auth/totp", { method: "POST", body })).body;
  }
  /** Switches the second factor on, with the first code of the app. Returns recovery codes, to be shown once. */
  async confirmTotp(code) {
    const answer = await this.http.call("/v1/auth/totp/confirm", { method: "POST", body: { code } });
    if (this.session) await this.keep({ ...this.session, user: { ...this.session.user, totp: true } });
    return answer.body.recovery_codes;
  }
  /** Switches the second factor off, for which it is asked once more. */
  async removeTotp(code) {
    await this.http.call("/v1/auth/totp", { method: "DELETE", body: { totp: code } });
    if (this.session) await this.keep({ ...this.session, user: { ...this.session.user, totp: false } });
  }
  /** The user's open sessions, on all devices. */
  async sessions() {
    return items(await this.http.call("/v1/auth/sessions"));
  }
  /** Ends one of them. */
  async endSession(id) {
    await this.http.call(`/v1/auth/sessions/${encodeURIComponent(id)}`, { method: "DELETE" });
  }
  /** How people can sign in here. */
  async providers() {
    return (await this.http.call("/v1/auth/providers", { anonymous: true })).body;
  }
  /** Ends the session here and on the server, or all of the user's. Offline it ends here all the same. */
  async signOut(options = {}) {
    await this.loaded;
    const session = this.session;
    await this.keep(null);
    if (!session) return;
    const query = options.everywhere ? { everywhere: "true" } : void 0;
    try {
      await this.http.call("/v1/auth/signout", { method: "POST", query, body: { refresh_token: session.refreshToken }, anonymous: true });
    } catch (error) {
      if (!(error instanceof BasaltError) || error.code !== "network") throw error;
    }
  }
  /** Asks the server who is signed in. */
  async getUser() {
    return (await this.http.call("/v1/auth/user")).body;
  }
  /** Changes the address or the password. */
  async updateUser(change) {
    const { currentPassword, ...rest } = change;
    const answer = await this.http.call("/v1/auth/user", { method: "PATCH", body: { ...rest, current_password: currentPassword } });
    const user = answer.body;
    if (this.session) await this.keep({ ...this.session, user });
    return user;
  }
  async open(path, body, headers) {
    await this.loaded;
    const answer = await this.http.call(path, { method: "POST", body, anonymous: true, headers });
    return this.opened(answer.body);
  }
  /** The header of an anonymous user, who is to keep the id. */
  async anonymousToken() {
    await this.loaded;
    if (!this.session?.user.anonymous) return void 0;
    const token = await this.token();
    return token ? { Authorization: `Bearer ${token}` } : void 0;
  }
};

// src/db.ts
var increment = (by = 1) => ({ $inc: by });
var push = (element) => ({ $push: element });
var pull = (element) => ({ $pull: element });
var now = () => ({ $now: true });
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
  "exists": "$exists"
};
var Database = class {
  constructor(http) {
    this.http = http;
  }
  http;
  /** A collection. T is the type of its documents without their id. */
  collection(name) {
    return new Collection(this.http, name, { where: [], sort: [] });
  }
  /** Operations that happen together or not at all. */
  batch() {
    return new Batch(this.http);
  }
};
var Collection = class _Collection {
  constructor(http, name, settings) {
    this.http = http;
    this.name = name;
    this.settings = settings;
  }
  http;
  name;
  settings;
  with(settings) {
    return new _Collection(this.http, this.name, { ...this.settings, ...settings });
  }
  path(rest = "") {
    return `/v1/db/${encodeURIComponent(this.name)}${rest}`;
  }
  where(field, operator, value) {
    const condition2 = typeof field === "string" ? { [field]: { [operators[operator]]: value } } : field;
    return this.with({ where: [...this.settings.where, condition2] });
  }
  /** Narrows by a filter as text, such as `stars >= $min && title startsWith "b"`. */
  filter(text2, params) {
    const { filter } = this.settings;
    return this.with({
      filter: filter === void 0 ? text2 : `(${filter}) && (${text2})`,
      params: { ...this.settings.params, ...params }
    });
  }
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
    return new _Collection(this.http, this.name, { ...this.settings, select: fields });
  }
  /** Narrows to documents with all these words in the fields that are marked `search: true`; without orderBy the best come first. */
  search(text2) {
    return this.where({ $search: text2 });
  }
  /**
   * Gets related documents too, as the member `expand` of each document: what a ref points to, such as "author", and
   * what points here, such as "comments(sort:-created,limit:3,expand:author)".
   */
  expand(...items2) {
    return new _Collection(this.http, this.name, { ...this.settings, expand: [...this.settings.expand ?? [], ...items2] });
  }
  /**
   * Makes reads see everything written before them, by anybody, where they may otherwise come from a replica of the
   * database that is behind.
   */
  strong() {
    return this.with({ strong: true });
  }
  /** Asks for `total` too. */
  withCount() {
    return this.with({ count: true });
  }
  /** Gets a page. */
  async get() {
    const { where, strong, ...rest } = this.settings;
    const body = { ...rest, ...this.condition() };
    const answer = await this.http.call(this.path("/query"), { method: "POST", body, headers: consistency(strong) });
    return answer.body;
  }
  /** Gets the first document, null when there is none. */
  async first() {
    return (await this.limit(1).get()).items[0] ?? null;
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
  async count() {
    const [row] = await this.aggregate({ count: true });
    return row?.count ?? 0;
  }
  /** Figures, by group. */
  async aggregate(ask) {
    const { filter, params, strong } = this.settings;
    const body = { ...ask, filter, params, ...this.condition() };
    const answer = await this.http.call(this.path("/aggregate"), { method: "POST", body, headers: consistency(strong) });
    return answer.body.items;
  }
  async add(doc) {
    const answer = await this.http.call(this.path(), { method: "POST", body: doc });
    return Array.isArray(doc) ? answer.body.items : answer.body;
  }
  /** One document. */
  doc(id) {
    return new DocumentReference(this.http, this.path(`/${encodeURIComponent(id)}`), String(id), this.settings.strong);
  }
  /** Changes all documents of `filter`, which has to be given as text; returns how many. */
  async update(patch) {
    const answer = await this.http.call(this.path(), { method: "PATCH", query: this.textFilter(), body: patch });
    return answer.body.count;
  }
  /** Deletes all documents of `filter`, which has to be given as text; returns how many. */
  async delete() {
    const answer = await this.http.call(this.path(), { method: "DELETE", query: this.textFilter() });
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
  constructor(http, path, id, strong = false) {
    this.http = http;
    this.path = path;
    this.id = id;
    this.strong = strong;
  }
  http;
  path;
  id;
  strong;
  /** Gets it. A document that is missing or hidden is a BasaltError of code not_found. */
  async get(options = {}) {
    const query = { expand: options.expand?.join(",") };
    return (await this.http.call(this.path, { query, headers: consistency(this.strong) })).body;
  }
  /** Gets it with its ETag, for an update on condition that it has not changed. */
  async getWithTag() {
    const answer = await this.http.call(this.path, { headers: consistency(this.strong) });
    return { doc: answer.body, tag: answer.headers.get("ETag") ?? "" };
  }
  /** Changes it. With ifMatch it fails with precondition_failed when the document is not that one. */
  async update(patch, options = {}) {
    return (await this.http.call(this.path, { method: "PATCH", body: patch, headers: condition(options) })).body;
  }
  /** Stores the whole document under this id, new or not. */
  async set(doc, options = {}) {
    return (await this.http.call(this.path, { method: "PUT", body: doc, headers: condition(options) })).body;
  }
  async delete(options = {}) {
    await this.http.call(this.path, { method: "DELETE", headers: condition(options) });
  }
};
function condition(options) {
  return options.ifMatch ? { "If-Match": options.ifMatch } : {};
}
function consistency(strong = false) {
  return strong ? { "X-Basalt-Consistency": "strong" } : {};
}
var Batch = class {
  constructor(http) {
    this.http = http;
  }
  http;
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
   * transactions, they run one after the other, and those before a failure stay.
   */
  async commit(options = {}) {
    const answer = await this.http.call("/v1/batch", { method: "POST", body: { ops: this.ops, atomic: options.atomic } });
    return answer.body.results;
  }
  push(step) {
    this.ops.push(step);
    return this;
  }
};

// src/basalt.ts
function createClient(url, options = {}) {
  const http = new Http(url, options.fetch ?? fetch, options.timeout ?? 15e3);
  const auth = new Auth(http, options.storage);
  return { auth, db: new Database(http) };
}
export {
  Auth,
  BasaltError,
  Batch,
  Collection,
  Database,
  DocumentReference,
  createClient,
  increment,
  needsSecondFactor,
  now,
  pull,
  push
};
