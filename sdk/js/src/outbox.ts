import { passes } from "./error.js";
import { plain } from "./dates.js";
import { aborted } from "./deadline.js";
import { BasaltError, randomKey, type Answer, type Http } from "./http.js";
import { apply, type Fields, type Mutation } from "./local.js";
import type { Sessions } from "./session.js";
import type { Signal } from "./platform.js";

/** Keeps the writes that wait, between visits. */
export interface OutboxStore {
  load(): Promise<Mutation[]>;
  put(m: Mutation): Promise<void>;
  remove(id: string): Promise<void>;
}

export interface OptimisticOptions {
  /** Keeps writes that cannot be sent and sends them later; false refuses them when the server cannot be reached. */
  offline: boolean;
  /** Where they are kept between visits: IndexedDB where there is one, unless this says otherwise; null keeps them in memory. */
  store?: OutboxStore | null;
}

/** A write that was refused after it had been shown. */
export interface Refusal {
  mutation: Mutation;
  error: BasaltError;
}

/** How long a confirmed write is shown before the live query itself has it. */
const confirmedTime = 5_000;

interface Entry {
  mutation: Mutation;
  /** What the server has answered, shown until the live query brings it. */
  confirmed?: Fields | null;
  resolve(answer: Answer): void;
  reject(error: BasaltError): void;
}

/** What a proxy has answered that will answer the same again: it is the request that it does not like. */
const final = new Set(["invalid", "too_large", "unsupported_media_type", "aborted"]);

/**
 * Writes that are shown at once and sent one after the other. A write belongs to the user who made it: while
 * another user is signed in it waits, is not sent, and is not shown.
 */
export class Outbox {
  private readonly entries: Entry[] = [];
  private readonly listeners = new Set<(collection: string) => void>();
  private readonly refusals = new Set<(r: Refusal) => void>();
  private sending = false;
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private next = 0;
  private readonly loaded: Promise<void>;
  private readonly store: OutboxStore | null;
  /** Who is signed in; undefined while that is not known. */
  private user: string | null | undefined;

  constructor(private readonly http: Http, auth: Sessions, private readonly options: OptimisticOptions, name: string) {
    this.store = options.offline ? (options.store === undefined ? indexedStore(`basalt.outbox:${name}`) : options.store) : null;
    this.loaded = this.load();
    auth.onChange((user) => this.changed(user?.id ?? null));
    globalThis.window?.addEventListener?.("online", () => this.now());
  }

  /** The writes of who is signed in. */
  private get mine(): Entry[] {
    return this.entries.filter((e) => this.isMine(e.mutation));
  }

  /** Whether a write is that of who is signed in. */
  isMine(mutation: Mutation): boolean {
    return mutation.user === this.user;
  }

  /** How many writes of who is signed in the server has not confirmed. */
  get pending(): number {
    return this.mine.filter((e) => e.confirmed === undefined).length;
  }

  /** Calls back when a write that was shown is refused, and what was shown of it is gone. Returns the end of it. */
  onRefused(listener: (r: Refusal) => void): () => void {
    this.refusals.add(listener);
    return () => void this.refusals.delete(listener);
  }

  /** Calls back when what is shown of a collection changes. */
  onChange(listener: (collection: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Shows a write, sends it, and resolves when the server has confirmed it. */
  async run(mutation: Omit<Mutation, "id">, signal?: Signal): Promise<Answer> {
    if (signal?.aborted) throw aborted(signal);
    const user = this.user === undefined ? await this.http.authorizer!.caller() : this.user;
    const id = `${Date.now().toString(36).padStart(9, "0")}-${String(++this.next).padStart(6, "0")}-${randomKey().slice(0, 8)}`;
    const m: Mutation = { ...mutation, body: plain(mutation.body), once: randomKey(), id, user, server: this.http.server };
    return new Promise((resolve, reject) => {
      const entry = { mutation: m, resolve, reject };
      this.entries.push(entry);
      this.tell(m.collection);
      signal?.addEventListener("abort", () => {
        if (!m.sent) this.refuse(entry, aborted(signal));
      }, { once: true });
      void this.put(m).then(() => this.send());
    });
  }

  /** The documents that writes touch, as they would be: by key, undefined for one that is deleted. */
  overlay(collection: string, doc: (key: string) => Fields | undefined): Map<string, Fields | undefined> {
    const out = new Map<string, Fields | undefined>();
    for (const { mutation: m, confirmed } of this.mine) {
      if (m.collection !== collection) continue;
      const before = out.has(m.key) ? out.get(m.key) : doc(m.key);
      out.set(m.key, confirmed === undefined ? apply(before, m) : (confirmed ?? undefined));
    }
    return out;
  }

  /** Whether a key has writes that the server has not confirmed. */
  isPending(collection: string, key: string): boolean {
    return this.mine.some((e) => e.confirmed === undefined && e.mutation.collection === collection && e.mutation.key === key);
  }

  /** A live query has received a key: what was confirmed of it is no longer needed. */
  received(collection: string, key: string): void {
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const e = this.entries[i]!;
      if (e.confirmed !== undefined && e.mutation.collection === collection && e.mutation.key === key) this.entries.splice(i, 1);
    }
  }

  private async load(): Promise<void> {
    const stored = await (this.store?.load() ?? Promise.resolve([])).catch(() => [] as Mutation[]);
    const waiting = stored.filter((m) => m.server === this.http.server && m.user !== undefined && !this.entries.some((e) => e.mutation.id === m.id));
    const unwatched = { resolve: () => undefined, reject: () => undefined }; // their callers are gone
    this.entries.unshift(...waiting.sort((a, b) => (a.id < b.id ? -1 : 1)).map((mutation) => ({ mutation, ...unwatched })));
    for (const m of waiting) this.tell(m.collection);
    if (waiting.length > 0) void this.send();
  }

  /** Another user is signed in: their writes are shown and sent. */
  private changed(user: string | null): void {
    if (this.user === user) return;
    this.user = user;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.attempts = 0;
    for (const collection of new Set(this.entries.map((e) => e.mutation.collection))) this.tell(collection);
    if (!this.options.offline) {
      const gone = new BasaltError("unauthenticated", "the user who made this write is no longer signed in");
      for (const e of this.entries.filter((e) => e.confirmed === undefined && !e.mutation.sent && e.mutation.user !== user)) this.refuse(e, gone);
    }
    void this.send();
  }

  private now(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.send();
  }

  private async send(): Promise<void> {
    await this.loaded;
    if (this.sending || this.timer !== undefined) return;
    this.sending = true;
    try {
      for (;;) {
        const entry = this.mine.find((e) => e.confirmed === undefined);
        if (!entry || !(await this.sendOne(entry))) return;
      }
    } finally {
      this.sending = false;
    }
  }

  /** Sends a write. False means that it has to wait. */
  private async sendOne(entry: Entry): Promise<boolean> {
    const m = entry.mutation;
    const again = m.sent;
    if (!m.sent) {
      m.sent = true;
      await this.put(m); // after a visit that ends here it is known to have been sent
    }
    try {
      const answer = await sendWrite(this.http, m, this.options.offline ? { retries: 0 } : {});
      this.attempts = 0;
      this.confirm(entry, answer);
    } catch (e) {
      const error = e instanceof BasaltError ? e : new BasaltError("network", String(e));
      if (this.options.offline && this.waits(error, m)) {
        if (m.user !== this.user) return true; // until they are back
        this.later(error.retryAfter);
        return false;
      }
      const made = again ? await this.isMade(m, error) : undefined;
      if (made) {
        this.confirm(entry, made);
        return true;
      }
      this.refuse(entry, error);
    }
    return true;
  }

  /** Whether a write that has failed is sent again: unless the server has refused it. */
  private waits(error: BasaltError, m: Mutation): boolean {
    if (passes(error) || error.code === "rate_limited" || error.code === "timeout") return true;
    if (error.code === "unauthenticated" && m.user !== null) return true; // that refuses a session
    return !error.fromServer && !final.has(error.code);
  }

  /** What a write has made that was sent before, without an answer, where a refusal says that it has. */
  private async isMade(m: Mutation, error: BasaltError): Promise<Answer | undefined> {
    if (m.op === "delete" && error.code === "not_found") return { status: 204, body: undefined, headers: new Headers() };
    if (m.op !== "create" || error.code !== "conflict" || !error.errors.some((e) => e.field === "id")) return undefined;
    const path = `/v1/db/${encodeURIComponent(m.collection)}/${encodeURIComponent(m.key)}`;
    const found = await this.http.call(path, { as: m.user, due: "document" }).catch(() => undefined);
    if (made.test(m.key)) return found ?? { status: 201, body: m.body, headers: new Headers() };
    return found && holds(found.body as Fields, m.body ?? {}) ? found : undefined; // the id may be that of another document
  }

  /** Sends what waits after a while that grows. */
  private later(seconds?: number): void {
    const wait = Math.min(30_000, 500 * 2 ** this.attempts++);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.send();
    }, Math.max((seconds ?? 0) * 1000, wait / 2 + Math.random() * wait));
    (this.timer as { unref?: () => void }).unref?.();
  }

  private refuse(entry: Entry, error: BasaltError): void {
    this.drop(entry);
    for (const listener of [...this.refusals]) listener({ mutation: entry.mutation, error });
    entry.reject(error);
    this.tell(entry.mutation.collection);
  }

  private put(m: Mutation): Promise<void> {
    return (async () => this.store?.put(m))().catch(() => undefined);
  }

  private confirm(entry: Entry, answer: Answer): void {
    const m = entry.mutation;
    entry.confirmed = m.op === "delete" ? null : ((answer.body as Fields | undefined) ?? null);
    void this.store?.remove(m.id).catch(() => undefined);
    entry.resolve(answer);
    this.tell(m.collection);
    const timer = setTimeout(() => {
      if (this.entries.includes(entry)) {
        this.drop(entry);
        this.tell(m.collection);
      }
    }, confirmedTime);
    (timer as { unref?: () => void }).unref?.();
  }

  private drop(entry: Entry): void {
    const i = this.entries.indexOf(entry);
    if (i >= 0) this.entries.splice(i, 1);
    void this.store?.remove(entry.mutation.id).catch(() => undefined);
  }

  private tell(collection: string): void {
    for (const listener of [...this.listeners]) listener(collection);
  }
}

/** An id of newID, that no other document has. */
const made = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const holds = (doc: Fields, written: Fields): boolean =>
  Object.entries(written).every(([name, value]) => JSON.stringify(doc[name] ?? null) === JSON.stringify(value ?? null));

/** Sends a write to the server, as the user who made it. */
export function sendWrite(http: Http, m: Omit<Mutation, "id">, options: { retries?: number; signal?: Signal } = {}): Promise<Answer> {
  const path = `/v1/db/${encodeURIComponent(m.collection)}`;
  const headers: Record<string, string> = m.ifMatch ? { "If-Match": m.ifMatch } : {};
  const how = { headers, key: m.once, as: m.user, due: "document", ...options } as const;
  if (m.op === "create") return http.call(path, { ...how, method: "POST", body: m.body });
  const one = `${path}/${encodeURIComponent(m.key)}`;
  switch (m.op) {
    case "update": return http.call(one, { ...how, method: "PATCH", body: m.body });
    case "replace": return http.call(one, { ...how, method: "PUT", body: m.body });
    default: return http.call(one, { ...how, method: "DELETE", due: "nothing" });
  }
}

/** A store in IndexedDB, null where there is none. */
export function indexedStore(name = "basalt.outbox"): OutboxStore | null {
  if (typeof indexedDB === "undefined") return null;
  const settled = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  let database: Promise<IDBDatabase> | undefined;
  const open = async (): Promise<IDBDatabase> => { // which throws where the browser forbids it
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => void opening.result.createObjectStore("writes", { keyPath: "id" });
    return settled(opening);
  };
  const store = async (mode: IDBTransactionMode) => (await (database ??= open())).transaction("writes", mode).objectStore("writes");
  return {
    load: async () => settled((await store("readonly")).getAll() as IDBRequest<Mutation[]>),
    put: async (m) => void (await settled((await store("readwrite")).put(m))),
    remove: async (id) => void (await settled((await store("readwrite")).delete(id))),
  };
}

/** A new id, whose order is that of time: a UUID of version 7. */
export function newID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = Date.now();
  for (let i = 5; i >= 0; i--, time = Math.floor(time / 256)) bytes[i] = time % 256;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
