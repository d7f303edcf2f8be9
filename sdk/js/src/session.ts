import { impersonationAt, sentBy, type Errand } from "./arrival.js";
import { sessionOf, type TokenSource } from "./given.js";
import { BasaltError, type Authorizer, type Http } from "./http.js";
import { exclusive } from "./locks.js";
import { defaultStorage, memory, SafeStorage, tabStorage, type TokenStorage } from "./storage.js";

export interface User {
  id: string;
  /** Null for an anonymous user. */
  email: string | null;
  /** Whether the address is known to be theirs. */
  email_verified: boolean;
  /** The address that is to take its place when it is confirmed; null for none. */
  new_email: string | null;
  anonymous: boolean;
  /** Whether signing in takes a second factor. */
  totp: boolean;
  created: string;
  /**
   * Where the server has `auth.profile`: the user's profile as they may read it, as it was at the last sign-in or refresh;
   * null for none. Its collection has it as it is now.
   */
  profile?: Record<string, unknown> | null;
}

/** What is kept between visits. */
export interface Session {
  accessToken: string;
  refreshToken: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  user: User;
  /** The server that it is of: no other one gets these tokens. */
  server?: string;
}

/** Milliseconds before its end at which a token counts as expired, for clocks and slow networks. */
const margin = 30_000;

interface Opened {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  user: User;
}

const left = (): BasaltError => new BasaltError("unauthenticated", "the user who made this call is no longer signed in");

/** Keeps the session and refreshes its tokens, once however many calls and tabs wait. */
export class Sessions implements Authorizer {
  protected session: Session | null = null;
  private storage: SafeStorage;
  private readonly listeners = new Set<(user: User | null) => void>();
  protected readonly loaded: Promise<void>;
  private refreshing: { of: string | undefined; done: Promise<Session | null> } | null = null;
  /** The numbers of the newest sign-in or sign-out that was asked for, and of the one whose outcome is there. */
  private asked = 0;
  private settled = 0;
  /** How often the source of tokens has told of another one. */
  private heard = 0;

  /** The name is that of all that is kept: of the server, and of the client where a page has several. */
  constructor(protected readonly http: Http, storage: TokenStorage | undefined, protected readonly name: string, private readonly tokens?: TokenSource) {
    const key = `basalt.session:${name}`;
    const tab = storage || tokens ? undefined : tabStorage(`${key}:impersonation`);
    this.storage = new SafeStorage(storage ?? (tab?.get() ? tab : defaultStorage(key)));
    http.authorizer = this;
    if (tokens) {
      tokens.onChange((token) => {
        this.heard++;
        void this.take(token);
      });
      // Without a connection a token that has ended cannot be replaced; then who was there last still is.
      this.loaded = this.ask(tokens).catch(() => this.load());
      return;
    }
    const errand = tab && name === http.server ? impersonationAt(globalThis.location?.href) : null;
    if (!errand) this.adopt(this.storage.now());
    this.loaded = errand ? this.actAs(errand, tab!) : this.load();
    if (!storage) this.followOtherTabs(key);
  }

  /** The user who is signed in, null when no one is. With a storage that answers with promises it is not known before `ready`. */
  get user(): User | null {
    return this.session?.user ?? null;
  }

  /** Resolves when the stored session has been read. */
  get ready(): Promise<void> {
    return this.loaded;
  }

  /** Calls back with the user now, as soon as that is known, and at every change. Returns a function that unsubscribes. */
  onChange(listener: (user: User | null) => void): () => void {
    let ended = false;
    void this.loaded.then(() => {
      if (ended) return;
      this.listeners.add(listener);
      listener(this.user);
    });
    return () => {
      ended = true;
      this.listeners.delete(listener);
    };
  }

  async caller(): Promise<string | null> {
    await this.loaded;
    return this.user?.id ?? null;
  }

  /** The token to send, refreshed when it is about to end; while it is valid, it does without. */
  async token(caller?: string | null, reads = false): Promise<string | undefined> {
    await this.loaded;
    if (caller === null) return undefined;
    if (this.session && this.session.expiresAt - margin < Date.now()) {
      await this.refresh().catch((error) => {
        if (!this.session || this.session.expiresAt <= Date.now()) throw error;
      });
    }
    // After the end of a session reads are anonymous, but nothing is written in another name.
    if (caller !== undefined && caller !== this.user?.id && !(reads && !this.user)) throw left();
    return this.session?.accessToken;
  }

  /** Refreshes after a token was refused. */
  async refused(token: string, caller?: string | null): Promise<string | undefined> {
    if (this.session?.accessToken === token) await this.refresh();
    if (caller !== undefined && this.user && caller !== this.user.id) throw left();
    return this.session?.accessToken;
  }

  /** Gets new tokens. Null means that the session has ended. */
  refresh(): Promise<Session | null> {
    const of = this.session?.refreshToken;
    if (this.refreshing?.of === of && this.refreshing) return this.refreshing.done;
    const mine = { of, done: this.refreshOnce().finally(() => {
      if (this.refreshing === mine) this.refreshing = null;
    }) };
    this.refreshing = mine;
    return mine.done;
  }

  /** Refreshes in one tab at a time: the others find the new tokens in the storage. */
  private refreshOnce(): Promise<Session | null> {
    return exclusive(`basalt.refresh:${this.name}`, () => this.refreshAlone());
  }

  private async refreshAlone(): Promise<Session | null> {
    await this.loaded;
    if (this.tokens) {
      await this.ask(this.tokens, this.session?.accessToken);
      return this.session;
    }
    const before = this.session;
    await this.load(); // another tab may have done it
    const session = this.session;
    if (!session) return null;
    if (session.refreshToken !== before?.refreshToken && session.expiresAt - margin > Date.now()) return session;
    let opened: Opened | null = null;
    if (!session.refreshToken) return this.renewed(session, null); // it was for a while, and cannot go on
    try {
      const body = { refresh_token: session.refreshToken };
      opened = (await this.http.call("/v1/auth/refresh", { method: "POST", body, anonymous: true, due: "session" })).body as Opened;
    } catch (error) {
      // A proxy that asks for a sign-in says nothing about this session.
      if (!(error instanceof BasaltError) || error.code !== "unauthenticated" || !error.fromServer) throw error;
    }
    return this.renewed(session, opened);
  }

  /** Takes the token of the source, unless it tells of another one meanwhile. */
  private async ask(tokens: TokenSource, refused?: string): Promise<void> {
    const { heard } = this;
    const token = await tokens.get(refused);
    if (heard === this.heard) await this.take(token);
  }

  /** Makes a token of the source the session. Of it, only whose it is is kept. */
  private async take(token: string | null): Promise<void> {
    const session = sessionOf(token, this.http.server);
    const written = this.storage.write(session && JSON.stringify({ ...session, accessToken: "", expiresAt: 0 }));
    this.replace(session);
    await written;
  }

  /** Replaces a session by its successor, unless another one is there by now: here, or in another tab. */
  private async renewed(session: Session, opened: Opened | null): Promise<Session | null> {
    const same = (): boolean => this.session?.refreshToken === session.refreshToken;
    if (same()) await this.load();
    if (same()) await this.keep(opened && this.sessionOf(opened));
    else if (!this.session && opened) await this.end(opened.refresh_token).catch(() => undefined); // a sign-out is final
    return this.session;
  }

  /** Ends a session on the server. */
  protected async end(refreshToken: string, query?: Record<string, string>): Promise<void> {
    await this.http.call("/v1/auth/signout", { method: "POST", query, body: { refresh_token: refreshToken }, anonymous: true, due: "nothing" });
  }

  /** Takes a number for a sign-in or sign-out: of those under way, the one that was asked for last wins. */
  protected turn(): number {
    if (this.tokens) throw new BasaltError("invalid", "the tokens of this client come from elsewhere; sign in and out there");
    return ++this.asked;
  }

  /** Signs in with the answer to a sign-in of a turn, and returns the user. */
  protected async opened(body: unknown, turn: number): Promise<User> {
    const opened = body as Opened;
    if (turn < this.settled) {
      void this.end(opened.refresh_token).catch(() => undefined);
      throw new BasaltError("aborted", "another sign-in or sign-out happened since");
    }
    await this.settle(turn, this.sessionOf(opened));
    return opened.user;
  }

  /** Keeps the outcome of a turn. */
  protected async settle(turn: number, session: Session | null): Promise<void> {
    this.settled = Math.max(this.settled, turn);
    await this.keep(session);
  }

  /** Changes what is known of a user, if that is who is signed in still. */
  protected async amend(id: string | null, change: Partial<User>): Promise<void> {
    const { session } = this;
    if (session && session.user.id === id) await this.keep({ ...session, user: { ...session.user, ...change } });
  }

  private sessionOf(t: Opened): Session {
    return {
      accessToken: t.access_token, refreshToken: t.refresh_token, expiresAt: Date.now() + t.expires_in * 1000, user: t.user,
      server: this.http.server,
    };
  }

  /**
   * Begins to act as a user, in this tab alone: what others have kept stays. Where the code is not good any more, no one is
   * signed in here, rather than someone else than it seems.
   */
  private async actAs({ answer, clean }: Errand, tab: TokenStorage): Promise<void> {
    const at = location.href;
    try {
      if (!(await sentBy(this.http, answer["server"])) || location.href !== at) return await this.load(); // it is for another client
      history.replaceState(history.state, "", clean);
      const opened = (await this.http.call("/v1/auth/impersonation", { method: "POST", body: { code: answer["code"] }, anonymous: true, due: "session" })).body as Opened;
      this.storage = new SafeStorage(tab);
      await this.keep(this.sessionOf(opened));
    } catch {
      this.storage = new SafeStorage(memory());
    }
  }

  /** Reads the storage. What cannot be read, and the session of another server, change nothing. */
  private async load(): Promise<void> {
    const before = this.session;
    const text = await this.storage.read();
    if (this.session === before) this.adopt(text); // else someone has signed in or out meanwhile
  }

  private adopt(text: string | null | undefined): void {
    const stored = text ? sessionIn(text) : text === undefined ? text : null;
    if (stored === undefined || (stored?.server ?? this.http.server) !== this.http.server) return;
    this.replace(stored);
  }

  protected async keep(session: Session | null): Promise<void> {
    const written = this.storage.write(session && JSON.stringify(session));
    this.replace(session);
    await written;
  }

  private replace(session: Session | null): void {
    const before = JSON.stringify(this.session?.user);
    this.session = session;
    if (before !== JSON.stringify(session?.user)) for (const listener of [...this.listeners]) listener(this.user);
  }

  private followOtherTabs(key: string): void {
    globalThis.window?.addEventListener?.("storage", (event) => {
      if (event.key === key || event.key === null) void this.load();
    });
  }
}

/** The session in a string, undefined when it has none. */
export function sessionIn(text: string): Session | undefined {
  try {
    const s = JSON.parse(text) as Session | null;
    return s && typeof s.accessToken === "string" && typeof s.user?.id === "string" ? s : undefined;
  } catch {
    return undefined;
  }
}
