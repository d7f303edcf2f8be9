import { BasaltError, type Authorizer, type Http } from "./http.js";

export interface User {
  id: string;
  email: string;
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

/** Signing up, in and out. Tokens are refreshed by themselves, once however many calls wait. */
export class Auth implements Authorizer {
  private session: Session | null = null;
  private readonly storage: TokenStorage;
  private readonly listeners = new Set<(user: User | null) => void>();
  private readonly loaded: Promise<void>;
  private refreshing: Promise<Session | null> | null = null;

  constructor(private readonly http: Http, storage?: TokenStorage) {
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

  async signUp(email: string, password: string): Promise<User> {
    return this.open("/v1/auth/signup", { email, password });
  }

  async signIn(email: string, password: string): Promise<User> {
    return this.open("/v1/auth/signin", { email, password });
  }

  /** Ends the session here and on the server. Offline it ends here all the same. */
  async signOut(): Promise<void> {
    await this.loaded;
    const session = this.session;
    await this.keep(null);
    if (!session) return;
    try {
      await this.http.call("/v1/auth/signout", { method: "POST", body: { refresh_token: session.refreshToken }, anonymous: true });
    } catch (error) {
      if (!(error instanceof BasaltError) || error.code !== "network") throw error;
    }
  }

  /** Asks the server who is signed in. */
  async getUser(): Promise<User> {
    return (await this.http.call("/v1/auth/user")).body as User;
  }

  /** Changes the address or the password. */
  async updateUser(change: { email?: string; password?: string; currentPassword: string }): Promise<User> {
    const { currentPassword, ...rest } = change;
    const answer = await this.http.call("/v1/auth/user", { method: "PATCH", body: { ...rest, current_password: currentPassword } });
    const user = answer.body as User;
    if (this.session) await this.keep({ ...this.session, user });
    return user;
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

  private async refreshOnce(): Promise<Session | null> {
    const before = this.session;
    await this.load(); // another tab may have done it
    if (!this.session) return null;
    if (this.session.accessToken !== before?.accessToken && this.session.expiresAt - margin > Date.now()) return this.session;
    try {
      await this.open("/v1/auth/refresh", { refresh_token: this.session.refreshToken });
    } catch (error) {
      if (!(error instanceof BasaltError) || error.code !== "unauthenticated") throw error;
      await this.keep(null);
    }
    return this.session;
  }

  private async open(path: string, body: Record<string, string>): Promise<User> {
    await this.loaded;
    const answer = await this.http.call(path, { method: "POST", body, anonymous: true });
    const t = answer.body as { access_token: string; refresh_token: string; expires_in: number; user: User };
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

  private async keep(session: Session | null): Promise<void> {
    const before = this.session?.user.id;
    this.session = session;
    if (session) await this.storage.set(JSON.stringify(session));
    else await this.storage.remove();
    if (before !== session?.user.id) this.tell();
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener(this.user);
  }

  private followOtherTabs(): void {
    globalThis.window?.addEventListener?.("storage", (event) => {
      if (event.key !== storageKey && event.key !== null) return;
      const before = this.session?.user.id;
      void this.load().then(() => {
        if (before !== this.session?.user.id) this.tell();
      });
    });
  }
}
