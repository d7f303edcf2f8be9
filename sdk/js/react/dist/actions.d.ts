import type { Collection, Doc, Model } from "@basalt-dev/client";
import { type MutationState, type UploadState } from "@basalt-dev/client/stores";
/** A write, or any other call: whether it is under way, and how it has ended. */
export declare function useMutation<A extends unknown[], R>(action: (...args: A) => Promise<R>): MutationState<A, R>;
/** Uploads to a collection of files. */
export declare function useUpload<T extends object, M extends Model>(collection: Collection<T, M>): UploadState<Doc<T>, M["new"]>;
