import type { Entries } from "./entries.js";
import type { Http } from "./http.js";
import type { Uploads } from "./upload.js";
/** Sends what waits in an outbox, one after the other: writes, and files beside them. With `offline`, it is sent until the server says something of it. */
export declare class Lanes {
    private readonly http;
    private readonly sender;
    private readonly offline;
    private readonly waiting;
    private readonly all;
    constructor(http: Http, sender: Uploads, offline: boolean, waiting: Entries);
    /** Sends what is ready. */
    send(): void;
    /** Sends what has failed without waiting longer. */
    now(): void;
    /** Forgets what has failed, as of another user. */
    restart(): void;
    private wake;
    private sendAll;
    /** What a lane sends next: the first that needs no document which still waits. */
    private ready;
    /** Sends a write, and a file in one tab at a time. False means that it has to wait. */
    private inTurn;
    /** Sends a file, unless another tab that shows it, too, has sent it, given it up or paused it. */
    private sendHere;
    /** Sends a write. False means that it has to wait. */
    private sendOne;
    private sendFile;
    /** Whether a write that has failed is sent again: unless the server has refused it. */
    private waits;
    /** Sends what waits after a while that grows. */
    private later;
}
