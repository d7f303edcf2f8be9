import { aborted } from "./deadline.js";
import { plain } from "./dates.js";
import { Entries, indexedStore, type OutboxStore, type Refusal } from "./entries.js";
import type { UploadOptions } from "./files.js";
import { BasaltError, randomKey, type Answer, type Http } from "./http.js";
import { Lanes } from "./lanes.js";
import type { Fields, Mutation } from "./local.js";
import type { Sessions } from "./session.js";
import type { Content, Signal } from "./platform.js";
import { bytesOf, type Uploads } from "./upload.js";
import type { Entry, WaitingUpload } from "./waiting.js";
import { newID } from "./write.js";

export { indexedStore, type OutboxStore, type Refusal } from "./entries.js";

export interface OptimisticOptions {
  /** Keeps writes that cannot be sent and sends them later; false refuses them when the server cannot be reached. */
  offline: boolean;
  /** Where they are kept between visits: IndexedDB where there is one, unless this says otherwise; null keeps them in memory. */
  store?: OutboxStore | null;
}

/**
 * Writes that are shown at once and sent one after the other, and files beside them. A write belongs to the user who made it: while
 * another user is signed in it waits, is not sent, and is not shown.
 */
export class Outbox {
  private readonly entries: Entries;
  private readonly lanes: Lanes;
  private next = 0;

  constructor(
    private readonly http: Http, private readonly sender: Uploads, auth: Sessions, private readonly options: OptimisticOptions, name: string,
  ) {
    const store = options.offline ? (options.store === undefined ? indexedStore(`basalt.outbox:${name}`) : options.store) : null;
    this.entries = new Entries(http.server, store, name, (atOnce) => (atOnce ? this.lanes.now() : this.lanes.send()));
    this.lanes = new Lanes(http, sender, options.offline, this.entries);
    auth.onChange((user) => this.changed(user?.id ?? null));
    globalThis.window?.addEventListener?.("online", () => this.lanes.now());
  }

  /** Whether a write is that of who is signed in. */
  isMine(mutation: Mutation): boolean {
    return mutation.user === this.entries.user;
  }

  /** How many writes of who is signed in the server has not confirmed. */
  get pending(): number {
    return this.entries.open.length;
  }

  /** Calls back when a write that was shown is refused, and no longer shown. Returns a function that unsubscribes. */
  onRefused(listener: (r: Refusal) => void): () => void {
    this.entries.refusals.add(listener);
    return () => void this.entries.refusals.delete(listener);
  }

  /** Whether files are kept until the server is there. */
  get keepsFiles(): boolean {
    return this.options.offline;
  }

  /** The files of who is signed in that the server has not confirmed, in the order in which they are sent. */
  get uploads(): WaitingUpload[] {
    return this.entries.uploads;
  }

  /** Calls back with the files that wait, now and at every progress. Returns a function that unsubscribes. */
  onUploads(listener: (uploads: WaitingUpload[]) => void): () => void {
    this.entries.watchers.add(listener);
    listener(this.uploads);
    return () => void this.entries.watchers.delete(listener);
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
    const entry = this.entries.upload(id);
    if (!entry) return;
    this.entries.refuse(entry, new BasaltError("aborted", "the upload was cancelled"));
    entry.stop?.abort();
    const { collection, file, user } = entry.mutation;
    void this.sender.cancel(collection, file!, { resume: id, as: user }).catch(() => undefined); // it expires
  }

  private setPaused(id: string, paused: boolean): void {
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
  onChange(listener: (collection: string) => void): () => void {
    this.entries.listeners.add(listener);
    return () => void this.entries.listeners.delete(listener);
  }

  /** Shows a write, sends it, and resolves when the server has confirmed it. */
  async run(mutation: Omit<Mutation, "id">, signal?: Signal, { onProgress, pause }: Pick<UploadOptions, "onProgress" | "pause"> = {}): Promise<Answer> {
    if (signal?.aborted) throw aborted(signal);
    const { user = await this.http.authorizer!.caller() } = this.entries;
    const id = `${Date.now().toString(36).padStart(9, "0")}-${String(++this.next).padStart(6, "0")}-${randomKey().slice(0, 8)}`;
    const m: Mutation = { ...mutation, body: plain(mutation.body), once: mutation.once ?? randomKey(), id, user, server: this.http.server, ...(pause?.paused ? { paused: true } : {}) };
    const end = pause?.onChange(() => this.setPaused(id, pause.paused));
    return new Promise((resolve, reject) => {
      const entry: Entry = { mutation: m, resolve, reject, onProgress };
      this.entries.all.push(entry);
      this.entries.tell(m.collection);
      signal?.addEventListener("abort", () => {
        if (m.op === "upload") this.cancel(m.id);
        else if (!m.sent) this.entries.refuse(entry, aborted(signal));
      }, { once: true });
      void this.entries.put(entry).then(() => this.lanes.send());
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
    return this.entries.overlay(collection, doc);
  }

  /** Whether a key has writes that the server has not confirmed. */
  isPending(collection: string, key: string): boolean {
    return this.entries.isPending(collection, key);
  }

  /** A live query has received a key: what was confirmed of it is no longer needed. */
  received(collection: string, key: string): void {
    this.entries.received(collection, key);
  }

  /** Another user is signed in: their writes are shown and sent. */
  private changed(user: string | null): void {
    const { entries } = this;
    if (entries.user === user) return;
    entries.user = user;
    entries.watch();
    for (const collection of new Set(entries.all.map((e) => e.mutation.collection))) entries.tell(collection);
    if (!this.options.offline) {
      const gone = new BasaltError("unauthenticated", "the user who made this write is no longer signed in");
      for (const e of entries.all.filter((e) => e.confirmed === undefined && !e.mutation.sent && e.mutation.user !== user)) entries.refuse(e, gone);
    }
    this.lanes.restart();
  }
}
