import type { Collection, Doc, Model } from "../db.js";
import type { BasaltError } from "../error.js";
import type { UploadOptions } from "../files.js";
import type { Content } from "../platform.js";
import { type Store } from "./store.js";
export interface MutationState<A extends unknown[], R> {
    /** Runs it. It never rejects: undefined means that it has failed, and `error` says why. */
    mutate(...args: A): Promise<R | undefined>;
    /** Whether a call is under way. */
    pending: boolean;
    /** Why the newest call has failed. */
    error?: BasaltError;
    /** What the newest call has returned. */
    data?: R;
    /** Forgets the error and the result. */
    reset(): void;
}
/** A write, or any other call: whether it is under way, and how it has ended. */
export declare function mutation<A extends unknown[], R>(action: (...args: A) => Promise<R>): Store<MutationState<A, R>>;
export interface UploadState<D, N extends object> {
    /** Stores a file. It never rejects: undefined means that it has failed or was cancelled. */
    upload(file: Content, options?: UploadOptions<N>): Promise<D | undefined>;
    /** Gives up what is under way. It goes on when the component is gone, unless this was called. */
    cancel(): void;
    /** Pauses what is under way, until resume. Small files that are being sent arrive. */
    pause(): void;
    resume(): void;
    /** Whether it is paused. What is started meanwhile waits, too. */
    paused: boolean;
    pending: boolean;
    /** How far the newest upload is, in bytes; null before the first. */
    progress: {
        sent: number;
        total: number;
    } | null;
    error?: BasaltError;
    /** The document of the newest upload. */
    doc?: D;
    reset(): void;
}
/** Uploads to a collection of files. */
export declare function uploads<T extends object, M extends Model>(collection: () => Collection<T, M>): Store<UploadState<Doc<T>, M["new"]>>;
