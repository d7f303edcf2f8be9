import { useEffect, useRef, useState } from "preact/hooks";
import { call, client, type Collection, type Row } from "./api.js";
import type { As } from "./caller.js";

/** How many documents are asked for at once. */
const pageSize = 100;

/** What a caller does not see, as POST /v1/admin/view says it. */
interface View {
  items: Row[];
  next: string | null;
  total?: number;
  visible?: number;
  hidden: string[];
  masked: { [id: string]: string[] };
  refused?: string;
  as: { [claim: string]: unknown } | null;
}

export const idOf = (row: Row): string => String(row["id"]);

/** The fields in which two states of a document differ. */
export function changes(before: Row, after: Row): string[] {
  return Object.keys({ ...before, ...after }).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

/** The documents of a query: pages as they are scrolled to, of which the first few hundred rows are live. */
export class Rows {
  rows: Row[] = [];
  total?: number;
  visible?: number;
  loading = true;
  error?: unknown;
  /** Whether it is live, and connected; undefined while that is not known. */
  connected?: boolean;
  /** The fields that have just changed, by id. */
  flashes = new Map<string, Set<string>>();
  hidden = new Set<string>();
  masked: { [id: string]: string[] } = {};
  refused?: string;
  claims?: { [claim: string]: unknown } | null;
  /** The ids of the rows in idsOf. */
  private ids = new Set<string>();
  private idsOf?: Row[];
  /** Whether there is a first page. */
  begun = false;

  private next: string | null = null;
  /** Counts what a caller's rows were asked for anew, so that an answer from before is not put to them. */
  private asking = 0;
  private window = 0;
  private stopped = false;
  private unlisten: () => void = () => undefined;
  private counting?: ReturnType<typeof setTimeout>;
  private viewing?: ReturnType<typeof setTimeout>;

  constructor(
    readonly collection: Collection, private readonly filter: string, private readonly sort: string, readonly as: As | undefined,
    private readonly largest: number, private readonly changed: () => void,
  ) {}

  asks(collection: Collection, filter: string, sort: string, as: As | undefined): boolean {
    return this.collection === collection && this.filter === filter && this.sort === sort && this.as?.key === as?.key;
  }

  start(): void {
    void this.load();
  }

  stop(): void {
    this.stopped = true;
    this.unlisten();
    clearTimeout(this.counting);
    clearTimeout(this.viewing);
  }

  get ended(): boolean {
    return !this.loading && this.next === null;
  }

  /** Loads the next page, where there is one and none is under way. */
  more(): void {
    if (!this.loading && this.next !== null && !this.error) void this.load();
  }

  private query() {
    let query = client.db.collection<Row>(this.collection.name);
    if (this.filter) query = query.filter(this.filter);
    if (this.sort) query = query.orderBy(this.sort.replace(/^-/, ""), this.sort.startsWith("-") ? "desc" : "asc");
    return query;
  }

  private async load(): Promise<void> {
    this.loading = true;
    this.changed();
    try {
      if (this.as) await this.view(this.next);
      else {
        const page = await this.query().limit(Math.min(pageSize, this.largest)).after(this.next).get();
        if (this.stopped) return;
        this.append(page.items);
        this.next = page.next;
      }
      this.error = undefined;
      if (!this.begun && !this.as) this.count(0);
      this.begun = true;
      this.listen();
    } catch (error) {
      this.error = error;
    }
    if (this.stopped) return;
    this.loading = false;
    this.changed();
  }

  /** Adds rows at the end. What this costs does not grow with the rows that are there. */
  private append(items: Row[]): void {
    if (this.idsOf !== this.rows) {
      this.ids = new Set(this.rows.map(idOf));
      this.idsOf = this.rows;
    }
    for (const row of items) {
      const id = idOf(row);
      if (!this.ids.has(id)) this.rows.push(row);
      this.ids.add(id);
    }
  }

  /** Counts all documents, at most every few seconds. */
  private count(wait: number): void {
    if (this.counting !== undefined) return;
    this.counting = setTimeout(async () => {
      try {
        const { total } = await this.query().limit(1).withCount().get();
        if (!this.stopped) this.total = total;
      } catch {
        // the number is left out
      }
      this.counting = undefined;
      if (!this.stopped) this.changed();
    }, wait);
  }

  /** Keeps the first rows up to date. */
  private listen(): void {
    const window = Math.min(this.largest, Math.max(pageSize, this.rows.length));
    if (!this.collection.realtime || window === this.window || this.stopped) return;
    this.unlisten();
    this.window = window;
    let first = true;
    this.unlisten = this.query().limit(window).onSnapshot((s) => {
      this.connected = s.connected;
      if (this.as) {
        if (!first) this.viewAgain();
      } else this.merge(s.docs as Row[], window, first);
      first = false;
      this.changed();
    }, () => {
      this.connected = false;
      this.changed();
    });
  }

  /** Takes what a live query shows in the place of the first rows, and notes what is new in it. */
  private merge(docs: Row[], window: number, quiet: boolean): void {
    const before = new Map(this.rows.map((row) => [idOf(row), row]));
    const now = new Set(docs.map(idOf));
    let added = 0;
    for (const doc of docs) {
      const old = before.get(idOf(doc));
      const what = old ? changes(old, doc) : ["*"];
      if (!old) added++;
      if (what.length > 0 && !quiet) this.flash(idOf(doc), what);
    }
    const rest = this.rows.slice(Math.min(window, this.rows.length)).filter((row) => !now.has(idOf(row)));
    const left = this.rows.slice(0, window).filter((row) => !now.has(idOf(row)));
    const pushed = docs.length === window ? left.slice(-added) : []; // out at the end by what came in
    if (added === 0) pushed.length = 0;
    this.rows = [...docs, ...pushed, ...rest];
    for (const row of pushed) void this.verify(idOf(row));
    if ((added > 0 || left.length > 0) && this.begun && !quiet) this.count(2000);
    if (docs.length < window && rest.length === 0) this.next = null;
  }

  /** Takes a row away when it is not there any more. */
  private async verify(id: string): Promise<void> {
    await client.db.collection(this.collection.name).doc(id).get().catch(() => {
      if (this.stopped) return;
      this.rows = this.rows.filter((row) => idOf(row) !== id);
      this.changed();
    });
  }

  private flash(id: string, fields: string[]): void {
    this.flashes.set(id, new Set(fields));
    setTimeout(() => {
      this.flashes.delete(id);
      if (!this.stopped) this.changed();
    }, 1600);
  }

  /** Asks for the next rows, or with null for those from the first one on, which take the place of as many. */
  private async view(after: string | null): Promise<void> {
    const { filter, sort, as } = this;
    const limit = after === null ? Math.min(this.largest, Math.max(pageSize, this.rows.length)) : pageSize;
    const turn = after === null ? ++this.asking : this.asking;
    const query = { ...(filter && { filter }), ...(sort && { sort: [sort] }), ...(after && { after }), limit, count: after === null };
    const page = await call<View>("POST", "/v1/admin/view", { collection: this.collection.name, query, ...as!.body });
    if (this.stopped || turn !== this.asking) return;
    if (after === null) {
      const rest = page.next === null ? [] : this.rows.slice(limit);
      if (rest.length === 0) {
        this.hidden.clear();
        this.masked = {};
        this.next = page.next;
      }
      for (const row of page.items) {
        this.hidden.delete(idOf(row));
        delete this.masked[idOf(row)];
      }
      this.rows = page.items;
      this.append(rest);
      this.total = page.total;
      this.visible = page.visible;
    } else {
      this.append(page.items);
      this.next = page.next;
    }
    for (const id of page.hidden) this.hidden.add(id);
    Object.assign(this.masked, page.masked);
    this.refused = page.refused;
    this.claims = page.as;
  }

  /** Asks again what is seen, when something has changed. */
  private viewAgain(): void {
    clearTimeout(this.viewing);
    this.viewing = setTimeout(() => {
      void this.view(null).catch((error: unknown) => (this.error = error)).then(() => this.stopped || this.changed());
    }, 200);
  }
}

/**
 * The rows to show, and what is wrong with the query. While a new query loads or is wrong, the rows of the last one stay, and
 * stale says so.
 */
export function useRows(collection: Collection, filter: string, sort: string, as: As | undefined, largest: number, turn: number): { rows?: Rows; error?: unknown; stale: boolean } {
  const [, draw] = useState(0);
  const asked = useRef<Rows>(undefined);
  const shown = useRef<Rows>(undefined);
  useEffect(() => {
    const mine = new Rows(collection, filter, sort, as, largest, () => {
      if (asked.current === mine && mine.begun) shown.current = mine;
      draw((n) => n + 1);
    });
    asked.current = mine;
    mine.start();
    return () => mine.stop();
  }, [collection, filter, sort, as?.key, turn]);
  const latest = asked.current?.asks(collection, filter, sort, as) ? asked.current : undefined; // the effect comes after the drawing
  const last = shown.current?.collection === collection && shown.current.as?.key === as?.key ? shown.current : latest;
  return { rows: last, error: latest?.error, stale: last !== latest };
}
