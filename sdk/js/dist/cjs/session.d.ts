import { type TokenSource } from "./given.js";
import { type Authorizer, type Http } from "./http.js";
import { type TokenStorage } from "./storage.js";
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
/** Keeps the session and refreshes its tokens, once however many calls and tabs wait. */
export declare class Sessions implements Authorizer {
    protected readonly http: Http;
    protected readonly name: string;
    private readonly tokens?;
    protected session: Session | null;
    private storage;
    private readonly listeners;
    protected readonly loaded: Promise<void>;
    private refreshing;
    /** The numbers of the newest sign-in or sign-out that was asked for, and of the one whose outcome is there. */
    private asked;
    private settled;
    /** How often the source of tokens has told of another one. */
    private heard;
    /** The name is that of all that is kept: of the server, and of the client where a page has several. */
    constructor(http: Http, storage: TokenStorage | undefined, name: string, tokens?: TokenSource | undefined);
    /** The user who is signed in, null when no one is. With a storage that answers with promises it is not known before `ready`. */
    get user(): User | null;
    /** Resolves when the stored session has been read. */
    get ready(): Promise<void>;
    /** Calls back with the user now, as soon as that is known, and at every change. Returns a function that unsubscribes. */
    onChange(listener: (user: User | null) => void): () => void;
    caller(): Promise<string | null>;
    /** The token to send, refreshed when it is about to end; while it is valid, it does without. */
    token(caller?: string | null, reads?: boolean): Promise<string | undefined>;
    /** Refreshes after a token was refused. */
    refused(token: string, caller?: string | null): Promise<string | undefined>;
    /** Gets new tokens. Null means that the session has ended. */
    refresh(): Promise<Session | null>;
    /** Refreshes in one tab at a time: the others find the new tokens in the storage. */
    private refreshOnce;
    private refreshAlone;
    /** Takes the token of the source, unless it tells of another one meanwhile. */
    private ask;
    /** Makes a token of the source the session. Of it, only whose it is is kept. */
    private take;
    /** Replaces a session by its successor, unless another one is there by now: here, or in another tab. */
    private renewed;
    /** Ends a session on the server. */
    protected end(refreshToken: string, query?: Record<string, string>): Promise<void>;
    /** Takes a number for a sign-in or sign-out: of those under way, the one that was asked for last wins. */
    protected turn(): number;
    /** Signs in with the answer to a sign-in of a turn, and returns the user. */
    protected opened(body: unknown, turn: number): Promise<User>;
    /** Keeps the outcome of a turn. */
    protected settle(turn: number, session: Session | null): Promise<void>;
    /** Changes what is known of a user, if that is who is signed in still. */
    protected amend(id: string | null, change: Partial<User>): Promise<void>;
    private sessionOf;
    /**
     * Begins to act as a user, in this tab alone: what others have kept stays. Where the code is not good any more, no one is
     * signed in here, rather than someone else than it seems.
     */
    private actAs;
    /** Reads the storage. What cannot be read, and the session of another server, change nothing. */
    private load;
    private adopt;
    protected keep(session: Session | null): Promise<void>;
    private replace;
    private followOtherTabs;
}
/** The session in a string, undefined when it has none. */
export declare function sessionIn(text: string): Session | undefined;
