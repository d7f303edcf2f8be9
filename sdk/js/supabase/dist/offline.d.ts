import { type Client } from "@basalt-dev/client";
/** Reads and writes of tables while the server cannot be reached. What is sent later goes through the outbox of Basalt's client. */
export declare class Offline {
    private readonly fetcher;
    private readonly tables;
    private readonly rest;
    private readonly answers;
    private native;
    private puts;
    constructor(url: string, fetcher: typeof fetch, tables: readonly string[]);
    /** Sends by a client from now on. What one user has read is gone when another one is there. */
    through(native: Client): void;
    /** The fetch of supabase-js. */
    readonly fetch: typeof fetch;
    private get user();
    /** A request for one of the tables, undefined for any other. */
    private asked;
    /**
     * Whose request it is. With a token that has ended and cannot be refreshed, supabase-js sends none; then it is that of who is
     * signed in still.
     */
    private whose;
    private read;
    private remember;
    /** Forgets all answers but the newest. */
    private forget;
    /** Puts a write into the outbox, and answers with what is known of its row. */
    private keep;
}
