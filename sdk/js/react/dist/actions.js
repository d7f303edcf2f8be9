import { useRef, useState } from "react";
import { mutation, uploads } from "@basalt-dev/client/stores";
import { useStore } from "./shared.js";
/** A write, or any other call: whether it is under way, and how it has ended. */
export function useMutation(action) {
    const latest = useRef(action);
    latest.current = action;
    const [store] = useState(() => mutation((...args) => latest.current(...args)));
    return useStore(store);
}
/** Uploads to a collection of files. */
export function useUpload(collection) {
    const latest = useRef(collection);
    latest.current = collection;
    const [store] = useState(() => uploads(() => latest.current));
    return useStore(store);
}
