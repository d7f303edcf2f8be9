/**
 * supabase-js for a server of Basalt, with live queries, and with reads and writes without a connection.
 *
 *     import { createClient } from "@basalt-dev/supabase"; // instead of "@supabase/supabase-js"
 *     const supabase = createClient(url, anonKey, { offline: ["todos"] });
 *     supabase.live("todos", (todos) => todos.where("done", "==", false), (rows) => show(rows));
 */
import { createClient as supabase, type SupabaseClient, type SupabaseClientOptions } from "@supabase/supabase-js";
import { createClient as basalt, type BasaltError, type Client, type Collection, type Outbox, type OutboxStore, type Snapshot } from "@basalt-dev/client";
import { Offline } from "./offline.js";
import { sessionOf } from "./session.js";

export * from "@supabase/supabase-js";
export type { Collection, Outbox, OutboxStore, Refusal, Snapshot } from "@basalt-dev/client";

/** What there is besides the options of supabase-js. */
export interface LiveOptions {
  /**
   * The tables that are read and written without a connection, too: reads have what was answered last, and inserts, updates
   * and deletes of one row by its id are sent later, as the user who made them.
   */
  offline?: readonly string[];
  /** Where the writes wait between visits: IndexedDB where there is one, unless this says otherwise; null keeps them in memory. */
  store?: OutboxStore | null;
}

type Known<D> = 0 extends 1 & D ? never : D; // any is none
type Tables<D> = [Known<D>] extends [never] ? Record<string, { Row: any }> : D extends { public: { Tables: infer T } } ? T : Record<string, { Row: any }>;
type Name<D> = keyof Tables<D> & string;
type Row<D, T extends Name<D>> = Tables<D>[T] extends { Row: infer R } ? (0 extends 1 & R ? any : R extends object ? R : any) : any;

/** What a client has besides those of supabase-js. */
export interface Live<D = any> {
  /**
   * Calls back with the rows of a table, now and whenever they change, by a write of anyone or of what the user may see.
   * `query` narrows and orders them. Returns a function that ends it.
   */
  live<T extends Name<D>>(table: T, callback: (rows: Row<D, T>[], snapshot: Snapshot<Row<D, T>>) => void): () => void;
  live<T extends Name<D>>(
    table: T, query: (rows: Collection<Row<D, T>>) => Collection<any>, callback: (rows: Row<D, T>[], snapshot: Snapshot<Row<D, T>>) => void,
    failed?: (error: BasaltError) => void,
  ): () => void;
  /** The writes that wait for the server, where tables are `offline`. */
  outbox?: Outbox;
  /** The client of Basalt's own API with the same session: transactions, uploads that wait, functions, channels. */
  basalt: Client;
}

type Callback = (rows: any[], snapshot: Snapshot<any>) => void;

/** Makes the client of supabase-js, and gives it what Basalt has besides. */
export function createClient<D = any>(url: string, key: string, options?: SupabaseClientOptions<"public" extends keyof D ? "public" : any> & LiveOptions): SupabaseClient<D> & Live<D>;
export function createClient<D, S extends string & keyof Omit<D, "__InternalSupabase">>(
  url: string, key: string, options?: SupabaseClientOptions<S> & LiveOptions,
): SupabaseClient<D, S> & Live<D>;
export function createClient(url: string, key: string, { offline = [], store, ...options }: SupabaseClientOptions<any> & LiveOptions = {}): SupabaseClient & Live {
  if (options.accessToken) throw new TypeError("accessToken gives supabase-js no session that live queries could follow; take createClient of @supabase/supabase-js, or sign in with supabase.auth");
  const fetcher = options.global?.fetch ?? ((...of: Parameters<typeof fetch>) => fetch(...of));
  const kept = offline.length > 0 ? new Offline(url, fetcher, offline) : undefined;
  const keyed: typeof fetch = (input, init) =>
    new URL(input as string | URL).href.includes("/rest/v1/") ? fetcher(input, { ...init, headers: { ...(init?.headers as Record<string, string>), apikey: key } }) : fetcher(input, init);
  const client = supabase(url, key, kept ? { ...options, global: { ...options.global, fetch: kept.fetch } } : options) as SupabaseClient;
  const native = basalt(url, {
    tokens: sessionOf(client.auth), name: options.auth?.storageKey, fetch: keyed, WebSocket: options.realtime?.transport,
    optimistic: kept && { offline: true, store },
  });
  kept?.through(native);
  const live = (table: string, ...rest: unknown[]): (() => void) => {
    const [query, callback, failed] = (rest.length === 1 ? [undefined, rest[0]] : rest) as [((rows: Collection) => Collection) | undefined, Callback, ((error: BasaltError) => void) | undefined];
    const all = native.db.collection(table);
    return (query ? query(all) : all).onSnapshot((s) => callback(s.docs, s), failed);
  };
  return Object.assign(client, { live, outbox: native.outbox, basalt: native });
}
