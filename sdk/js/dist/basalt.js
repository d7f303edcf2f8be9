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
  async call(path, call = {}) {
    const token = call.anonymous ? void 0 : await this.authorizer?.token();
    let response = await this.send(path, call, token);
    if (response.status === 401 && token) {
      const other = await this.authorizer?.refused(token);
      if (other) response = await this.send(path, call, other);
    }
    const text = await response.text().catch((cause) => {
      throw new BasaltError("network", "the answer was cut off", response.status, [], void 0, void 0, { cause });
    });
    const body = text === "" ? void 0 : parse(text);
    if (response.ok) return { status: response.status, body, headers: response.headers };
    throw problem(response, body);
  }
  async send(path, call, token) {
    const url = new URL(this.base + path);
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
function parse(text) {
  try {
    return JSON.parse(text);
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

// src/auth.ts
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
var Auth = class {
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
  async signUp(email, password) {
    return this.open("/v1/auth/signup", { email, password });
  }
  async signIn(email, password) {
    return this.open("/v1/auth/signin", { email, password });
  }
  /** Ends the session here and on the server. Offline it ends here all the same. */
  async signOut() {
    await this.loaded;
    const session = this.session;
    await this.keep(null);
    if (!session) return;
    try {
      await this.http.call("/v1/auth/signout", { method: "POST", body: { refresh_token: session.refreshToken }, anonymous: true });
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
  async refreshOnce() {
    const before = this.session;
    await this.load();
    if (!this.session) return null;
    if (this.session.accessToken !== before?.accessToken && this.session.expiresAt - margin > Date.now()) return this.session;
    try {
      await this.open("/v1/auth/refresh", { refresh_token: this.session.refreshToken });
    } catch (error) {
      if (!(error instanceof BasaltError) || error.code !== "unauthenticated") throw error;
      await this.keep(null);
    }
    return this.session;
  }
  async open(path, body) {
    await this.loaded;
    const answer = await this.http.call(path, { method: "POST", body, anonymous: true });
    const t = answer.body;
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
      const text = await this.storage.get();
      this.session = text ? JSON.parse(text) : null;
    } catch {
      this.session = null;
    }
  }
  async keep(session) {
    const before = this.session?.user.id;
    this.session = session;
    if (session) await this.storage.set(JSON.stringify(session));
    else await this.storage.remove();
    if (before !== session?.user.id) this.tell();
  }
  tell() {
    for (const listener of [...this.listeners]) listener(this.user);
  }
  followOtherTabs() {
    globalThis.window?.addEventListener?.("storage", (event) => {
      if (event.key !== storageKey && event.key !== null) return;
      const before = this.session?.user.id;
      void this.load().then(() => {
        if (before !== this.session?.user.id) this.tell();
      });
    });
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
  filter(text, params) {
    const { filter } = this.settings;
    return this.with({
      filter: filter === void 0 ? text : `(${filter}) && (${text})`,
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
  search(text) {
    return this.where({ $search: text });
  }
  /**
   * Gets related documents too, as the member `expand` of each document: what a ref points to, such as "author", and
   * what points here, such as "comments(sort:-created,limit:3,expand:author)".
   */
  expand(...items) {
    return new _Collection(this.http, this.name, { ...this.settings, expand: [...this.settings.expand ?? [], ...items] });
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
  now,
  pull,
  push
};
