import { indexed } from "./indexed.js";
import { BasaltError, type Answer } from "./http.js";
import { apply, partsOf, touches, type Fields, type Mutation } from "./local.js";
import { errorOf, failure, Tabs, type News } from "./tabs.js";
import { asShown, type Entry, type WaitingUpload } from "./waiting.js";

/** Keeps the writes that wait, between visits. */
export interface OutboxStore {
  load(): Promise<Mutation[]>;
  put(m: Mutation): Promise<void>;
  remove(id: string): Promise<void>;
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

/** What waits in an outbox: as it is shown, kept between visits, and shared with other tabs. */
export class Entries {
  readonly all: Entry[] = [];
  readonly listeners = new Set<(collection: string) => void>();
  readonly refusals = new Set<(r: Refusal) => void>();
  readonly watchers = new Set<(uploads: WaitingUpload[]) => void>();
  readonly loaded: Promise<void>;
  /** Who is signed in; undefined while that is not known. */
  user: string | null | undefined;
  private readonly tabs: Tabs | undefined;

  /** `send` is called when there is more to send: at once, or when it is its turn. */
  constructor(private readonly server: string, private readonly store: OutboxStore | null, name: string, private readonly send: (atOnce: boolean) => void) {
    this.tabs = store ? new Tabs(`basalt.outbox:${name}`, (news) => void this.heard(news)) : undefined;
    this.loaded = this.load();
  }

  /** The writes of who is signed in. */
  get mine(): Entry[] {
    return this.all.filter((e) => e.mutation.user === this.user);
  }

  /** Those that the server has not confirmed. */
  get open(): Entry[] {
    return this.mine.filter((e) => e.confirmed === undefined);
  }

  /** The files among them. */
  get uploads(): WaitingUpload[] {
    return this.open.filter((e) => e.mutation.op === "upload").map(asShown);
  }

  /** An upload of who is signed in that the server has not confirmed. */
  upload(id: string): Entry | undefined {
    return this.open.find((e) => e.mutation.id === id && e.mutation.op === "upload");
  }

  /** What the store has now. */
  async kept(id: string): Promise<{ mutation?: Mutation } | undefined> {
    const all = await this.store?.load().catch(() => undefined);
    return all && { mutation: all.find((m) => m.id === id) };
  }

  /** The documents that writes touch, as they would be: by key, undefined for one that is deleted. */
  overlay(collection: string, doc: (key: string) => Fields | undefined): Map<string, Fields | undefined> {
    const out = new Map<string, Fields | undefined>();
    for (const { mutation: m, confirmed, left } of this.mine) {
      if (m.collection !== collection) continue;
      for (const part of partsOf(m)) {
        const { key } = part;
        if (left && !left.has(key)) continue;
        const before = out.has(key) ? out.get(key) : doc(key);
        out.set(key, confirmed === undefined || left ? apply(before, part) : (confirmed ?? undefined));
      }
    }
    return out;
  }

  /** Whether a key has writes that the server has not confirmed. */
  isPending(collection: string, key: string): boolean {
    return this.open.some((e) => touches(e.mutation, collection, key));
  }

  /** A live query has received a key: what was confirmed of it is no longer needed. */
  received(collection: string, key: string): void {
    for (let i = this.all.length - 1; i >= 0; i--) {
      const e = this.all[i]!;
      if (e.confirmed === undefined || !touches(e.mutation, collection, key)) continue;
      e.left?.delete(key);
      if (!e.left?.size) this.all.splice(i, 1);
    }
  }

  private async load(): Promise<void> {
    const stored = await (this.store?.load() ?? Promise.resolve([])).catch(() => [] as Mutation[]);
    const found = stored.filter((m) => this.isNew(m));
    this.all.unshift(...found.sort((a, b) => (a.id < b.id ? -1 : 1)).map((mutation) => ({ mutation, kept: true, ...unwatched })));
    for (const e of this.all.filter(({ mutation: m }) => m.op === "upload" && !(m.file instanceof Blob))) {
      this.refuse(e, new BasaltError("invalid", "the store of the outbox has not kept the bytes of this file"));
    }
    for (const m of found) this.tell(m.collection);
    if (found.length > 0) this.send(false);
  }

  /** Whether a write is neither confirmed nor given up. */
  isOpen(entry: Entry): boolean {
    return entry.confirmed === undefined && this.all.includes(entry);
  }

  async put(entry: Entry): Promise<void> {
    entry.storing = (entry.storing ?? 0) + 1;
    try {
      await this.store?.put(entry.mutation);
      entry.kept = true;
    } catch { // it is sent from memory
    } finally {
      entry.storing--;
    }
    if (this.all.includes(entry)) this.tellTabs(entry);
    else if (entry.kept) this.remove(entry); // it was given up meanwhile
  }

  confirm(entry: Entry, answer: Answer, heard = false): void {
    const m = entry.mutation;
    entry.confirmed = m.op === "delete" || m.op === "request" ? null : ((answer.body as Fields | undefined) ?? null);
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
    (timer as { unref?: () => void }).unref?.();
  }

  refuse(entry: Entry, error: BasaltError, heard = false): void {
    this.drop(entry);
    if (!heard) this.tellTabs(entry, { gone: failure(error) });
    for (const listener of [...this.refusals]) listener({ mutation: entry.mutation, error });
    entry.reject(error);
    this.tell(entry.mutation.collection);
  }

  /** Shows how far a file is, and why it does not get on. */
  gotOn(entry: Entry, sent: number | undefined, error?: BasaltError): void {
    entry.sent = Math.max(sent ?? 0, entry.sent ?? 0);
    entry.error = error;
    if (sent !== undefined) entry.onProgress?.({ sent: entry.sent, total: entry.mutation.file!.size });
    this.watch();
  }

  /** Tells the other tabs of a file that they show, too. */
  tellTabs({ mutation: m, kept }: Entry, news: Omit<News, "id"> = {}): void {
    if (m.op === "upload" && kept) this.tabs?.tell({ id: m.id, ...news });
  }

  /** Whether a write that the store has is of this server, and not here yet. */
  private isNew(m: Mutation): boolean {
    return m.server === this.server && m.user !== undefined && !this.all.some((e) => e.mutation.id === m.id);
  }

  /** Another tab tells of a file that both show. */
  private async heard({ id, sent, error, made, gone }: News): Promise<void> {
    await this.loaded;
    const entry = this.all.find((e) => e.mutation.id === id);
    if (entry && entry.confirmed !== undefined) return;
    if (!entry || (made === undefined && !gone && sent === undefined && !error)) {
      const now = (await this.kept(id))?.mutation;
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
      this.all.push({ mutation: now, kept: true, ...unwatched });
      this.tell(now.collection);
      this.send(false);
      return;
    }
    const entry = this.all.find((e) => e.mutation.id === now.id);
    if (!entry || entry.storing || entry.confirmed !== undefined || (entry.mutation.paused ?? false) === (now.paused ?? false)) return;
    entry.mutation.paused = now.paused;
    if (now.paused) entry.stop?.abort();
    this.watch();
    this.send(true);
  }

  private drop(entry: Entry): void {
    const i = this.all.indexOf(entry);
    if (i >= 0) this.all.splice(i, 1);
    this.remove(entry);
  }

  private remove(entry: Entry): void {
    entry.removed = this.store?.remove(entry.mutation.id).catch(() => undefined);
  }

  tell(collection: string): void {
    for (const listener of [...this.listeners]) listener(collection);
    this.watch();
  }

  watch(): void {
    for (const watcher of [...this.watchers]) watcher(this.uploads);
  }
}

/** The documents that a request has written. An answer may leave their ids out; then they are those that were sent. */
function writtenBy({ parts = [] }: Mutation, body: unknown): Set<string> {
  const items = Array.isArray(body) ? body : (body as { items?: unknown } | undefined)?.items;
  const rows = Array.isArray(items) ? (items as Fields[]) : [];
  return new Set(rows.map((row, i) => row["id"] ?? (rows.length === parts.length ? parts[i]!.key : "")).map(String));
}

/** A store in IndexedDB, null where there is none. */
export function indexedStore(name = "basalt.outbox"): OutboxStore | null {
  const writes = indexed<Mutation>(name, "writes");
  return writes && { load: writes.all, put: writes.put, remove: writes.remove };
}
