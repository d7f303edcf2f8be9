import { type Authorizer, type Http } from "./http.js";
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
/** Keeps the session and refreshes its tokens, once however many calls and tabs wait. */
export declare class Sessions implements Authorizer {
    protected readonly http: Http;
    protected session: Session | null;
    private readonly storage;
    private readonly listeners;
    protected readonly loaded: Promise<void>;
    private refreshing;
    constructor(http: Http, storage?: TokenStorage);
    /** The user who is signed in, null when nobody is. Not known before `ready`. */
    get user(): User | null;
    /** Resolves when the stored session has been read. */
    get ready(): Promise<void>;
    /** Calls back with the user now, as soon as that is known, and at every change. Returns the end of it. */
    onChange(listener: (user: User | null) => void): () => void;
    /** The token to send, refreshed when it is about to end. */
    token(): Promise<string | undefined>;
    /** Refreshes after a token was refused. */
    refused(token: string): Promise<string | undefined>;
    /** Gets new tokens. Null means that the session has ended. */
    refresh(): Promise<Session | null>;
    /** Refreshes in one tab at a time: the others find the new tokens in the storage. */
    private refreshOnce;
    private refreshAlone;
    /** Sends the refresh token. */
    private renew;
    protected opened(body: unknown): Promise<User>;
    private load;
    protected keep(session: Session | null): Promise<void>;
    private tell;
    private followOtherTabs;
}
