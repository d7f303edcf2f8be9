import { passes } from "./error.js";
import { plain } from "./dates.js";
import { aborted } from "./deadline.js";
import type { UploadOptions } from "./files.js";
import { indexed } from "./indexed.js";
import { BasaltError, randomKey, type Answer, type Http } from "./http.js";
import { exclusive } from "./locks.js";
import { apply, type Fields, type Mutation } from "./local.js";
import type { Sessions } from "./session.js";
import type { Content, Signal } from "./platform.js";
import { errorOf, failure, Tabs, type News } from "./tabs.js";
import { bytesOf, type Uploads } from "./upload.js";
import { asShown, lane, type Entry, type Lane, type WaitingUpload } from "./waiting.js";
import { isMade, newID, sendWrite } from "./write.js";

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

/** The caller of what was begun in an earlier visit, or in another tab. */
const unwatched = { resolve: () => undefined, reject: () => undefined };

/** What a proxy has answered that will answer the same again: it is the request that it does not like. */
const final = new Set(["invalid", "too_large", "unsupported_media_type", "aborted"]);

/**
 * Writes that are shown at once and sent one after the other, and files beside them. A write belongs to the user who made it: while
 * another user is signed in it waits, is not sent, and is not shown.
 */
export class Outbox {
  private readonly entries: Entry[] = [];
  private readonly listeners = new Set<(collection: string) => void>();
  private readonly refusals = new Set<(r: Refusal) => void>();
  private readonly watchers = new Set<(uploads: WaitingUpload[]) => void>();
  private readonly lanes = [lane(false), lane(true)];
  private next = 0;
  private readonly loaded: Promise<void>;
  private readonly store: OutboxStore | null;
  private readonly tabs: Tabs | undefined;
  /** Who is signed in; undefined while that is not known. */
  private user: string | null | undefined;

  constructor(
    private readonly http: Http, private readonly sender: Uploads, auth: Sessions, private readonly options: OptimisticOptions, name: string,
  ) {
    this.store = options.offline ? (options.store === undefined ? indexedStore(`basalt.outbox:${name}`) : options.store) : null;
    this.tabs = this.store ? new Tabs(`basalt.outbox:${name}`, (news) => void this.heard(news)) : undefined;
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

  /** Calls back when a write that was shown is refused, and no longer shown. Returns a function that unsubscribes. */
  onRefused(listener: (r: Refusal) => void): () => void {
    this.refusals.add(listener);
    return () => void this.refusals.delete(listener);
  }

  /** Whether files are kept until the server is there. */
  get keepsFiles(): boolean {
    return this.options.offline;
  }

  /** The files of who is signed in that the server has not confirmed, in the order in which they are sent. */
  get uploads(): WaitingUpload[] {
    return this.mine.filter((e) => e.mutation.op === "upload" && e.confirmed === undefined).map(asShown);
  }

  /** Calls back with the files that wait, now and at every progress. Returns a function that unsubscribes. */
  onUploads(listener: (uploads: WaitingUpload[]) => void): () => void {
    this.watchers.add(listener);
    listener(this.uploads);
    return () => void this.watchers.delete(listener);
  }

  /** Keeps a file from being sent until `resume`, after a reload too. What the server has of it stays for a day. */
  pause(id: string): void {
    this.setPaused(id, true);
  }

  resume(id: string): void {
    this.setPaused(id, false);
  }

  /** Gives a file up: its upload ends with the code "aborted". */
  cancel(id: string): void {
    const entry = this.mine.find((e) => e.mutation.id === id && e.mutation.op === "upload" && e.confirmed === undefined);
    if (!entry) return;
    this.refuse(entry, new BasaltError("aborted", "the upload was cancelled"));
    entry.stop?.abort();
    const { collection, file, user } = entry.mutation;
    void this.sender.cancel(collection, file!, { resume: id, as: user }).catch(() => undefined); // it expires
  }

  private setPaused(id: string, paused: boolean): void {
    const entry = this.mine.find((e) => e.mutation.id === id && e.mutation.op === "upload");
    if (!entry || entry.confirmed !== undefined || (entry.mutation.paused ?? false) === paused) return;
    entry.mutation.paused = entry.pausing = paused;
    if (paused) entry.stop?.abort();
    void this.put(entry).then(() => {
      entry.pausing = false;
      this.watch();
      this.now();
    });
  }

  /** Calls back when what is shown of a collection changes. */
  onChange(listener: (collection: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Shows a write, sends it, and resolves when the server has confirmed it. */
  async run(mutation: Omit<Mutation, "id">, signal?: Signal, { onProgress, pause }: Pick<UploadOptions, "onProgress" | "pause"> = {}): Promise<Answer> {
    if (signal?.aborted) throw aborted(signal);
    const user = this.user === undefined ? await this.http.authorizer!.caller() : this.user;
    const id = `${Date.now().toString(36).padStart(9, "0")}-${String(++this.next).padStart(6, "0")}-${randomKey().slice(0, 8)}`;
    const m: Mutation = { ...mutation, body: plain(mutation.body), once: randomKey(), id, user, server: this.http.server, ...(pause?.paused ? { paused: true } : {}) };
    const end = pause?.onChange(() => this.setPaused(id, pause.paused));
    return new Promise((resolve, reject) => {
      const entry: Entry = { mutation: m, resolve, reject, onProgress };
      this.entries.push(entry);
      this.tell(m.collection);
      signal?.addEventListener("abort", () => {
        if (m.op === "upload") this.cancel(m.id);
        else if (!m.sent) this.refuse(entry, aborted(signal));
      }, { once: true });
      void this.put(entry).then(() => this.send());
    }).finally(() => end?.()) as Promise<Answer>;
  }

  /** Keeps a file, shows its document, sends it, and resolves when the server has it. */
  async upload(collection: string, content: Content, options: UploadOptions): Promise<Answer> {
    const { fields, path, name = (content as { name?: string }).name, type, signal } = options;
    const key = String((fields as Fields | undefined)?.["id"] ?? newID());
    const bytes = bytesOf(content);
    const file = bytes.slice(0, bytes.size, bytes.type); // a File is not kept everywhere
    return this.run({ op: "upload", collection, key, body: { ...fields, id: key }, file, about: { name, path, type } }, signal, options);
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
    const waiting = stored.filter((m) => this.isNew(m));
    this.entries.unshift(...waiting.sort((a, b) => (a.id < b.id ? -1 : 1)).map((mutation) => ({ mutation, kept: true, ...unwatched })));
    for (const e of this.entries.filter(({ mutation: m }) => m.op === "upload" && !(m.file instanceof Blob))) {
      this.refuse(e, new BasaltError("invalid", "the store of the outbox has not kept the bytes of this file"));
    }
    for (const m of waiting) this.tell(m.collection);
    if (waiting.length > 0) this.send();
  }

  /** Another user is signed in: their writes are shown and sent. */
  private changed(user: string | null): void {
    if (this.user === user) return;
    this.user = user;
    for (const l of this.lanes) {
      clearTimeout(l.timer);
      Object.assign(l, { timer: undefined, attempts: 0 });
    }
    this.watch();
    for (const collection of new Set(this.entries.map((e) => e.mutation.collection))) this.tell(collection);
    if (!this.options.offline) {
      const gone = new BasaltError("unauthenticated", "the user who made this write is no longer signed in");
      for (const e of this.entries.filter((e) => e.confirmed === undefined && !e.mutation.sent && e.mutation.user !== user)) this.refuse(e, gone);
    }
    this.send();
  }

  private now(): void {
    for (const l of this.lanes.filter((l) => l.timer !== undefined)) {
      clearTimeout(l.timer);
      l.timer = undefined;
    }
    this.send();
  }

  private send(): void {
    for (const l of this.lanes) void this.sendAll(l);
  }

  private async sendAll(l: Lane): Promise<void> {
    await this.loaded;
    if (l.sending || l.timer !== undefined) return;
    l.sending = true;
    try {
      for (;;) {
        const entry = this.ready(l);
        if (!entry || !(await this.inTurn(entry, l))) return;
        for (const other of this.lanes) if (other !== l) void this.sendAll(other); // it may have waited for this
      }
    } finally {
      l.sending = false;
    }
  }

  /** What a lane sends next: the first that needs no document which still waits. */
  private ready({ uploads }: Lane): Entry | undefined {
    const waiting: string[] = [];
    for (const e of this.mine) {
      const { op, paused, key, body } = e.mutation;
      if (e.confirmed !== undefined) continue;
      if ((op === "upload") === uploads && !paused) {
        const text = waiting.length > 0 ? JSON.stringify([key, body]) : "";
        if (!waiting.some((k) => text.includes(JSON.stringify(k)))) return e;
      }
      waiting.push(key);
    }
    return undefined;
  }

  /** Sends a write, and a file in one tab at a time. False means that it has to wait. */
  private async inTurn(entry: Entry, l: Lane): Promise<boolean> {
    if (entry.mutation.op !== "upload") return this.sendOne(entry, l);
    const stop = (entry.stop = new AbortController());
    try {
      return await exclusive(`basalt.upload:${entry.mutation.id}`, async () => {
        const goesOn = await this.sendHere(entry, l);
        await entry.removed; // for the next tab to see
        return goesOn;
      }, stop.signal);
    } catch (error) {
      if (stop.signal.aborted) return true; // it was paused or cancelled while another tab had it
      throw error;
    }
  }

  /** Sends a file, unless another tab that shows it, too, has sent it, given it up or paused it. */
  private async sendHere(entry: Entry, l: Lane): Promise<boolean> {
    const m = entry.mutation;
    if (m.paused || !this.isOpen(entry)) return true;
    const stored = entry.kept ? await this.store?.load().catch(() => undefined) : undefined;
    const now = stored?.find(({ id }) => id === m.id);
    m.sent ||= now?.sent;
    if (!stored || (now && !now.paused)) return this.sendOne(entry, l);
    if (now) {
      m.paused = true;
      this.watch();
      return true;
    }
    try {
      const path = `/v1/db/${encodeURIComponent(m.collection)}/${encodeURIComponent(m.key)}`;
      this.confirm(entry, await this.http.call(path, { as: m.user, due: "document" }));
    } catch (e) {
      const error = e as BasaltError;
      if (this.waits(error, m)) {
        this.later(l, error.retryAfter);
        return false;
      }
      this.refuse(entry, new BasaltError("aborted", "another tab has given this upload up"));
    }
    return true;
  }

  /** Sends a write. False means that it has to wait. */
  private async sendOne(entry: Entry, l: Lane): Promise<boolean> {
    const m = entry.mutation;
    const again = m.sent;
    if (!m.sent) {
      m.sent = true;
      await this.put(entry); // after a visit that ends here it is known to have been sent
    }
    try {
      const answer = m.op === "upload" ? await this.sendFile(entry) : await sendWrite(this.http, m, this.options.offline ? { retries: 0 } : {});
      l.attempts = 0;
      if (this.isOpen(entry)) this.confirm(entry, answer);
    } catch (e) {
      const error = e instanceof BasaltError ? e : new BasaltError("network", String(e));
      if (m.paused || !this.isOpen(entry)) return true; // or it was cancelled, or another tab has sent it
      if (this.options.offline && this.waits(error, m)) {
        if (m.user !== this.user) return true; // until they are back
        this.gotOn(entry, undefined, error);
        this.tellTabs(entry, { error: failure(error) });
        this.later(l, error.retryAfter);
        return false;
      }
      const made = again ? await isMade(this.http, m, error) : undefined;
      if (made) {
        this.confirm(entry, made);
        return true;
      }
      this.refuse(entry, error);
    }
    return true;
  }

  /** Whether a write is neither confirmed nor given up. */
  private isOpen(entry: Entry): boolean {
    return entry.confirmed === undefined && this.entries.includes(entry);
  }

  /** Tells the other tabs of a file that they show, too. */
  private tellTabs({ mutation: m, kept }: Entry, news: Omit<News, "id"> = {}): void {
    if (m.op === "upload" && kept) this.tabs?.tell({ id: m.id, ...news });
  }

  /** Whether a write that the store has is of this server, and not here yet. */
  private isNew(m: Mutation): boolean {
    return m.server === this.http.server && m.user !== undefined && !this.entries.some((e) => e.mutation.id === m.id);
  }

  /** Another tab tells of a file that both show. */
  private async heard({ id, sent, error, made, gone }: News): Promise<void> {
    await this.loaded;
    const entry = this.entries.find((e) => e.mutation.id === id);
    if (entry && entry.confirmed !== undefined) return;
    if (!entry || (made === undefined && !gone && sent === undefined && !error)) {
      const now = (await this.store?.load().catch(() => undefined))?.find((m) => m.id === id);
      if (now) this.stored(now);
    } else if (made === undefined && !gone) {
      this.gotOn(entry, sent, error && errorOf(error));
    } else {
      if (gone) this.refuse(entry, errorOf(gone), true);
      else this.confirm(entry, { status: 201, body: made ?? undefined, headers: new Headers() }, true);
      entry.stop?.abort(); // it may wait for its turn
    }
  }

  /** What the store has of a file that another tab has added, paused or resumed. */
  private stored(now: Mutation): void {
    if (now.op === "upload" && this.isNew(now)) {
      this.entries.push({ mutation: now, kept: true, ...unwatched });
      this.tell(now.collection);
      this.send();
      return;
    }
    const entry = this.entries.find((e) => e.mutation.id === now.id);
    if (!entry || entry.storing || entry.confirmed !== undefined || (entry.mutation.paused ?? false) === (now.paused ?? false)) return;
    entry.mutation.paused = now.paused;
    if (now.paused) entry.stop?.abort();
    this.watch();
    this.now();
  }

  /** Shows how far a file is, and why it does not get on. */
  private gotOn(entry: Entry, sent: number | undefined, error?: BasaltError): void {
    entry.sent = Math.max(sent ?? 0, entry.sent ?? 0);
    entry.error = error;
    if (sent !== undefined) entry.onProgress?.({ sent: entry.sent, total: entry.mutation.file!.size });
    this.watch();
  }

  private async sendFile(entry: Entry): Promise<Answer> {
    const { collection, file, body, about, user, id } = entry.mutation;
    const onProgress = ({ sent }: { sent: number }): void => {
      this.gotOn(entry, sent);
      this.tellTabs(entry, { sent });
    };
    const doc = await this.sender.send(collection, file!, { ...about, fields: body, as: user, resume: id, create: true, tries: 1, signal: entry.stop?.signal, onProgress });
    return { status: 201, body: doc, headers: new Headers() };
  }

  /** Whether a write that has failed is sent again: unless the server has refused it. */
  private waits(error: BasaltError, m: Mutation): boolean {
    if (passes(error) || error.code === "rate_limited" || error.code === "timeout" || error.code === "locked") return true;
    if (error.code === "unauthenticated" && m.user !== null) return true; // that refuses a session
    return !error.fromServer && !final.has(error.code);
  }

  /** Sends what waits after a while that grows. */
  private later(l: Lane, seconds?: number): void {
    const wait = Math.min(30_000, 500 * 2 ** l.attempts++);
    l.timer = setTimeout(() => {
      l.timer = undefined;
      void this.sendAll(l);
    }, Math.max((seconds ?? 0) * 1000, wait / 2 + Math.random() * wait));
    (l.timer as { unref?: () => void }).unref?.();
  }

  private refuse(entry: Entry, error: BasaltError, heard = false): void {
    this.drop(entry);
    if (!heard) this.tellTabs(entry, { gone: failure(error) });
    for (const listener of [...this.refusals]) listener({ mutation: entry.mutation, error });
    entry.reject(error);
    this.tell(entry.mutation.collection);
  }

  private async put(entry: Entry): Promise<void> {
    entry.storing = (entry.storing ?? 0) + 1;
    try {
      await this.store?.put(entry.mutation);
      entry.kept = true;
    } catch { // it is sent from memory
    } finally {
      entry.storing--;
    }
    if (this.entries.includes(entry)) this.tellTabs(entry);
    else if (entry.kept) this.remove(entry); // it was given up meanwhile
  }

  private confirm(entry: Entry, answer: Answer, heard = false): void {
    const m = entry.mutation;
    entry.confirmed = m.op === "delete" ? null : ((answer.body as Fields | undefined) ?? null);
    this.remove(entry);
    if (!heard) this.tellTabs(entry, { made: entry.confirmed });
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
    this.remove(entry);
  }

  private remove(entry: Entry): void {
    entry.removed = this.store?.remove(entry.mutation.id).catch(() => undefined);
  }

  private tell(collection: string): void {
    for (const listener of [...this.listeners]) listener(collection);
    this.watch();
  }

  private watch(): void {
    for (const watcher of [...this.watchers]) watcher(this.uploads);
  }
}

/** A store in IndexedDB, null where there is none. */
export function indexedStore(name = "basalt.outbox"): OutboxStore | null {
  const writes = indexed<Mutation>(name, "writes");
  return writes && { load: writes.all, put: writes.put, remove: writes.remove };
}
