import { BasaltError, type Authorizer, type Http } from "./http.js";

export interface User {
  id: string;
  /** Null for an anonymous user. */
  email: string | null;
  /** Whether the address is known to be theirs. */
  email_verified: boolean;
  anonymous: boolean;
  /** Whether signing in takes a second factor. */
  totp: boolean;
  created: string;
}

/** What is kept between visits. */
export interface Session {
  accessToken: string;
  refreshToken: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  user: User;
}

/** Keeps the session, as one text. */
export interface TokenStorage {
  get(): string | null | Promise<string | null>;
  set(value: string): void | Promise<void>;
  remove(): void | Promise<void>;
}

const storageKey = "basalt.session";

function defaultStorage(): TokenStorage {
  try {
    const store = globalThis.window?.localStorage;
    if (store) {
      return {
        get: () => store.getItem(storageKey),
        set: (value) => store.setItem(storageKey, value),
        remove: () => store.removeItem(storageKey),
      };
    }
  } catch {
    // The browser forbids it; memory it is.
  }
  let kept: string | null = null;
  return { get: () => kept, set: (value) => void (kept = value), remove: () => void (kept = null) };
}

/** Milliseconds before its end at which a token counts as expired, for clocks and slow networks. */
const margin = 30_000;

/** Keeps the session and refreshes its tokens, once however many calls and tabs wait. */
export class Sessions implements Authorizer {
  protected session: Session | null = null;
  private readonly storage: TokenStorage;
  private readonly listeners = new Set<(user: User | null) => void>();
  protected readonly loaded: Promise<void>;
  private refreshing: Promise<Session | null> | null = null;

  constructor(protected readonly http: Http, storage?: TokenStorage) {
    this.storage = storage ?? defaultStorage();
    http.authorizer = this;
    this.loaded = this.load();
    if (!storage) this.followOtherTabs();
  }

  /** The user who is signed in, null when nobody is. Not known before `ready`. */
  get user(): User | null {
    return this.session?.user ?? null;
  }

  /** Resolves when the stored session has been read. */
  get ready(): Promise<void> {
    return this.loaded;
  }

  /** Calls back with the user now, as soon as that is known, and at every change. Returns the end of it. */
  onChange(listener: (user: User | null) => void): () => void {
    this.listeners.add(listener);
    void this.loaded.then(() => {
      if (this.listeners.has(listener)) listener(this.user);
    });
    return () => void this.listeners.delete(listener);
  }

  /** The token to send, refreshed when it is about to end. */
  async token(): Promise<string | undefined> {
    await this.loaded;
    if (this.session && this.session.expiresAt - margin < Date.now()) await this.refresh();
    return this.session?.accessToken;
  }

  /** Refreshes after a token was refused. */
  async refused(token: string): Promise<string | undefined> {
    if (this.session?.accessToken === token) await this.refresh();
    return this.session?.accessToken;
  }

  /** Gets new tokens. Null means that the session has ended. */
  refresh(): Promise<Session | null> {
    this.refreshing ??= this.refreshOnce().finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  /** Refreshes in one tab at a time: the others find the new tokens in the storage. */
  private refreshOnce(): Promise<Session | null> {
    const locks = globalThis.navigator?.locks;
    return locks ? locks.request("basalt.refresh", () => this.refreshAlone()) : this.refreshAlone();
  }

  private async refreshAlone(): Promise<Session | null> {
    const before = this.session;
    await this.load(); // another tab may have done it
    if (!this.session) return null;
    if (this.session.refreshToken !== before?.refreshToken && this.session.expiresAt - margin > Date.now()) return this.session;
    try {
      await this.renew(this.session.refreshToken);
    } catch (error) {
      if (!(error instanceof BasaltError) || error.code !== "unauthenticated") throw error;
      await this.keep(null);
    }
    return this.session;
  }

  /** Sends the refresh token. */
  private async renew(refreshToken: string): Promise<void> {
    const answer = await this.http.call("/v1/auth/refresh", { method: "POST", body: { refresh_token: refreshToken }, anonymous: true });
    await this.opened(answer.body);
  }

  protected async opened(body: unknown): Promise<User> {
    const t = body as { access_token: string; refresh_token: string; expires_in: number; user: User };
    await this.keep({
      accessToken: t.access_token, refreshToken: t.refresh_token, expiresAt: Date.now() + t.expires_in * 1000, user: t.user,
    });
    return t.user;
  }

  private async load(): Promise<void> {
    try {
      const text = await this.storage.get();
      this.session = text ? (JSON.parse(text) as Session) : null;
    } catch {
      this.session = null; // what is stored is not ours
    }
  }

  protected async keep(session: Session | null): Promise<void> {
    const before = JSON.stringify(this.session?.user);
    this.session = session;
    if (session) await this.storage.set(JSON.stringify(session));
    else await this.storage.remove();
    if (before !== JSON.stringify(session?.user)) this.tell();
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener(this.user);
  }

  private followOtherTabs(): void {
    globalThis.window?.addEventListener?.("storage", (event) => {
      if (event.key !== storageKey && event.key !== null) return;
      const before = JSON.stringify(this.session?.user);
      void this.load().then(() => {
        if (before !== JSON.stringify(this.session?.user)) this.tell();
      });
    });
  }
}
