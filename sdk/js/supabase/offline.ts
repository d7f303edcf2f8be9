import { claimsOf, indexed, newID, remembered, type Client, type Indexed, type Outbox } from "@basalt-dev/client";

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

/** What a request does to one row. */
interface Write {
  op: "create" | "update" | "delete";
  key: string;
  body?: Row;
}

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
    try {
      const answer = await this.fetcher(input, write.op === "create" ? { ...init, body: JSON.stringify(write.body) } : init);
      if (!away.has(answer.status) || whose !== this.user) return answer;
    } catch (error) {
      if (init?.signal?.aborted || whose !== this.user) throw error;
    }
    return this.keep(asked, write, true);
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
  private keep({ table, headers }: Asked, { op, key, body }: Write, sent: boolean): Response {
    this.native.outbox.run({ op, collection: table, key, body, sent }).catch(() => undefined); // onRefused reports it
    const row = { ...body, id: key };
    const shown = headers.get("Prefer")?.includes("return=representation") ? JSON.stringify(headers.get("Accept")?.includes("pgrst.object") ? row : [row]) : null;
    return new Response(shown, { status: 202, statusText: "Accepted", headers: { "Content-Type": "application/json" } });
  }
}

/** What a request does to one row by its id; undefined for anything more, or what Basalt's own API would do otherwise. */
function writeOf({ method, url, headers, body }: Asked): Write | undefined {
  const conditions = [...url.searchParams].filter(([name]) => name !== "select");
  const prefer = headers.get("Prefer") ?? "";
  const row = rowIn(body);
  if (/resolution=|tx=|max-affected=/.test(prefer)) return undefined;
  if (method === "POST") {
    if (conditions.length > 0 || !row) return undefined;
    const key = String(row["id"] ?? newID());
    return { op: "create", key, body: { ...row, id: row["id"] ?? key } };
  }
  const [, key] = /^eq\.(.+)$/s.exec(conditions[0]?.[0] === "id" ? conditions[0][1] : "") ?? [];
  if (key === undefined || conditions.length !== 1) return undefined;
  if (method === "DELETE") return { op: "delete", key };
  // There an object takes the place of a json column, here it would be merged into it.
  if (method !== "PATCH" || !row || Object.values(row).some((v) => typeof v === "object" && v !== null && !Array.isArray(v))) return undefined;
  return { op: "update", key, body: row };
}

function rowIn(body: unknown): Row | undefined {
  try {
    const row = typeof body === "string" ? (JSON.parse(body) as unknown) : undefined;
    return typeof row === "object" && row !== null && !Array.isArray(row) ? (row as Row) : undefined;
  } catch {
    return undefined;
  }
}
