import { claimsOf, indexed, newID, randomKey, remembered, type Client, type Indexed, type Mutation, type Outbox, type Part, type Request } from "@basalt-dev/client";

type Row = { [column: string]: unknown };

/** An answer that is kept, and whose it is. */
interface Kept {
  id: string;
  at: number;
  body: string;
  headers: [string, string][];
}

/** A request for one table. */
interface Asked {
  table: string;
  method: string;
  url: URL;
  headers: Headers;
  body: unknown;
}

/** What a request does to one row, by Basalt's own API. */
interface One {
  op: "create" | "update" | "delete";
  key: string;
  body?: Row;
}

/** What a request does to several rows, all or none, or what Basalt's own API would do otherwise: it is sent as it is. */
interface Many {
  op: "request";
  parts: Part[];
  url: URL;
  body?: Row | Row[];
}

type Write = One | Many;

/** How many answers are kept, and how long one may be. */
const most = 200, longest = 1 << 20;
/** Answers of a proxy whose server is away. */
const away = new Set([502, 503, 504]);

/** Reads and writes of tables while the server cannot be reached. What is sent later goes through the outbox of Basalt's client. */
export class Offline {
  private readonly rest: string;
  private readonly answers: Indexed<Kept>;
  private native!: Client & { outbox: Outbox };
  private puts = 0;

  constructor(url: string, private readonly fetcher: typeof fetch, private readonly tables: readonly string[]) {
    this.rest = `${url.replace(/\/+$/, "")}/rest/v1/`;
    this.answers = indexed<Kept>(`basalt.answers:${url}`, "answers") ?? remembered<Kept>();
  }

  /** Sends by a client from now on. What one user has read is gone when another one is there. */
  through(native: Client): void {
    this.native = native as Client & { outbox: Outbox };
    let before = native.auth.user?.id;
    native.auth.onChange((user) => {
      if (before && before !== user?.id) void this.forget(0).catch(() => undefined);
      before = user?.id;
    });
  }

  /** The fetch of supabase-js. */
  readonly fetch: typeof fetch = async (input, init) => {
    const asked = this.asked(input, init);
    if (!asked) return this.fetcher(input, init);
    const whose = this.whose(asked);
    if (asked.method === "GET") return this.read(asked, whose, input, init);
    const write = writeOf(asked);
    if (!write) return this.fetcher(input, init);
    if (this.native.outbox.pending > 0 && whose === this.user) return this.keep(asked, write, false); // after those that wait
    const once = randomKey();
    try {
      const answer = await this.fetcher(...asSent(asked, write, once, input, init));
      if (!away.has(answer.status) || whose !== this.user) return answer;
    } catch (error) {
      if (init?.signal?.aborted || whose !== this.user) throw error;
    }
    return this.keep(asked, write, true, once);
  };

  private get user(): string | null {
    return this.native.auth.user?.id ?? null;
  }

  /** A request for one of the tables, undefined for any other. */
  private asked(input: RequestInfo | URL, init: RequestInit = {}): Asked | undefined {
    const text = typeof input === "string" ? input : input instanceof URL ? input.href : undefined;
    if (!text?.startsWith(this.rest)) return undefined;
    const url = new URL(text);
    const table = decodeURIComponent(text.slice(this.rest.length).split("?")[0]!);
    if (!this.tables.includes(table)) return undefined;
    return { table, url, method: init.method ?? "GET", headers: new Headers(init.headers), body: init.body };
  }

  /**
   * Whose request it is. With a token that has ended and cannot be refreshed, supabase-js sends none; then it is that of who is
   * signed in still.
   */
  private whose({ headers }: Asked): string | null {
    const id = claimsOf(headers.get("Authorization")?.replace(/^Bearer /, "") ?? "")?.["sub"];
    return typeof id === "string" ? id : this.user;
  }

  private async read(asked: Asked, whose: string | null, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const id = JSON.stringify([whose, asked.url.href, ...["Accept", "Accept-Profile", "Prefer", "Range"].map((name) => asked.headers.get(name))]);
    let answer: Response | undefined, failure: unknown;
    try {
      answer = await this.fetcher(input, init);
      if (answer.ok) void this.remember(id, answer.clone()).catch(() => undefined);
      if (!away.has(answer.status)) return answer;
    } catch (error) {
      failure = error;
    }
    const kept = init?.signal?.aborted || whose !== this.user ? undefined : await this.answers.get(id).catch(() => undefined);
    if (kept) return new Response(kept.body, { status: 200, statusText: "Kept", headers: kept.headers });
    if (answer) return answer;
    throw failure;
  }

  private async remember(id: string, answer: Response): Promise<void> {
    const headers = [...answer.headers].filter(([name]) => name === "content-type" || name === "content-range");
    const body = await answer.text();
    if (body.length > longest) return;
    await this.answers.put({ id, at: Date.now(), body, headers });
    if (++this.puts % 32 === 0) await this.forget(most);
  }

  /** Forgets all answers but the newest. */
  private async forget(left: number): Promise<void> {
    const all = (await this.answers.all()).sort((a, b) => b.at - a.at);
    for (const { id } of all.slice(left)) await this.answers.remove(id);
  }

  /** Puts a write into the outbox, and answers with what is known of its row. */
  private keep(asked: Asked, write: Write, sent: boolean, once?: string): Response {
    const { table, headers } = asked;
    const parts = write.op === "request" ? write.parts : [write];
    const mutation: Omit<Mutation, "id"> = write.op === "request"
      ? { op: write.op, collection: table, key: "", parts: write.parts, request: requestOf(asked, write), sent, once }
      : { ...write, collection: table, sent };
    this.native.outbox.run(mutation).catch(() => undefined); // onRefused reports it
    const rows = parts.map(({ key, body }) => ({ ...body, id: key }));
    const shown = headers.get("Prefer")?.includes("return=representation") ? JSON.stringify(headers.get("Accept")?.includes("pgrst.object") ? rows[0] : rows) : null;
    return new Response(shown, { status: 202, statusText: "Accepted", headers: { "Content-Type": "application/json" } });
  }
}

/** A request with the ids that its rows have got here. One of several rows happens once, under the name by which it would wait. */
function asSent(asked: Asked, write: Write, once: string, input: RequestInfo | URL, init?: RequestInit): [RequestInfo | URL, RequestInit?] {
  if (write.op === "create") return [input, { ...init, body: JSON.stringify(write.body) }];
  if (write.op !== "request") return [input, init];
  const headers = new Headers(asked.headers);
  headers.set("Idempotency-Key", once);
  return [write.url.href, { ...init, headers, body: write.body && JSON.stringify(write.body) }];
}

/** How a write of several rows is sent from the outbox: for the rows as the answer, which only the server gives. */
function requestOf({ headers, method }: Asked, { url, body }: Many): Request {
  const wanted = (headers.get("Prefer") ?? "").split(",").map((part) => part.trim()).filter((part) => part && !/^(return|count)=/.test(part));
  const profile = headers.get("Content-Profile");
  return {
    method, body, path: url.href.slice(url.href.indexOf("/rest/v1/")), due: "rows",
    headers: { Prefer: [...wanted, "return=representation"].join(","), ...(profile ? { "Content-Profile": profile } : {}) },
  };
}

/** What a request does to rows by their ids; undefined for anything more. */
function writeOf({ method, url, headers, body }: Asked): Write | undefined {
  const conditions = [...url.searchParams].filter(([name]) => name !== "select");
  const prefer = headers.get("Prefer") ?? "";
  if (/tx=|max-affected=/.test(prefer)) return undefined;
  const given = rowsIn(body);
  if (method === "POST") return given && insertOf(url, conditions, prefer, given);
  const keys = conditions.length === 1 && conditions[0]![0] === "id" ? keysIn(conditions[0]![1]) : undefined;
  const row = method === "PATCH" && !given?.list ? given?.rows[0] : undefined;
  if (!keys || (!row && method !== "DELETE")) return undefined;
  // There an object takes the place of a json column, in Basalt's own API it would be merged into it.
  const plain = !row || !Object.values(row).some((v) => typeof v === "object" && v !== null && !Array.isArray(v));
  if (keys.length === 1 && plain) return row ? { op: "update", key: keys[0]!, body: row } : { op: "delete", key: keys[0]! };
  return { op: "request", url, body: row, parts: keys.map((key) => (row ? { op: "assign", key, body: row } : { op: "delete", key })) };
}

/** New rows, with ids. Those of an upsert may be there. */
function insertOf(url: URL, conditions: [string, string][], prefer: string, { rows, list }: Rows): Write | undefined {
  if (conditions.some(([name, value]) => name !== "columns" && !(name === "on_conflict" && value === "id"))) return undefined;
  const named = rows.map((row) => ({ ...row, id: row["id"] ?? newID() }) as Row);
  const parts = named.map((row): Part => ({ op: prefer.includes("resolution=merge") ? "upsert" : "create", key: String(row["id"]), body: row }));
  if (!list && conditions.length === 0 && !prefer.includes("resolution=")) return { op: "create", key: parts[0]!.key, body: named[0]! };
  const to = new URL(url), columns = to.searchParams.get("columns");
  if (columns && !columns.split(",").includes('"id"')) to.searchParams.set("columns", `${columns},"id"`);
  return { op: "request", url: to, body: list ? named : named[0]!, parts };
}

/** The ids that a filter names. */
function keysIn(condition: string): string[] | undefined {
  const [, one] = /^eq\.(.+)$/s.exec(condition) ?? [];
  if (one !== undefined) return [one];
  const [, list] = /^in\.\((.+)\)$/s.exec(condition) ?? [];
  return list === undefined ? undefined : [...list.matchAll(/"((?:[^"\\]|\\.)*)"|[^,]+/gs)].map(([bare, quoted]) => quoted?.replace(/\\(.)/gs, "$1") ?? bare);
}

/** The rows of a body: one, or a list of them. */
interface Rows {
  rows: Row[];
  list: boolean;
}

function rowsIn(body: unknown): Rows | undefined {
  try {
    const given = typeof body === "string" ? (JSON.parse(body) as unknown) : undefined;
    const list = Array.isArray(given), rows = (list ? given : [given]) as unknown[];
    return rows.length > 0 && rows.every((row) => typeof row === "object" && row !== null && !Array.isArray(row)) ? { rows: rows as Row[], list } : undefined;
  } catch {
    return undefined;
  }
}
