import { download, fileAddress, upload, type UploadOptions } from "./files.js";
import type { BasaltError, Call, CallOptions, Http } from "./http.js";
import type { Content, FileBytes } from "./platform.js";
import type { Fields } from "./local.js";
import { iterate, listen, type Ask, type Snapshot } from "./live.js";
import { newID, sendWrite, type Outbox } from "./outbox.js";
import type { Realtime } from "./realtime.js";

/** What collections and documents are asked through. */
export interface Core {
  http: Http;
  realtime: Realtime;
  /** Shows writes before they are confirmed; undefined where they are not. */
  outbox?: Outbox;
}

const throwIt = (error: BasaltError): void => {
  queueMicrotask(() => {
    throw error; // no handler for it was given
  });
};

/** A stored document: what was put in, and its id. */
export type Doc<T> = T extends { id: number } ? T : T & { id: string };

/** A document to store. One without an id gets one. */
export type New<T> = T extends { id: number } ? Omit<T, "id"> & { id?: number } : T & { id?: string };

/** A change: values to set, null to clear, and operators such as increment(1). */
export type Patch<T> = { [K in keyof T]?: T[K] | null | Atomic };

interface Atomic {
  readonly $inc?: number;
  readonly $push?: unknown;
  readonly $pull?: unknown;
  readonly $now?: true;
}

/** Adds to a number, atomically. */
export const increment = (by = 1): Atomic => ({ $inc: by });
/** Appends to an array in a json field, atomically. */
export const push = (element: unknown): Atomic => ({ $push: element });
/** Removes all equal elements from an array in a json field, atomically. */
export const pull = (element: unknown): Atomic => ({ $pull: element });
/** The server's time. */
export const now = (): Atomic => ({ $now: true });

/** What expand has found: a document or null for a ref, an array for what points here. */
export interface Expanded {
  expand?: { [name: string]: any };
}

export interface Page<T> {
  items: Doc<T>[];
  /** Continues after this page, null at the end; see Collection.after. */
  next: string | null;
  /** The number of documents over all pages, when withCount was called. */
  total?: number;
}

const operators = {
  "==": "$eq", "!=": "$ne", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte", "in": "$in", "not-in": "$nin",
  "contains": "$contains", "startsWith": "$startsWith", "endsWith": "$endsWith", "exists": "$exists",
} as const;

export type Operator = keyof typeof operators;

/** The filter in its JSON form, such as { done: false, stars: { $gte: 3 } }. */
export type Where = { [name: string]: unknown };

export interface Aggregation<T> {
  group?: (keyof T & string)[];
  count?: boolean;
  sum?: (keyof T & string)[];
  avg?: (keyof T & string)[];
  min?: (keyof T & string)[];
  max?: (keyof T & string)[];
}

export type AggregateRow<T> = Partial<T> & {
  count?: number;
  sum?: { [field: string]: number | null };
  avg?: { [field: string]: number | null };
  min?: { [field: string]: unknown };
  max?: { [field: string]: unknown };
};

interface Settings {
  where: Where[];
  filter?: string;
  params?: Record<string, unknown>;
  sort: string[];
  limit?: number;
  after?: string;
  select?: string[];
  expand?: string[];
  count?: boolean;
  strong?: boolean;
}

export class Database {
  constructor(private readonly core: Core) {}

  /** A collection. T is the type of its documents without their id. */
  collection<T extends object = Record<string, unknown>>(name: string): Collection<T> {
    return new Collection<T>(this.core, name, { where: [], sort: [] });
  }

  /** Operations that happen together or not at all. */
  batch(): Batch {
    return new Batch(this.core.http);
  }
}

/** A collection, or a part of one: each method returns a new, narrower one. */
export class Collection<T extends object = Record<string, unknown>> {
  constructor(private readonly core: Core, readonly name: string, private readonly settings: Settings) {}

  private with(settings: Partial<Settings>): Collection<T> {
    return new Collection<T>(this.core, this.name, { ...this.settings, ...settings });
  }

  private path(rest = ""): string {
    return `/v1/db/${encodeURIComponent(this.name)}${rest}`;
  }

  /** Narrows by one condition on a field, a dotted path into a json field, or by the JSON form. */
  where(field: (keyof Doc<T> & string) | (string & {}), operator: Operator, value: unknown): Collection<T>;
  where(where: Where): Collection<T>;
  where(field: string | Where, operator?: Operator, value?: unknown): Collection<T> {
    const condition = typeof field === "string" ? { [field]: { [operators[operator!]]: value } } : field;
    return this.with({ where: [...this.settings.where, condition] });
  }

  /** Narrows by a filter as text, such as `stars >= $min && title startsWith "b"`. */
  filter(text: string, params?: Record<string, unknown>): Collection<T> {
    const { filter } = this.settings;
    return this.with({
      filter: filter === undefined ? text : `(${filter}) && (${text})`,
      params: { ...this.settings.params, ...params },
    });
  }

  orderBy(field: (keyof Doc<T> & string), direction: "asc" | "desc" = "asc"): Collection<T> {
    return this.with({ sort: [...this.settings.sort, direction === "desc" ? `-${field}` : field] });
  }

  limit(n: number): Collection<T> {
    return this.with({ limit: n });
  }

  /** Starts after a page, with the `next` of that. */
  after(cursor: string | null): Collection<T> {
    return this.with({ after: cursor ?? undefined });
  }

  /** Gets these fields alone. */
  select<K extends keyof Doc<T> & string>(...fields: K[]): Collection<Pick<Doc<T>, K>> {
    return new Collection<Pick<Doc<T>, K>>(this.core, this.name, { ...this.settings, select: fields });
  }

  /** Narrows to documents with all these words in the fields that are marked `search: true`; without orderBy the best come first. */
  search(text: string): Collection<T> {
    return this.where({ $search: text });
  }

  /**
   * Gets related documents too, as the member `expand` of each document: what a ref points to, such as "author", and
   * what points here, such as "comments(sort:-created,limit:3,expand:author)".
   */
  expand(...items: string[]): Collection<T & Expanded> {
    return new Collection<T & Expanded>(this.core, this.name, { ...this.settings, expand: [...(this.settings.expand ?? []), ...items] });
  }

  /**
   * Makes reads see everything written before them, by anyone, where they may otherwise come from a replica of the
   * database that is behind.
   */
  strong(): Collection<T> {
    return this.with({ strong: true });
  }

  /** Asks for `total` too. */
  withCount(): Collection<T> {
    return this.with({ count: true });
  }

  /**
   * Stores a file in a collection of files, and returns its document. One of more than 5 MiB is sent in pieces, of which
   * those that break off are sent again.
   */
  upload(file: Content, options: UploadOptions = {}): Promise<Doc<T>> {
    return upload<Doc<T>>(this.core.http, this.name, file, options);
  }

  /** The address of a file, for pages of callers who need no token to read it. */
  url(id: string, options: { download?: string | boolean } = {}): string {
    const { download } = options;
    const query = download ? `?download=${download === true ? 1 : encodeURIComponent(download)}` : "";
    return this.core.http.server + fileAddress(this.name, `/${encodeURIComponent(id)}${query}`);
  }

  /** Gets the bytes of a file. */
  download(id: string, options: CallOptions = {}): Promise<FileBytes> {
    return download(this.core.http, this.name, id, options);
  }

  /** Makes an address of a file that is good without a token for some time, such as "1h", up to a week. */
  async link(id: string, expires = "1h", options: CallOptions = {}): Promise<{ url: string; expires: string }> {
    const call = { method: "POST", body: { expires }, signal: options.signal };
    const answer = (await this.core.http.call(fileAddress(this.name, `/${encodeURIComponent(id)}/link`), call)).body as { url: string; expires: string };
    return { ...answer, url: this.core.http.server + answer.url };
  }

  /** Names what this asks for, and of which server: the same for two queries that ask the same. */
  get key(): string {
    return JSON.stringify([this.core.http.server, this.name, this.settings]);
  }

  /** Gets a page. */
  async get(options: CallOptions = {}): Promise<Page<T>> {
    const { where, strong, ...rest } = this.settings;
    const body = { ...rest, ...this.condition() };
    const answer = await this.core.http.call(this.path("/query"), { ...asking(options, strong), method: "POST", body, due: "items" });
    return answer.body as Page<T>;
  }

  /**
   * Calls back with what the query returns, now and whenever that changes: by a write of anyone, by a change of what
   * the caller may see, after the connection was gone. Returns the end of it.
   */
  onSnapshot(next: (s: Snapshot<Doc<T>>) => void, failed: (e: BasaltError) => void = throwIt): () => void {
    return listen(this.core.realtime, this.core.outbox, this.live(), next, failed);
  }

  /** The same as something to go through: `for await (const { docs } of query.snapshots())`. */
  snapshots(): AsyncGenerator<Snapshot<Doc<T>>> {
    return iterate((next, failed) => this.onSnapshot(next, failed));
  }

  /** Calls back with figures, by group, now and whenever they change. Returns the end of it. */
  onAggregate(ask: Aggregation<Doc<T>>, next: (rows: AggregateRow<Doc<T>>[]) => void, failed: (e: BasaltError) => void = throwIt): () => void {
    const { filter, params } = this.settings;
    const aggregate = { ...ask, filter, params, ...this.condition() };
    return listen<AggregateRow<Doc<T>>>(this.core.realtime, undefined, { collection: this.name, aggregate }, (s) => next(s.docs), failed);
  }

  private live(): Ask {
    const { where: _, strong: __, ...rest } = this.settings;
    return { collection: this.name, query: { ...rest, ...this.condition() } };
  }

  /** Gets the first document, null when there is none. */
  async first(options: CallOptions = {}): Promise<Doc<T> | null> {
    return (await this.limit(1).get(options)).items[0] ?? null;
  }

  /** Goes through all documents, page by page. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Doc<T>> {
    let page = await this.get();
    for (;;) {
      yield* page.items;
      if (page.next === null) return;
      page = await this.after(page.next).get();
    }
  }

  /** The number of documents. */
  async count(options: CallOptions = {}): Promise<number> {
    const [row] = await this.aggregate({ count: true }, options);
    return row?.count ?? 0;
  }

  /** Figures, by group. */
  async aggregate(ask: Aggregation<Doc<T>>, options: CallOptions = {}): Promise<AggregateRow<Doc<T>>[]> {
    const { filter, params, strong } = this.settings;
    const body = { ...ask, filter, params, ...this.condition() };
    const answer = await this.core.http.call(this.path("/aggregate"), { ...asking(options, strong), method: "POST", body, due: "items" });
    return (answer.body as { items: AggregateRow<Doc<T>>[] }).items;
  }

  /** Stores a document, or several, all or none. */
  async add(doc: New<T>, options?: CallOptions): Promise<Doc<T>>;
  async add(docs: New<T>[], options?: CallOptions): Promise<Doc<T>[]>;
  async add(doc: New<T> | New<T>[], { signal }: CallOptions = {}): Promise<Doc<T> | Doc<T>[]> {
    const { outbox } = this.core;
    if (outbox && !Array.isArray(doc)) {
      const key = String((doc as { id?: string | number }).id ?? newID());
      const answer = await outbox.run({ op: "create", collection: this.name, key, body: { ...doc, id: (doc as { id?: string }).id ?? key } }, signal);
      return answer.body as Doc<T>;
    }
    const answer = await this.core.http.call(this.path(), { method: "POST", body: doc, due: Array.isArray(doc) ? "items" : "document", signal });
    return Array.isArray(doc) ? (answer.body as Page<T>).items : (answer.body as Doc<T>);
  }

  /** One document. */
  doc(id: string | number): DocumentReference<T> {
    return new DocumentReference<T>(this.core, this.name, String(id), this.settings.strong);
  }

  /** Changes all documents of `filter`, which has to be given as text; returns how many. */
  async update(patch: Patch<T>, { signal }: CallOptions = {}): Promise<number> {
    const answer = await this.core.http.call(this.path(), { method: "PATCH", query: this.textFilter(), body: patch, due: "count", signal });
    return (answer.body as { count: number }).count;
  }

  /** Deletes all documents of `filter`, which has to be given as text; returns how many. */
  async delete({ signal }: CallOptions = {}): Promise<number> {
    const answer = await this.core.http.call(this.path(), { method: "DELETE", query: this.textFilter(), due: "count", signal });
    return (answer.body as { count: number }).count;
  }

  private condition(): { where?: Where } {
    const { where } = this.settings;
    if (where.length === 0) return {};
    return { where: where.length === 1 ? where[0] : { $and: where } };
  }

  private textFilter(): Record<string, string | undefined> {
    const { where, filter, params } = this.settings;
    if (where.length > 0) throw new TypeError("a bulk update or delete takes filter(text), not where(...)");
    return { filter, params: params && JSON.stringify(params) };
  }
}

/** One document of a collection, whether it exists or not. */
export class DocumentReference<T extends object> {
  private readonly path: string;

  constructor(private readonly core: Core, private readonly collection: string, readonly id: string, private readonly strong = false) {
    this.path = `/v1/db/${encodeURIComponent(collection)}/${encodeURIComponent(id)}`;
  }

  /** Names the document, and its server. */
  get key(): string {
    return JSON.stringify([this.core.http.server, this.collection, this.id, this.strong]);
  }

  /** Calls back with the document, null while there is none that the caller may see, now and at every change. */
  onSnapshot(next: (doc: Doc<T> | null, s: Snapshot<Doc<T>>) => void, failed: (e: BasaltError) => void = throwIt): () => void {
    const ask = { collection: this.collection, key: this.id };
    return listen<Doc<T>>(this.core.realtime, this.core.outbox, ask, (s) => next(s.docs[0] ?? null, s), failed);
  }

  /** The same as something to go through. */
  snapshots(): AsyncGenerator<Doc<T> | null> {
    return iterate((next, failed) => this.onSnapshot(next, failed));
  }

  /** Gets it. A document that is missing or hidden is a BasaltError of code not_found. */
  async get(options: CallOptions & { expand?: string[] } = {}): Promise<Doc<T & Expanded>> {
    const query = { expand: options.expand?.join(",") };
    return (await this.core.http.call(this.path, { ...asking(options, this.strong), query, due: "document" })).body as Doc<T & Expanded>;
  }

  /** Gets it with its ETag, for an update on condition that it has not changed. */
  async getWithTag(options: CallOptions = {}): Promise<{ doc: Doc<T>; tag: string }> {
    const answer = await this.core.http.call(this.path, { ...asking(options, this.strong), due: "document" });
    return { doc: answer.body as Doc<T>, tag: answer.headers.get("ETag") ?? "" };
  }

  /** Changes it. With ifMatch it fails with precondition_failed when the document is not that one. */
  async update(patch: Patch<T>, options: CallOptions & { ifMatch?: string } = {}): Promise<Doc<T>> {
    return (await this.write("update", patch, options)) as Doc<T>;
  }

  /** Stores the whole document under this id, new or not. */
  async set(doc: T, options: CallOptions & { ifMatch?: string } = {}): Promise<Doc<T>> {
    return (await this.write("replace", doc, options)) as Doc<T>;
  }

  async delete(options: CallOptions & { ifMatch?: string } = {}): Promise<void> {
    await this.write("delete", undefined, options);
  }

  /** Sends a write, by the outbox where there is one. */
  private async write(op: "update" | "replace" | "delete", body: object | undefined, options: CallOptions & { ifMatch?: string }): Promise<unknown> {
    const { http, outbox } = this.core;
    const mutation = { op, collection: this.collection, key: this.id, body: body as Fields | undefined, ifMatch: options.ifMatch };
    return (await (outbox ? outbox.run(mutation, options.signal) : sendWrite(http, mutation, { signal: options.signal }))).body;
  }
}

/** What a read is sent with. */
function asking({ signal }: CallOptions, strong = false): Pick<Call, "signal" | "headers"> {
  return { signal, headers: strong ? { "X-Basalt-Consistency": "strong" } : {} };
}

interface Step {
  op: "create" | "update" | "replace" | "delete";
  collection: string;
  id?: string;
  doc?: unknown;
}

/** Collects operations for one transaction. */
export class Batch {
  private readonly ops: Step[] = [];

  constructor(private readonly http: Http) {}

  create(collection: string, doc: object): this {
    return this.push({ op: "create", collection, doc });
  }

  update(collection: string, id: string | number, patch: object): this {
    return this.push({ op: "update", collection, id: String(id), doc: patch });
  }

  replace(collection: string, id: string | number, doc: object): this {
    return this.push({ op: "replace", collection, id: String(id), doc });
  }

  delete(collection: string, id: string | number): this {
    return this.push({ op: "delete", collection, id: String(id) });
  }

  /**
   * Runs them. The results are the documents, null for a delete. With atomic: false, for a database without
   * transactions, they run one after the other, and those before a failure stay.
   */
  async commit(options: CallOptions & { atomic?: boolean } = {}): Promise<(Doc<Record<string, unknown>> | null)[]> {
    const answer = await this.http.call("/v1/batch", { method: "POST", body: { ops: this.ops, atomic: options.atomic }, due: "results", signal: options.signal });
    return (answer.body as { results: (Doc<Record<string, unknown>> | null)[] }).results;
  }

  private push(step: Step): this {
    this.ops.push(step);
    return this;
  }
}
