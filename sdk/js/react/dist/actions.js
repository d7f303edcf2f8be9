import { useCallback, useRef, useState } from "react";
/** A write, or any other call: whether it is under way, and how it has ended. */
export function useMutation(action) {
    const [running, setRunning] = useState(0);
    const [outcome, setOutcome] = useState({});
    const latest = useRef(action);
    latest.current = action;
    const newest = useRef(0);
    const mutate = useCallback(async (...args) => {
        const turn = ++newest.current;
        const settle = (o) => {
            setRunning((n) => n - 1);
            if (turn === newest.current)
                setOutcome(o);
        };
        setRunning((n) => n + 1);
        setOutcome({});
        try {
            const data = await latest.current(...args);
            settle({ data });
            return data;
        }
        catch (error) {
            settle({ error: error });
            return undefined;
        }
    }, []);
    const reset = useCallback(() => {
        newest.current++;
        setOutcome({});
    }, []);
    return { mutate, pending: running > 0, error: outcome.error, data: outcome.data, reset };
}
/** Uploads to a collection of files. */
export function useUpload(collection) {
    const [progress, setProgress] = useState(null);
    const running = useRef(new Set());
    const newest = useRef(null);
    const action = async (file, options = {}) => {
        const stop = new AbortController();
        const { signal, onProgress } = options;
        const abort = () => stop.abort(signal?.reason);
        if (signal?.aborted)
            abort();
        signal?.addEventListener("abort", abort, { once: true });
        running.current.add(stop);
        newest.current = stop;
        const show = (p) => {
            if (newest.current === stop)
                setProgress(p);
            onProgress?.(p);
        };
        try {
            return await collection.upload(file, { ...options, signal: stop.signal, onProgress: show });
        }
        catch (error) {
            if (stop.signal.aborted)
                return undefined; // as was asked for
            throw error;
        }
        finally {
            running.current.delete(stop);
            signal?.removeEventListener("abort", abort);
        }
    };
    const { mutate, pending, error, data, reset } = useMutation(action);
    const cancel = useCallback(() => {
        for (const stop of running.current)
            stop.abort();
    }, []);
    const forget = useCallback(() => {
        newest.current = null;
        setProgress(null);
        reset();
    }, [reset]);
    return { upload: mutate, cancel, pending, progress, error, doc: data, reset: forget };
}
