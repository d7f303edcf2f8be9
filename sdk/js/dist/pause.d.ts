import type { Signal } from "./platform.js";
/**
 * Holds the uploads that it is given to: `upload(file, { pause })`. One that is under way in pieces stops at once and goes on
 * where it was, one that has not begun waits, and a small one that is on its way arrives.
 */
export declare class Pause {
    private readonly listeners;
    private on;
    get paused(): boolean;
    pause(): void;
    resume(): void;
    /** Calls back when it is paused, and when it is resumed. Returns a function that unsubscribes. */
    onChange(listener: () => void): () => void;
    /** Waits until it is resumed, or a signal ends the waiting. */
    over(signal?: Signal): Promise<void>;
    private set;
}
