import { toValue } from "vue";
import type { Collection, Doc, Model } from "@basalt-dev/client";
import { mutation, uploads, type MutationState, type UploadState } from "@basalt-dev/client/stores";
import { refs, useStore, type Given, type Refs } from "./shared.js";

export type MutationRefs<A extends unknown[], R> = Refs<MutationState<A, R>, "pending" | "error" | "data"> & Pick<MutationState<A, R>, "mutate" | "reset">;

/** A write, or any other call: whether it is under way, and how it has ended. */
export function useMutation<A extends unknown[], R>(action: (...args: A) => Promise<R>): MutationRefs<A, R> {
  const state = useStore(() => mutation(action));
  const { mutate, reset } = state.value;
  return { ...refs(state, "pending", "error", "data"), mutate, reset };
}

export type UploadRefs<D, N extends object> = Refs<UploadState<D, N>, "pending" | "paused" | "progress" | "error" | "doc"> & Pick<UploadState<D, N>, "upload" | "cancel" | "pause" | "resume" | "reset">;

/** Uploads to a collection of files. */
export function useUpload<T extends object, M extends Model>(collection: Given<Collection<T, M>>): UploadRefs<Doc<T>, M["new"]> {
  const state = useStore(() => uploads(() => toValue(collection)));
  const { upload, cancel, pause, resume, reset } = state.value;
  return { ...refs(state, "pending", "paused", "progress", "error", "doc"), upload, cancel, pause, resume, reset };
}
