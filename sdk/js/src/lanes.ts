import { exclusive } from "./locks.js";
import { BasaltError, passes } from "./error.js";
import type { Entries } from "./entries.js";
import type { Answer, Http } from "./http.js";
import { partsOf, type Mutation } from "./local.js";
import type { Signal } from "./platform.js";
import { failure } from "./tabs.js";
import type { Uploads } from "./upload.js";
import type { Entry } from "./waiting.js";
import { isMade, sendWrite } from "./write.js";

/** What a proxy has answered that will answer the same again: it is the request that it does not like. */
const final = new Set(["invalid", "too_large", "unsupported_media_type", "aborted"]);

/** What is sent one after the other: all writes, or all uploads, which hold up no write that does not need them. */
interface Lane {
  uploads: boolean;
  sending: boolean;
  attempts: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const lane = (uploads: boolean): Lane => ({ uploads, sending: false, attempts: 0, timer: undefined });

/** Sends what waits in an outbox, one after the other: writes, and files beside them. With `offline`, it is sent until the server says something of it. */
export class Lanes {
  private readonly all = [lane(false), lane(true)];

  constructor(private readonly http: Http, private readonly sender: Uploads, private readonly offline: boolean, private readonly waiting: Entries) {}

  /** Sends what is ready. */
  send(): void {
    for (const l of this.all) void this.sendAll(l);
  }

  /** Sends what has failed without waiting longer. */
  now(): void {
    for (const l of this.all) this.wake(l);
    this.send();
  }

  /** Forgets what has failed, as of another user. */
  restart(): void {
    for (const l of this.all) l.attempts = 0;
    this.now();
  }

  private wake(l: Lane): void {
    clearTimeout(l.timer);
    l.timer = undefined;
  }

  private async sendAll(l: Lane): Promise<void> {
    await this.waiting.loaded;
    if (l.sending || l.timer !== undefined) return;
    l.sending = true;
    try {
      for (;;) {
        const entry = this.ready(l);
        if (!entry || !(await this.inTurn(entry, l))) return;
        for (const other of this.all) if (other !== l) void this.sendAll(other); // it may have waited for this
      }
    } finally {
      l.sending = false;
    }
  }

  /** What a lane sends next: the first that needs no document which still waits. */
  private ready({ uploads }: Lane): Entry | undefined {
    const waiting: string[] = [];
    for (const e of this.waiting.open) {
      const { op, paused, key, parts, body } = e.mutation;
      if ((op === "upload") === uploads && !paused) {
        const text = waiting.length > 0 ? JSON.stringify([key, parts, body]) : "";
        if (!waiting.some((k) => text.includes(JSON.stringify(k)))) return e;
      }
      waiting.push(...partsOf(e.mutation).map((part) => part.key));
    }
    return undefined;
  }

  /** Sends a write, and a file in one tab at a time. False means that it has to wait. */
  private async inTurn(entry: Entry, l: Lane): Promise<boolean> {
    if (entry.mutation.op !== "upload") return this.sendOne(entry, l);
    const stop = (entry.stop = new AbortController());
    try {
      return await exclusive(`basalt.upload:${entry.mutation.id}`, async () => {
        const goesOn = await this.sendHere(entry, l, stop.signal);
        await entry.removed; // for the next tab to see
        return goesOn;
      }, stop.signal);
    } catch (error) {
      if (stop.signal.aborted) return true; // it was paused or cancelled while another tab had it
      throw error;
    }
  }

  /** Sends a file, unless another tab that shows it, too, has sent it, given it up or paused it. */
  private async sendHere(entry: Entry, l: Lane, signal: Signal): Promise<boolean> {
    const m = entry.mutation;
    if (m.paused || !this.waiting.isOpen(entry)) return true;
    const stored = entry.kept ? await this.waiting.kept(m.id) : undefined;
    const now = stored?.mutation;
    m.sent ||= now?.sent;
    if (!stored || (now && !now.paused)) return this.sendOne(entry, l, signal);
    if (now) {
      m.paused = true;
      this.waiting.watch();
      return true;
    }
    try {
      const path = `/v1/db/${encodeURIComponent(m.collection)}/${encodeURIComponent(m.key)}`;
      this.waiting.confirm(entry, await this.http.call(path, { as: m.user, due: "document" }));
    } catch (e) {
      const error = e as BasaltError;
      if (this.waits(error, m)) {
        this.later(l, error.retryAfter);
        return false;
      }
      this.waiting.refuse(entry, new BasaltError("aborted", "another tab has given this upload up"));
    }
    return true;
  }

  /** Sends a write. False means that it has to wait. */
  private async sendOne(entry: Entry, l: Lane, signal?: Signal): Promise<boolean> {
    const m = entry.mutation;
    const again = m.sent;
    if (!m.sent) {
      m.sent = true;
      await this.waiting.put(entry); // after a visit that ends here it is known to have been sent
    }
    try {
      const answer = m.op === "upload" ? await this.sendFile(entry, signal) : await sendWrite(this.http, m, this.offline ? { retries: 0 } : {});
      l.attempts = 0;
      if (this.waiting.isOpen(entry)) this.waiting.confirm(entry, answer);
    } catch (e) {
      const error = e instanceof BasaltError ? e : new BasaltError("network", String(e));
      if (m.paused || !this.waiting.isOpen(entry)) return true; // or it was cancelled, or another tab has sent it
      if (this.offline && this.waits(error, m)) {
        if (m.user !== this.waiting.user) return true; // until they are back
        this.waiting.gotOn(entry, undefined, error);
        this.waiting.tellTabs(entry, { error: failure(error) });
        this.later(l, error.retryAfter);
        return false;
      }
      const made = again ? await isMade(this.http, m, error) : undefined;
      if (made) {
        this.waiting.confirm(entry, made);
        return true;
      }
      this.waiting.refuse(entry, error);
    }
    return true;
  }

  private async sendFile(entry: Entry, signal?: Signal): Promise<Answer> {
    const { collection, file, body, about, user, id } = entry.mutation;
    const onProgress = ({ sent }: { sent: number }): void => {
      this.waiting.gotOn(entry, sent);
      this.waiting.tellTabs(entry, { sent });
    };
    const doc = await this.sender.send(collection, file!, { ...about, fields: body, as: user, resume: id, create: true, tries: 1, signal, onProgress });
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
}
