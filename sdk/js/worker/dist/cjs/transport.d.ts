/** How workers are reached: over NATS or Redis, as package bus of the server has it. */
export interface Transport {
    /** Answers requests on a subject, which all who serve it share, until the function that it resolves with is called. */
    serve(subject: string, most: number, handle: (message: string, answer: (text: string) => Promise<void>) => Promise<void>): Promise<Stop>;
    /** Handles the entries of a stream, which the members of a group share. One whose handler fails comes again. */
    consume(stream: string, group: string, most: number, handle: (entry: Entry) => Promise<void>): Promise<Stop>;
    close(): Promise<void>;
}
export type Stop = () => Promise<void>;
export interface Entry {
    id: string;
    message: string;
    /** 1 when the group gets it for the first time. */
    attempt: number;
}
/** Logs what goes wrong in the background. */
export type Log = (what: string, error: unknown) => void;
/** How long a member may be silent about an entry before another one gets it, and how long to wait for more, in ms. */
export declare const handleTime = 10000;
export declare const fetchTime = 1000;
/** How long to wait after an attempt has failed, in ms. */
export declare const backoff: (attempt: number) => number;
export declare const pause: (ms: number) => Promise<void>;
/** Runs f, and calls beat again and again until it is done. */
export declare function whileHandled(f: () => Promise<void>, beat: () => unknown): Promise<void>;
/** Calls fetch again and again, with how much can be handled now; what it begins runs beside it. */
export declare class Member {
    private readonly most;
    private readonly log;
    private stopping;
    private readonly running;
    constructor(most: number, log: Log);
    begin(f: () => Promise<void>): void;
    /** Resolves when one more can be handled. */
    room(): Promise<void>;
    /** Resolves when all that has begun is done. */
    finished(): Promise<void>;
    /** Returns what stops it, and waits for what has begun. */
    run(what: string, fetch: (free: number) => Promise<void>): Stop;
}
