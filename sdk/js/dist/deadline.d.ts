import { BasaltError } from "./error.js";
import type { Signal } from "./platform.js";
/** Ends a call that is silent for too long, or that its caller does not want any more. */
export declare class Deadline {
    private readonly after;
    private readonly caller?;
    private readonly controller;
    private timer;
    private timedOut;
    constructor(after: number, caller?: Signal | undefined);
    /** Goes to fetch. */
    get signal(): Signal;
    /** Starts the time again: something has arrived. */
    restart(): void;
    /** Stops the time until `restart`. */
    pause(): void;
    /** The call has ended. */
    stop(): void;
    /** Waits for something of the call. Otherwise says what it means that it has failed by itself. */
    wait<T>(waited: Promise<T>, otherwise: string, status?: number): Promise<T>;
    private readonly abort;
}
/** The error of a call that was given up by its caller. */
export declare function aborted(signal: Signal): BasaltError;
/** Waits for something until the caller gives up. */
export declare function unlessAborted<T>(signal: Signal | undefined, waited: Promise<T>): Promise<T>;
