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
var __reExport = (target, mod, secondTarget) => (__copyProps(target, mod, "default"), secondTarget && __copyProps(secondTarget, mod, "default"));
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// supabase/index.ts
var index_exports = {};
__export(index_exports, {
  createClient: () => createClient
});
module.exports = __toCommonJS(index_exports);
var import_supabase_js = require("@supabase/supabase-js");
var import_client3 = require("@basalt-dev/client");

// supabase/offline.ts
var import_client = require("@basalt-dev/client");
var most = 200;
var longest = 1 << 20;
var away = /* @__PURE__ */ new Set([502, 503, 504]);
var Offline = class {
  constructor(url, fetcher, tables) {
    this.fetcher = fetcher;
    this.tables = tables;
    this.rest = `${url.replace(/\/+$/, "")}/rest/v1/`;
    this.answers = (0, import_client.indexed)(`basalt.answers:${url}`, "answers") ?? (0, import_client.remembered)();
  }
  fetcher;
  tables;
  rest;
  answers;
  native;
  puts = 0;
  /** Sends by a client from now on. What one user has read is gone when another one is there. */
  through(native) {
    this.native = native;
    let before = native.auth.user?.id;
    native.auth.onChange((user) => {
      if (before && before !== user?.id) void this.forget(0).catch(() => void 0);
      before = user?.id;
    });
  }
  /** The fetch of supabase-js. */
  fetch = async (input, init) => {
    const asked = this.asked(input, init);
    if (!asked) return this.fetcher(input, init);
    const whose = this.whose(asked);
    if (asked.method === "GET") return this.read(asked, whose, input, init);
    const write = writeOf(asked);
    if (!write) return this.fetcher(input, init);
    if (this.native.outbox.pending > 0 && whose === this.user) return this.keep(asked, write, false);
    const once = (0, import_client.randomKey)();
    try {
      const answer = await this.fetcher(...asSent(asked, write, once, input, init));
      if (!away.has(answer.status) || whose !== this.user) return answer;
    } catch (error) {
      if (init?.signal?.aborted || whose !== this.user) throw error;
    }
    return this.keep(asked, write, true, once);
  };
  get user() {
    return this.native.auth.user?.id ?? null;
  }
  /** A request for one of the tables, undefined for any other. */
  asked(input, init = {}) {
    const text = typeof input === "string" ? input : input instanceof URL ? input.href : void 0;
    if (!text?.startsWith(this.rest)) return void 0;
    const url = new URL(text);
    const table = decodeURIComponent(text.slice(this.rest.length).split("?")[0]);
    if (!this.tables.includes(table)) return void 0;
    return { table, url, method: init.method ?? "GET", headers: new Headers(init.headers), body: init.body };
  }
  /**
   * Whose request it is. With a token that has ended and cannot be refreshed, supabase-js sends none; then it is that of who is
   * signed in still.
   */
  whose({ headers }) {
    const id = (0, import_client.claimsOf)(headers.get("Authorization")?.replace(/^Bearer /, "") ?? "")?.["sub"];
    return typeof id === "string" ? id : this.user;
  }
  async read(asked, whose, input, init) {
    const id = JSON.stringify([whose, asked.url.href, ...["Accept", "Accept-Profile", "Prefer", "Range"].map((name) => asked.headers.get(name))]);
    let answer, failure;
    try {
      answer = await this.fetcher(input, init);
      if (answer.ok) void this.remember(id, answer.clone()).catch(() => void 0);
      if (!away.has(answer.status)) return answer;
    } catch (error) {
      failure = error;
    }
    const kept = init?.signal?.aborted || whose !== this.user ? void 0 : await this.answers.get(id).catch(() => void 0);
    if (kept) return new Response(kept.body, { status: 200, statusText: "Kept", headers: kept.headers });
    if (answer) return answer;
    throw failure;
  }
  async remember(id, answer) {
    const headers = [...answer.headers].filter(([name]) => name === "content-type" || name === "content-range");
    const body = await answer.text();
    if (body.length > longest) return;
    await this.answers.put({ id, at: Date.now(), body, headers });
    if (++this.puts % 32 === 0) await this.forget(most);
  }
  /** Forgets all answers but the newest. */
  async forget(left) {
    const all = (await this.answers.all()).sort((a, b) => b.at - a.at);
    for (const { id } of all.slice(left)) await this.answers.remove(id);
  }
  /** Puts a write into the outbox, and answers with what is known of its row. */
  keep(asked, write, sent, once) {
    const { table, headers } = asked;
    const parts = write.op === "request" ? write.parts : [write];
    const mutation = write.op === "request" ? { op: write.op, collection: table, key: "", parts: write.parts, request: requestOf(asked, write), sent, once } : { ...write, collection: table, sent };
    this.native.outbox.run(mutation).catch(() => void 0);
    const rows = parts.map(({ key, body }) => ({ ...body, id: key }));
    const shown = headers.get("Prefer")?.includes("return=representation") ? JSON.stringify(headers.get("Accept")?.includes("pgrst.object") ? rows[0] : rows) : null;
    return new Response(shown, { status: 202, statusText: "Accepted", headers: { "Content-Type": "application/json" } });
  }
};
function asSent(asked, write, once, input, init) {
  if (write.op === "create") return [input, { ...init, body: JSON.stringify(write.body) }];
  if (write.op !== "request") return [input, init];
  const headers = new Headers(asked.headers);
  headers.set("Idempotency-Key", once);
  return [write.url.href, { ...init, headers, body: write.body && JSON.stringify(write.body) }];
}
function requestOf({ headers, method }, { url, body }) {
  const wanted = (headers.get("Prefer") ?? "").split(",").map((part) => part.trim()).filter((part) => part && !/^(return|count)=/.test(part));
  const profile = headers.get("Content-Profile");
  return {
    method,
    body,
    path: url.href.slice(url.href.indexOf("/rest/v1/")),
    due: "rows",
    headers: { Prefer: [...wanted, "return=representation"].join(","), ...profile ? { "Content-Profile": profile } : {} }
  };
}
function writeOf({ method, url, headers, body }) {
  const conditions = [...url.searchParams].filter(([name]) => name !== "select");
  const prefer = headers.get("Prefer") ?? "";
  if (/tx=|max-affected=/.test(prefer)) return void 0;
  const given = rowsIn(body);
  if (method === "POST") return given && insertOf(url, conditions, prefer, given);
  const keys = conditions.length === 1 && conditions[0][0] === "id" ? keysIn(conditions[0][1]) : void 0;
  const row = method === "PATCH" && !given?.list ? given?.rows[0] : void 0;
  if (!keys || !row && method !== "DELETE") return void 0;
  const plain = !row || !Object.values(row).some((v) => typeof v === "object" && v !== null && !Array.isArray(v));
  if (keys.length === 1 && plain) return row ? { op: "update", key: keys[0], body: row } : { op: "delete", key: keys[0] };
  return { op: "request", url, body: row, parts: keys.map((key) => row ? { op: "assign", key, body: row } : { op: "delete", key }) };
}
function insertOf(url, conditions, prefer, { rows, list }) {
  if (conditions.some(([name, value]) => name !== "columns" && !(name === "on_conflict" && value === "id"))) return void 0;
  const named = rows.map((row) => ({ ...row, id: row["id"] ?? (0, import_client.newID)() }));
  const parts = named.map((row) => ({ op: prefer.includes("resolution=merge") ? "upsert" : "create", key: String(row["id"]), body: row }));
  if (!list && conditions.length === 0 && !prefer.includes("resolution=")) return { op: "create", key: parts[0].key, body: named[0] };
  const to = new URL(url), columns = to.searchParams.get("columns");
  if (columns && !columns.split(",").includes('"id"')) to.searchParams.set("columns", `${columns},"id"`);
  return { op: "request", url: to, body: list ? named : named[0], parts };
}
function keysIn(condition) {
  const [, one] = /^eq\.(.+)$/s.exec(condition) ?? [];
  if (one !== void 0) return [one];
  const [, list] = /^in\.\((.+)\)$/s.exec(condition) ?? [];
  return list === void 0 ? void 0 : [...list.matchAll(/"((?:[^"\\]|\\.)*)"|[^,]+/gs)].map(([bare, quoted]) => quoted?.replace(/\\(.)/gs, "$1") ?? bare);
}
function rowsIn(body) {
  try {
    const given = typeof body === "string" ? JSON.parse(body) : void 0;
    const list = Array.isArray(given), rows = list ? given : [given];
    return rows.length > 0 && rows.every((row) => typeof row === "object" && row !== null && !Array.isArray(row)) ? { rows, list } : void 0;
  } catch {
    return void 0;
  }
}

// supabase/session.ts
var import_client2 = require("@basalt-dev/client");
function sessionOf(auth) {
  return {
    async get() {
      const { data, error } = await auth.getSession();
      if (error?.name === "AuthRetryableFetchError") throw new import_client2.BasaltError("network", error.message);
      return data.session?.access_token ?? null;
    },
    onChange(changed) {
      auth.onAuthStateChange((event, session) => {
        if (event !== "INITIAL_SESSION") changed(session?.access_token ?? null);
      });
    }
  };
}

// supabase/index.ts
__reExport(index_exports, require("@supabase/supabase-js"), module.exports);
function createClient(url, key, { offline = [], store, ...options } = {}) {
  if (options.accessToken) throw new TypeError("accessToken gives supabase-js no session that live queries could follow; take createClient of @supabase/supabase-js, or sign in with supabase.auth");
  const fetcher = options.global?.fetch ?? ((...of) => fetch(...of));
  const kept = offline.length > 0 ? new Offline(url, fetcher, offline) : void 0;
  const keyed = (input, init) => new URL(input).href.includes("/rest/v1/") ? fetcher(input, { ...init, headers: { ...init?.headers, apikey: key } }) : fetcher(input, init);
  const client = (0, import_supabase_js.createClient)(url, key, kept ? { ...options, global: { ...options.global, fetch: kept.fetch } } : options);
  const native = (0, import_client3.createClient)(url, {
    tokens: sessionOf(client.auth),
    name: options.auth?.storageKey,
    fetch: keyed,
    WebSocket: options.realtime?.transport,
    optimistic: kept && { offline: true, store }
  });
  kept?.through(native);
  const live = (table, ...rest) => {
    const [query, callback, failed] = rest.length === 1 ? [void 0, rest[0]] : rest;
    const all = native.db.collection(table);
    return (query ? query(all) : all).onSnapshot((s) => callback(s.docs, s), failed);
  };
  return Object.assign(client, { live, outbox: native.outbox, basalt: native });
}
