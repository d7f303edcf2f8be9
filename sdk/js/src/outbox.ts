import { BasaltError, randomKey, type Answer, type Http } from "./http.js";
import { apply, type Fields, type Mutation } from "./local.js";

/** Keeps the writes that wait, between visits. */
export interface OutboxStore {
  load(): Promise<Mutation[]>;
  put(m: Mutation): Promise<void>;
  remove(id: string): Promise<void>;
}

export interface OptimisticOptions {
  /** Keeps writes that can not be sent and sends them later; false refuses them when the server can not be reached. */
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

/** Writes that are shown at once and sent one after the other. */
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

  constructor(private readonly http: Http, private readonly options: OptimisticOptions) {
    this.store = options.offline ? (options.store === undefined ? indexedStore() : options.store) : null;
    this.loaded = this.load();
    globalThis.window?.addEventListener?.("online", () => this.now());
  }

  /** How many writes the server has not confirmed. */
  get pending(): number {
    return this.entries.filter((e) => e.confirmed === undefined).length;
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
  run(mutation: Omit<Mutation, "id">): Promise<Answer> {
    const m: Mutation = { ...mutation, once: randomKey(), id: `${Date.now().toString(36).padStart(9, "0")}-${String(++this.next).padStart(6, "0")}` };
    return new Promise((resolve, reject) => {
      this.entries.push({ mutation: m, resolve, reject });
      this.tell(m.collection);
      void (this.store?.put(m) ?? Promise.resolve()).catch(() => undefined).then(() => this.send());
    });
  }

  /** The documents that writes touch, as they would be: by key, undefined for one that is deleted. */
  overlay(collection: string, doc: (key: string) => Fields | undefined): Map<string, Fields | undefined> {
    const out = new Map<string, Fields | undefined>();
    for (const { mutation: m, confirmed } of this.entries) {
      if (m.collection !== collection) continue;
      const before = out.has(m.key) ? out.get(m.key) : doc(m.key);
      out.set(m.key, confirmed === undefined ? apply(before, m) : (confirmed ?? undefined));
    }
    return out;
  }

  /** Whether a key has writes that the server has not confirmed. */
  isPending(collection: string, key: string): boolean {
    return this.entries.some((e) => e.confirmed === undefined && e.mutation.collection === collection && e.mutation.key === key);
  }

  /** A live query has heard of a key: what was confirmed of it is not needed any more. */
  heard(collection: string, key: string): void {
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const e = this.entries[i]!;
      if (e.confirmed !== undefined && e.mutation.collection === collection && e.mutation.key === key) this.entries.splice(i, 1);
    }
  }

  private async load(): Promise<void> {
    const stored = await (this.store?.load() ?? Promise.resolve([])).catch(() => [] as Mutation[]);
    const nobody = { resolve: () => undefined, reject: () => undefined }; // who waited for them is gone
    this.entries.unshift(...stored.filter((m) => !this.entries.some((e) => e.mutation.id === m.id)).map((mutation) => ({ mutation, ...nobody })));
    for (const m of stored) this.tell(m.collection);
    if (stored.length > 0) void this.send();
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
        const entry = this.entries.find((e) => e.confirmed === undefined);
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
    m.sent = true;
    try {
      const answer = await sendWrite(this.http, m, this.options.offline ? 0 : undefined);
      this.attempts = 0;
      this.confirm(entry, answer);
    } catch (e) {
      const error = e instanceof BasaltError ? e : new BasaltError("network", String(e));
      const passing = error.code === "network" || error.code === "unavailable" ||
        (error.code === "timeout" && error.status === 0) || (error.code === "conflict" && error.retryAfter !== undefined);
      if (passing && this.options.offline) {
        const wait = Math.min(30_000, 500 * 2 ** this.attempts++);
        this.timer = setTimeout(() => {
          this.timer = undefined;
          void this.send();
        }, wait / 2 + Math.random() * wait);
        (this.timer as { unref?: () => void }).unref?.();
        return false;
      }
      // It was sent before, without an answer: what is there now is what it has made.
      if (again && ((m.op === "create" && error.code === "conflict") || (m.op === "delete" && error.code === "not_found"))) {
        this.confirm(entry, { status: 200, body: m.op === "delete" ? undefined : m.body, headers: new Headers() });
        return true;
      }
      this.drop(entry);
      for (const listener of [...this.refusals]) listener({ mutation: m, error });
      entry.reject(error);
      this.tell(m.collection);
    }
    return true;
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

/** Sends a write to the server. */
export function sendWrite(http: Http, m: Omit<Mutation, "id">, retries?: number): Promise<Answer> {
  const path = `/v1/db/${encodeURIComponent(m.collection)}`;
  const headers: Record<string, string> = m.ifMatch ? { "If-Match": m.ifMatch } : {};
  const how = { headers, key: m.once, retries };
  if (m.op === "create") return http.call(path, { ...how, method: "POST", body: m.body });
  const one = `${path}/${encodeURIComponent(m.key)}`;
  switch (m.op) {
    case "update": return http.call(one, { method: "PATCH", body: m.body, ...how });
    case "replace": return http.call(one, { method: "PUT", body: m.body, ...how });
    default: return http.call(one, { method: "DELETE", ...how });
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
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => void opening.result.createObjectStore("writes", { keyPath: "id" });
  const database = settled(opening);
  const store = async (mode: IDBTransactionMode) => (await database).transaction("writes", mode).objectStore("writes");
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
