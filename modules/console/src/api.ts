import type { Client, FieldError, Session } from "../../../sdk/js/src/basalt.js";

/** One field of a collection, as GET /v1/admin/console describes it. */
export interface Field {
  name: string;
  type: string;
  to?: string;
  of?: string;
  on_delete?: string;
  was?: string;
  required?: boolean;
  index?: boolean;
  unique?: boolean;
  search?: boolean;
  encrypt?: boolean;
  hash?: boolean;
  served?: boolean;
  pattern?: string;
  enum?: unknown[];
  default?: unknown;
  min?: unknown;
  max?: unknown;
  /** The declared members of a json field; it may have others if it is open. */
  fields?: Field[];
  open?: boolean;
}

export interface Collection {
  name: string;
  database: string;
  driver: string;
  key: string[];
  fields: Field[];
  realtime: boolean;
  files: boolean;
  rules?: { [op: string]: string };
  indexes?: { fields: string[]; unique: boolean; where?: string }[];
  fields_readable?: { [field: string]: string };
  fields_writable?: { [field: string]: string };
  set?: { create: { [field: string]: string }; update: { [field: string]: string } };
}

export interface Service {
  name: string;
  driver: string;
  functions: { name: string; params: Field[]; rule?: string; open: boolean }[];
}

export interface Overview {
  admin: boolean;
  user: string | null;
  accounts: boolean;
  /** Where the app is that can be opened as a user: an address, or a path of the server; null where that is not known. */
  app: string | null;
  version: string;
  /** Whether /v1/graphql is served. */
  graphql: boolean;
  /** How many documents a page has at most. */
  page: number;
  /** How many operations a batch has at most. */
  batch: number;
  collections: Collection[];
  services: Service[];
}

export type Row = { [field: string]: unknown };

/** What an administrative call was refused with. */
export class Refused extends Error {
  constructor(readonly status: number, message: string, readonly errors: FieldError[] = []) {
    super(message);
  }
}

const storageKey = "basalt.console";
const path = document.querySelector<HTMLMetaElement>("meta[name=basalt-path]")?.content ?? "/console";
const here = location.pathname.replace(/\/[^/]*$/, "");

/** Where the server is: below a path of a proxy, perhaps. */
export const server = location.origin + (here.endsWith(path) ? here.slice(0, -path.length) : "");

/** The session is kept for this tab alone, apart from that of an app at the same address. */
const storage = {
  get: () => sessionStorage.getItem(storageKey),
  set: (value: string) => sessionStorage.setItem(storageKey, value),
  remove: () => sessionStorage.removeItem(storageKey),
};

/** The client of the page; start makes it. */
export let client: Client;

/** Loads the SDK that the server has, and makes the client. */
export async function start(): Promise<void> {
  const sdk = (await import(`${server}/v1/sdk.js`)) as typeof import("../../../sdk/js/src/basalt.js");
  client = sdk.createClient(server, { name: "console", storage });
}

/** Keeps a bearer token that is no account's, such as an administrator's key, as a session. */
export async function signInWithKey(token: string, lifetime = 12 * 3600): Promise<void> {
  await send("GET", "/v1/admin/console", undefined, token);
  const user = { id: "key", email: null, email_verified: false, new_email: null, anonymous: false, totp: false, created: "" };
  const session: Session = { accessToken: token, refreshToken: "", expiresAt: Date.now() + lifetime * 1000, user, server };
  storage.set(JSON.stringify(session));
  await start();
}

/** Forgets who is signed in, also on the server where it knows of it. */
export async function signOut(): Promise<void> {
  await client.auth.signOut().catch(() => undefined);
  storage.remove();
}

async function send<T>(method: string, address: string, body: unknown, token: string | undefined): Promise<T> {
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(server + address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await response.text();
  const answer = text ? parse(text) : undefined;
  if (response.ok) return answer as T;
  const problem = (answer ?? {}) as { detail?: string; errors?: FieldError[] };
  throw new Refused(response.status, problem.detail ?? `${response.status} ${response.statusText}`, problem.errors);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Makes an administrative call as who is signed in. */
export async function call<T>(method: string, address: string, body?: unknown): Promise<T> {
  return send<T>(method, address, body, await client.auth.token());
}

/** Makes an anonymous call. */
export const anonymously = <T>(method: string, address: string, body?: unknown): Promise<T> => send<T>(method, address, body, undefined);

/** What went wrong, in the server's words: its mistakes in fields, or the whole. */
export function explain(error: unknown): string {
  const { errors, message } = error as { errors?: FieldError[]; message?: string };
  return errors?.length ? errors.map((e) => e.detail).join("; ") : (message ?? String(error));
}

/** The mistake in one field. */
export function mistake(error: unknown, field: string): string | undefined {
  const { errors } = (error ?? {}) as { errors?: FieldError[] };
  const found = errors?.find((e) => e.field === field || e.field.startsWith(`${field}.`));
  return found && found.field !== field ? `${found.field.slice(field.length + 1)}: ${found.detail}` : found?.detail;
}
