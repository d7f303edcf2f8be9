import { type Authorizer, type Http } from "./http.js";
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
/** Signing up, in and out. Tokens are refreshed by themselves, once however many calls wait. */
export declare class Auth implements Authorizer {
    private readonly http;
    private session;
    private readonly storage;
    private readonly listeners;
    private readonly loaded;
    private refreshing;
    constructor(http: Http, storage?: TokenStorage);
    /** The user who is signed in, null when nobody is. Not known before `ready`. */
    get user(): User | null;
    /** Resolves when the stored session has been read. */
    get ready(): Promise<void>;
    signUp(email: string, password: string): Promise<User>;
    signIn(email: string, password: string): Promise<User>;
    /** Ends the session here and on the server. Offline it ends here all the same. */
    signOut(): Promise<void>;
    /** Asks the server who is signed in. */
    getUser(): Promise<User>;
    /** Changes the address or the password. */
    updateUser(change: {
        email?: string;
        password?: string;
        currentPassword: string;
    }): Promise<User>;
    /** Calls back with the user now, as soon as that is known, and at every change. Returns the end of it. */
    onChange(listener: (user: User | null) => void): () => void;
    /** The token to send, refreshed when it is about to end. */
    token(): Promise<string | undefined>;
    /** Refreshes after a token was refused. */
    refused(token: string): Promise<string | undefined>;
    /** Gets new tokens. Null means that the session has ended. */
    refresh(): Promise<Session | null>;
    private refreshOnce;
    private open;
    private load;
    private keep;
    private tell;
    private followOtherTabs;
}
