import { createClient, type Client, type ClientOptions } from "./client.js";
import type { Times } from "./dates.js";
import { BasaltError } from "./error.js";
import { sessionIn, type Session } from "./session.js";
import type { TokenStorage } from "./storage.js";

/** How a cookie of the session is to be set; `maxAge` in seconds, 0 removes it. */
export interface CookieOptions {
  path: string;
  maxAge: number;
  sameSite: "lax";
  secure: boolean;
}

/** The cookies of one request and its answer, as Next.js, SvelteKit, Remix and others have them. */
export interface Cookies {
  getAll(): { name: string; value: string }[] | Promise<{ name: string; value: string }[]>;
  /**
   * Sets cookies of the answer. Leave it out where that cannot be done any more, as in a Server Component of Next.js: the
   * client then never refreshes the session, whose new tokens would be lost. A middleware does that.
   */
  setAll?(cookies: { name: string; value: string; options: CookieOptions }[]): void | Promise<void>;
}

/** Browsers keep 4096 bytes of a cookie, with its name and options. */
const pieceSize = 3500;
/** As long as browsers keep a cookie: the server ends sessions. */
const lifetime = 400 * 24 * 60 * 60;

const encode = (text: string): string =>
  btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** What was encoded, null when it was not: anyone can write a cookie. */
const decode = (text: string): string | null => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)));
  } catch {
    return null;
  }
};

/** Browsers keep a cookie of this name only from the host itself, over https: no other subdomain can plant one. */
const hostOnly = "__Host-";

/** A text in the letters of the name of a cookie, another for each text: two servers and two clients never share one. */
const named = (text: string): string => text.replace(/[^a-zA-Z0-9.-]/g, (c) => `_${c.charCodeAt(0).toString(16)}_`);

/** Keeps a session in as many cookies as it takes: NAME.0, NAME.1 and so on. */
class CookieStorage implements TokenStorage {
  private readonly name: string;
  /** That of sessions of an earlier release, which are not taken over: they may have been planted. */
  private readonly old: string | undefined;
  private readonly options: CookieOptions;

  constructor(url: string, client: string | undefined, private readonly cookies: Cookies, secure: boolean | undefined) {
    const server = new URL(url);
    this.options = { path: "/", maxAge: lifetime, sameSite: "lax", secure: secure ?? server.protocol === "https:" };
    const name = `basalt-${[`${server.host}${server.pathname.replace(/\/$/, "")}`, ...(client ? [client] : [])].map(named).join("~")}`;
    this.name = this.options.secure ? hostOnly + name : name;
    this.old = this.options.secure ? name : undefined;
  }

  get(): string | null | Promise<string | null> {
    const all = this.cookies.getAll();
    return all instanceof Promise ? all.then((known) => this.from(known)) : this.from(all);
  }

  private from(known: { name: string; value: string }[]): string | null {
    const values = new Map(known.map(({ name, value }) => [name, value]));
    let text = "";
    for (let n = 0; values.has(`${this.name}.${n}`); n++) text += values.get(`${this.name}.${n}`);
    const kept = text ? decode(text) : null;
    return this.cookies.setAll || kept === null ? kept : readOnly(kept);
  }

  async set(value: string): Promise<void> {
    const text = encode(value);
    const pieces = Array.from({ length: Math.ceil(text.length / pieceSize) }, (_, n) => text.slice(n * pieceSize, (n + 1) * pieceSize));
    await this.write(pieces);
  }

  remove(): Promise<void> {
    return this.write([]);
  }

  /** Writes pieces, and removes what there is beyond them. */
  private async write(pieces: string[]): Promise<void> {
    if (!this.cookies.setAll) return;
    const piece = (name: string, of: string): number => (name.startsWith(`${of}.`) && /^\d+$/.test(name.slice(of.length + 1)) ? Number(name.slice(of.length + 1)) : -1);
    const old = (await this.cookies.getAll()).filter(({ name }) => piece(name, this.name) >= pieces.length || (this.old && piece(name, this.old) >= 0));
    await this.cookies.setAll([
      ...pieces.map((value, n) => ({ name: `${this.name}.${n}`, value, options: this.options })),
      ...old.map(({ name }) => ({ name, value: "", options: { ...this.options, maxAge: 0 } })),
    ]);
  }
}

/** A session that is used as long as its token is good, and not refreshed. */
function readOnly(text: string): string | null {
  const session: Session | null | undefined = sessionIn(text);
  if (!session || session.expiresAt <= Date.now()) return null;
  return JSON.stringify({ ...session, refreshToken: "", expiresAt: Number.MAX_SAFE_INTEGER });
}

/** Where a session in cookies is. */
export interface CookieSession {
  /**
   * Whether the cookies are for https alone, where no other subdomain can plant or read them; as the server's URL by default.
   * Pages that come by http from elsewhere than localhost, as in development against a server with https, need `false`, in
   * the browser and on the server.
   */
  secureCookies?: boolean;
}

/**
 * Makes a client for one request to a server of pages, such as Next.js, SvelteKit or Remix, which acts as the user whose
 * cookies came with it. The URL has to be the one that the browser uses; with `fetch` requests can take another way.
 */
export function createServerClient<S = {}>(url: string, options: ClientOptions & CookieSession & { cookies: Cookies; dates: true | Times }): Client<S, true>;
export function createServerClient<S = {}>(url: string, options: ClientOptions & CookieSession & { cookies: Cookies }): Client<S>;
export function createServerClient<S>(url: string, { cookies, secureCookies, ...options }: ClientOptions & CookieSession & { cookies: Cookies }): Client<S, boolean> {
  return createClient<S>(url, { ...options, storage: new CookieStorage(url, options.name, cookies, secureCookies) });
}

/** The cookies of the page. */
const pageCookies: Cookies = {
  getAll: () => document.cookie.split("; ").filter(Boolean).map((pair) => ({ name: pair.slice(0, pair.indexOf("=")), value: pair.slice(pair.indexOf("=") + 1) })),
  setAll: (cookies) => {
    for (const { name, value, options } of cookies) {
      document.cookie = `${name}=${value}; path=${options.path}; max-age=${options.maxAge}; samesite=${options.sameSite}${options.secure ? "; secure" : ""}`;
    }
  },
};

/**
 * Makes the client of a page whose server makes one with createServerClient: the session is in cookies, for both. Where
 * there is no document, it is in memory.
 */
export function createBrowserClient<S = {}>(url: string, options: ClientOptions & CookieSession & { dates: true | Times }): Client<S, true>;
export function createBrowserClient<S = {}>(url: string, options?: ClientOptions & CookieSession): Client<S>;
export function createBrowserClient<S>(url: string, options: ClientOptions & CookieSession = {}): Client<S, boolean> {
  if (typeof document === "undefined") return createClient<S>(url, options);
  if (options.secureCookies ?? new URL(url).protocol === "https:") {
    if (globalThis.isSecureContext === false) throw new BasaltError("invalid", "this page came by http, where no session can be in cookies for https; give secureCookies: false here and on the server of the page");
  }
  return createServerClient<S>(url, { ...options, cookies: pageCookies });
}
