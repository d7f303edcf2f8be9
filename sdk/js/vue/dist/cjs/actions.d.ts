import type { Collection, Doc, Model } from "@basalt-dev/client";
import { type MutationState, type UploadState } from "@basalt-dev/client/stores";
import { type Given, type Refs } from "./shared.js";
export type MutationRefs<A extends unknown[], R> = Refs<MutationState<A, R>, "pending" | "error" | "data"> & Pick<MutationState<A, R>, "mutate" | "reset">;
/** A write, or any other call: whether it is under way, and how it has ended. */
export declare function useMutation<A extends unknown[], R>(action: (...args: A) => Promise<R>): MutationRefs<A, R>;
export type UploadRefs<D, N extends object> = Refs<UploadState<D, N>, "pending" | "paused" | "progress" | "error" | "doc"> & Pick<UploadState<D, N>, "upload" | "cancel" | "pause" | "resume" | "reset">;
/** Uploads to a collection of files. */
export declare function useUpload<T extends object, M extends Model>(collection: Given<Collection<T, M>>): UploadRefs<Doc<T>, M["new"]>;
