import { toValue } from "vue";
import { mutation, uploads } from "@basalt-dev/client/stores";
import { refs, useStore } from "./shared.js";
/** A write, or any other call: whether it is under way, and how it has ended. */
export function useMutation(action) {
    const state = useStore(() => mutation(action));
    const { mutate, reset } = state.value;
    return { ...refs(state, "pending", "error", "data"), mutate, reset };
}
/** Uploads to a collection of files. */
export function useUpload(collection) {
    const state = useStore(() => uploads(() => toValue(collection)));
    const { upload, cancel, pause, resume, reset } = state.value;
    return { ...refs(state, "pending", "paused", "progress", "error", "doc"), upload, cancel, pause, resume, reset };
}
