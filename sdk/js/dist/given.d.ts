import type { Session } from "./session.js";
/** Tokens that something else gets, keeps and refreshes, such as the client of another protocol. */
export interface TokenSource {
    /**
     * A token of who is signed in, null for nobody. With `refused`, the server has refused that one, or it is about to end:
     * another is due. It fails where none can be had now, such as without a connection.
     */
    get(refused?: string): Promise<string | null>;
    /** Calls back with each other token from then on, null when nobody is signed in any more. */
    onChange(changed: (token: string | null) => void): void;
}
/** The claims of a token, undefined when it has none that can be read. Nothing says that they are true. */
export declare function claimsOf(token: string): Record<string, unknown> | undefined;
/** The session of a token, null where it names no user. */
export declare function sessionOf(token: string | null, server: string): Session | null;
