import { useRef, useState } from "react";
import type { Collection, Doc, Model } from "@basalt-dev/client";
import { mutation, uploads, type MutationState, type UploadState } from "@basalt-dev/client/stores";
import { useStore } from "./shared.js";

/** A write, or any other call: whether it is under way, and how it has ended. */
export function useMutation<A extends unknown[], R>(action: (...args: A) => Promise<R>): MutationState<A, R> {
  const latest = useRef(action);
  latest.current = action;
  const [store] = useState(() => mutation((...args: A) => latest.current(...args)));
  return useStore(store);
}

/** Uploads to a collection of files. */
export function useUpload<T extends object, M extends Model>(collection: Collection<T, M>): UploadState<Doc<T>, M["new"]> {
  const latest = useRef(collection);
  latest.current = collection;
  const [store] = useState(() => uploads(() => latest.current));
  return useStore(store);
}
