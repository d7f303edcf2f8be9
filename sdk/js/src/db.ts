import { download, fileAddress, pictureQuery, type Picture, type UploadLinkOptions, type UploadOptions } from "./files.js";
import { Batch } from "./batch.js";
import { dated, type Core } from "./core.js";
import type { BasaltError, Call, CallOptions } from "./http.js";
import type { Content, FileBytes } from "./platform.js";
import type { Fields, Mutation } from "./local.js";
import { iterate, listen, type Ask, type Snapshot } from "./live.js";
import { plain } from "./dates.js";
import { newID, sendWrite } from "./write.js";
import {
  jsonOperator, type Doc, type ExpandedBy, type Expansion, type FieldOf, type Loose, type Model, type ModelOf, type Names,
  type Operand, type Operator, type Where,
} from "./types.js";

export { append, increment, now, prepend, pull, push, removeAt } from "./atomic.js";
export { Batch } from "./batch.js";
export type { Core } from "./core.js";
export type { Atomic, Dated, Doc, Expanded, Loose, Model, New, Operator, Patch, Where } from "./types.js";

const throwIt = (error: BasaltError): void => {
  queueMicrotask(() => {
    throw error; // no handler for it was given
  });
};

export interface Page<T> {
  items: Doc<T>[];
  /** Continues after this page, null at the end; see Collection.after. */
  next: string | null;
  /** The number of documents over all pages, when withCount was called. */
  total?: number;
}

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
  where: Fields[];
  filter?: string;
  params?: Record<string, unknown>;
  sort: string[];
  limit?: number;
  after?: string;
  select?: string[];
  expand?: string[];
  count?: boolean;
  strong?: boolean;
  snippets?: string[];
}

/** What a search with snippets adds to documents: safe HTML, of fields that are there. */
export interface Snippets<K extends string> {
  snippets: { [F in K]?: string };
}

/** The collections of S, which `basalt gen types` writes; D says whether times are read as Dates. */
export class Database<S = {}, D extends boolean = false> {
  constructor(private readonly core: Core) {}

  /** A collection. T is the type of its documents without their id, where the client was not made for the types of all. */
  collection<T extends object = Record<string, unknown>>(name: [keyof S] extends [never] ? string : never): Collection<T>;
  collection<N extends Names<S>>(name: N): Collection<ModelOf<S, N, D>["doc"], ModelOf<S, N, D>>;
  collection(name: string): Collection<any, any> {
    return new Collection<any, any>(this.core, name, { where: [], sort: [] });
  }

  /** Operations that happen together or not at all. */
  batch(): Batch<S> {
    return new Batch<S>(this.core);
  }
}

/** A collection, or a part of one: each method returns a new, narrower one. */
export class Collection<T extends object = Record<string, unknown>, M extends Model = Loose<T>> {
  constructor(private readonly core: Core, readonly name: string, private readonly settings: Settings) {}

  private with(settings: Partial<Settings>): Collection<T, M> {
    return new Collection<T, M>(this.core, this.name, { ...this.settings, ...settings });
  }

  private path(rest = ""): string {
    return `/v1/db/${encodeURIComponent(this.name)}${rest}`;
  }

  /** Narrows by one condition on a field, a dotted path into a json field, or by the JSON form. */
  where<F extends FieldOf<M>, O extends Operator>(field: F, operator: O, value: Operand<M, F, O>): Collection<T, M>;
  where(where: Where<M["new"]>): Collection<T, M>;
  where(field: string | Fields, operator?: Operator, value?: unknown): Collection<T, M> {
    const condition = typeof field === "string" ? { [field]: { [jsonOperator(operator!)]: value } } : field;
    return this.with({ where: [...this.settings.where, plain(condition)] });
  }

  /** Narrows by a filter as text, such as `stars >= $min && title startsWith "b"`. */
  filter(text: string, params?: Record<string, unknown>): Collection<T, M> {
    const { filter } = this.settings;
    return this.with({
      filter: filter === undefined ? text : `(${filter}) && (${text})`,
      params: { ...this.settings.params, ...params },
    });
  }

  /** Sorts, after the orders before it. A path such as `data.size` leads into a json field, or follows a ref. */
  orderBy(field: (keyof M["doc"] & string) | `${keyof M["doc"] & string}.${string}`, direction: "asc" | "desc" = "asc"): Collection<T, M> {
    return this.with({ sort: [...this.settings.sort, direction === "desc" ? `-${field}` : field] });
  }

  limit(n: number): Collection<T, M> {
    return this.with({ limit: n });
  }

  /** Starts after a page, with the `next` of that. */
  after(cursor: string | null): Collection<T, M> {
    return this.with({ after: cursor ?? undefined });
  }

  /** Gets these fields alone. */
  select<K extends keyof Doc<T> & string>(...fields: K[]): Collection<Pick<Doc<T>, K>, M> {
    return new Collection<Pick<Doc<T>, K>, M>(this.core, this.name, { ...this.settings, select: fields });
  }

  /**
   * Narrows to documents with all these words in the fields that are marked `search: true`; without orderBy the best come
   * first. With `typos` each word may have a typing mistake. `snippets` gets of each document the parts of these fields where
   * something was found, as HTML with <mark>.
   */
  search(text: string, options?: { typos?: boolean }): Collection<T, M>;
  search<K extends keyof M["doc"] & string>(text: string, options: { typos?: boolean; snippets: readonly K[] }): Collection<T & Snippets<K>, M>;
  search(text: string, { typos = false, snippets }: { typos?: boolean; snippets?: readonly string[] } = {}): Collection<any, M> {
    const where = [...this.settings.where, { $search: typos ? { text, typos } : text }];
    return this.with(snippets ? { where, snippets: [...(this.settings.snippets ?? []), ...snippets] } : { where });
  }

  /**
   * Gets related documents too, as the member `expand` of each document: what a ref points to, such as "author", and
   * what points here, such as "comments(sort:-created,limit:3,expand:author)".
   */
  expand<const I extends Expansion<M>>(...items: I[]): Collection<T & ExpandedBy<M, I>, M> {
    return new Collection<T & ExpandedBy<M, I>, M>(this.core, this.name, { ...this.settings, expand: [...(this.settings.expand ?? []), ...items] });
  }

  /**
   * Makes reads see everything written before them, by anyone, where they may otherwise come from a replica of the
   * database that is behind.
   */
  strong(): Collection<T, M> {
    return this.with({ strong: true });
  }

  /** Asks for `total` too. */
  withCount(): Collection<T, M> {
    return this.with({ count: true });
  }

  /**
   * Stores a file in a collection of files, and returns its document. One of more than 5 MiB is sent in pieces, of which
   * those that break off are sent again; the same call with the same File goes on where one has ended, after a reload too.
   * Where writes wait for the server (`offline: true`), so does a new file, which is kept and sent later.
   */
  async upload(file: Content, options: UploadOptions<M["new"]> = {}): Promise<Doc<T>> {
    const { outbox, uploads } = this.core;
    if (!outbox?.keepsFiles) return dated(this.core, this.name, await uploads.send<Doc<T>>(this.name, file, options));
    return dated(this.core, this.name, (await outbox.upload(this.name, file, options)).body as Doc<T>);
  }

  /** Removes what the server has of a file whose upload in pieces was given up; otherwise that stays for a day. */
  cancelUpload(file: Content, options: UploadOptions<M["new"]> = {}): Promise<void> {
    return this.core.uploads.cancel(this.name, file, options);
  }

  /** The address of a file, or of a picture of it, for pages of callers who need no token to read it. */
  url(id: string, options: Picture & { download?: string | boolean } = {}): string {
    const { download, ...picture } = options;
    const query = pictureQuery(picture, download ? { download: download === true ? "1" : download } : {});
    return this.core.http.server + fileAddress(this.name, `/${encodeURIComponent(id)}${query}`);
  }

  /** Gets the bytes of a file, or of a picture of it. */
  download(id: string, options: CallOptions & Picture = {}): Promise<FileBytes> {
    return download(this.core.http, this.name, id, options);
  }

  /**
   * Makes an address of a file, or of a picture of it, that is good without a token for some time, such as "1h", up to a week. It
   * outlives a sign-out; a new password of its maker, or signing out everywhere, ends it.
   */
  async link(id: string, expires = "1h", options: CallOptions & Picture = {}): Promise<{ url: string; expires: string }> {
    const { signal, ...picture } = options;
    const call = { method: "POST", body: { expires, ...picture }, signal };
    const answer = (await this.core.http.call(fileAddress(this.name, `/${encodeURIComponent(id)}/link`), call)).body as { url: string; expires: string };
    return { ...answer, url: this.core.http.server + answer.url };
  }

  /**
   * Makes an address that is good without a token for one upload: a PUT or POST of a file as it is. With an id it replaces
   * the bytes of that file. The rules are asked as the caller, now and when it is used.
   */
  async uploadLink(options: UploadLinkOptions<M["new"]> = {}): Promise<{ id: string; url: string; expires: string }> {
    const { id, signal, expires = "1h", ...rest } = options;
    const at = id === undefined ? "/link" : `/${encodeURIComponent(id)}/link`;
    const call = { method: "POST", body: { expires, ...rest, ...(id === undefined ? {} : { method: "PUT" }) }, signal };
    const answer = (await this.core.http.call(fileAddress(this.name, at), call)).body as { id: string; url: string; expires: string };
    return { ...answer, url: this.core.http.server + answer.url };
  }

  /** Ends a link of uploadLink, by its id. */
  async revokeUploadLink(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.core.http.call(fileAddress(this.name, `/link/${encodeURIComponent(id)}`), { method: "DELETE", signal, due: "nothing" });
  }

  /** Ends the links for reading a file that were made until now. */
  async revokeLinks(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.core.http.call(fileAddress(this.name, `/${encodeURIComponent(id)}/link`), { method: "DELETE", signal, due: "nothing" });
  }

  /** Names what this asks for, and of which server: the same for two queries that ask the same. */
  get key(): string {
    return JSON.stringify([this.core.http.server, this.name, this.settings]);
  }

  /** Gets a page. */
  async get(options: CallOptions = {}): Promise<Page<T>> {
    const { where: _, strong, ...rest } = this.settings;
    const body = { ...rest, ...this.condition() };
    const answer = await this.core.http.call(this.path("/query"), { ...asking(options, strong), method: "POST", body, due: "items" });
    const page = answer.body as Page<T>;
    return this.core.dates ? { ...page, items: page.items.map((doc) => dated(this.core, this.name, doc)) } : page;
  }

  /**
   * Calls back with what the query returns, now and whenever that changes: by a write of anyone, by a change of what
   * the caller may see, after the connection was gone. Returns a function that unsubscribes.
   */
  onSnapshot(next: (s: Snapshot<Doc<T>>) => void, failed: (e: BasaltError) => void = throwIt): () => void {
    return listen(this.core, this.live(), next, failed);
  }

  /** The same as something to go through: `for await (const { docs } of query.snapshots())`. */
  snapshots(): AsyncGenerator<Snapshot<Doc<T>>> {
    return iterate((next, failed) => this.onSnapshot(next, failed));
  }

  /** Calls back with figures, by group, now and whenever they change. Returns a function that unsubscribes. */
  onAggregate(ask: Aggregation<Doc<T>>, next: (rows: AggregateRow<Doc<T>>[]) => void, failed: (e: BasaltError) => void = throwIt): () => void {
    const { filter, params } = this.settings;
    const aggregate = { ...ask, filter, params, ...this.condition() };
    return listen<AggregateRow<Doc<T>>>({ realtime: this.core.realtime, dates: this.core.dates }, { collection: this.name, aggregate }, (s) => next(s.docs), failed);
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
    return (answer.body as { items: AggregateRow<Doc<T>>[] }).items.map((row) => dated(this.core, this.name, row));
  }

  /** Stores a document, or several, all or none. */
  async add(docs: M["new"][], options?: CallOptions): Promise<Doc<T>[]>;
  async add(doc: M["new"], options?: CallOptions): Promise<Doc<T>>;
  async add(doc: M["new"] | M["new"][], { signal }: CallOptions = {}): Promise<Doc<T> | Doc<T>[]> {
    const { outbox } = this.core;
    if (outbox && !Array.isArray(doc)) {
      const key = String((doc as { id?: string | number }).id ?? newID());
      const answer = await outbox.run({ op: "create", collection: this.name, key, body: { ...doc, id: (doc as { id?: string }).id ?? key } }, signal);
      return dated(this.core, this.name, answer.body as Doc<T>);
    }
    const answer = outbox?.keepsFiles && Array.isArray(doc) && doc.length > 0
      ? await outbox.run(together(this.name, this.path(), doc as Fields[]), signal)
      : await this.core.http.call(this.path(), { method: "POST", body: doc, due: Array.isArray(doc) ? "items" : "document", signal });
    const one = (made: Doc<T>): Doc<T> => dated(this.core, this.name, made);
    return Array.isArray(doc) ? (answer.body as Page<T>).items.map(one) : one(answer.body as Doc<T>);
  }

  /** One document. */
  doc(id: string | number): DocumentReference<T, M> {
    return new DocumentReference<T, M>(this.core, this.name, String(id), this.settings.strong);
  }

  /** Changes all documents of `filter`, which has to be given as text; returns how many. */
  async update(patch: M["patch"], { signal }: CallOptions = {}): Promise<number> {
    const answer = await this.core.http.call(this.path(), { method: "PATCH", query: this.textFilter(), body: patch, due: "count", signal });
    return (answer.body as { count: number }).count;
  }

  /** Deletes all documents of `filter`, which has to be given as text; returns how many. */
  async delete({ signal }: CallOptions = {}): Promise<number> {
    const answer = await this.core.http.call(this.path(), { method: "DELETE", query: this.textFilter(), due: "count", signal });
    return (answer.body as { count: number }).count;
  }

  private condition(): { where?: Fields } {
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
export class DocumentReference<T extends object, M extends Model = Loose<T>> {
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
    return listen<Doc<T>>(this.core, ask, (s) => next(s.docs[0] ?? null, s), failed);
  }

  /** The same as something to go through. */
  snapshots(): AsyncGenerator<Doc<T> | null> {
    return iterate((next, failed) => this.onSnapshot(next, failed));
  }

  /** Gets it. A document that is missing or hidden is a BasaltError of code not_found. */
  async get<const I extends Expansion<M> = never>(options: CallOptions & { expand?: I[] } = {}): Promise<Doc<T & ExpandedBy<M, I>>> {
    const query = { expand: options.expand?.join(",") };
    const { body } = await this.core.http.call(this.path, { ...asking(options, this.strong), query, due: "document" });
    return dated(this.core, this.collection, body as Doc<T & ExpandedBy<M, I>>);
  }

  /** Gets it with its ETag, for an update on condition that it has not changed. */
  async getWithTag(options: CallOptions = {}): Promise<{ doc: Doc<T>; tag: string }> {
    const answer = await this.core.http.call(this.path, { ...asking(options, this.strong), due: "document" });
    return { doc: dated(this.core, this.collection, answer.body as Doc<T>), tag: answer.headers.get("ETag") ?? "" };
  }

  /** Changes it. With ifMatch it fails with precondition_failed when the document is not that one. */
  async update(patch: M["patch"], options: CallOptions & { ifMatch?: string } = {}): Promise<Doc<T>> {
    return (await this.write("update", patch, options)) as Doc<T>;
  }

  /** Stores the whole document under this id, new or not. */
  async set(doc: M["new"], options: CallOptions & { ifMatch?: string } = {}): Promise<Doc<T>> {
    return (await this.write("replace", doc, options)) as Doc<T>;
  }

  /**
   * Deletes it, with what the server deletes along with it (on_delete: cascade). With `steps` that may be more than
   * limits.cascade: it goes step by step, each a transaction, and after an error a new call goes on. Steps do not wait in an outbox.
   */
  async delete({ steps, ...options }: CallOptions & { ifMatch?: string; steps?: boolean } = {}): Promise<void> {
    if (!steps) return void (await this.write("delete", undefined, options));
    const headers: Record<string, string> = options.ifMatch ? { "If-Match": options.ifMatch } : {};
    const step = () => this.core.http.call(`${this.path}?steps=true`, { method: "DELETE", headers, due: "anything", signal: options.signal });
    while ((await step()).status === 202);
  }

  /** Sends a write, by the outbox where there is one. */
  private async write(op: "update" | "replace" | "delete", body: object | undefined, options: CallOptions & { ifMatch?: string }): Promise<unknown> {
    const { http, outbox } = this.core;
    const mutation = { op, collection: this.collection, key: this.id, body: body as Fields | undefined, ifMatch: options.ifMatch };
    const { body: stored } = await (outbox ? outbox.run(mutation, options.signal) : sendWrite(http, mutation, { signal: options.signal }));
    return dated(this.core, this.collection, stored);
  }
}

/** The write of several documents, with the ids that they have from now on. */
function together(collection: string, path: string, docs: Fields[]): Omit<Mutation, "id"> {
  const body = docs.map((doc) => ({ ...plain(doc), id: doc["id"] ?? newID() }) as Fields);
  return { op: "request", collection, key: "", parts: body.map((doc) => ({ op: "create", key: String(doc["id"]), body: doc })), request: { method: "POST", path, body, due: "items" } };
}

/** What a read is sent with. */
function asking({ signal }: CallOptions, strong = false): Pick<Call, "signal" | "headers"> {
  return { signal, headers: strong ? { "X-Basalt-Consistency": "strong" } : {} };
}
