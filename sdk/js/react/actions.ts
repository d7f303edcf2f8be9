import { useCallback, useRef, useState } from "react";
import type { BasaltError, Collection, Content, Doc, Model, UploadOptions } from "@basalt-dev/client";

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

interface Outcome<R> {
  error?: BasaltError;
  data?: R;
}

/** A write, or any other call: whether it is under way, and how it has ended. */
export function useMutation<A extends unknown[], R>(action: (...args: A) => Promise<R>): MutationState<A, R> {
  const [running, setRunning] = useState(0);
  const [outcome, setOutcome] = useState<Outcome<R>>({});
  const latest = useRef(action);
  latest.current = action;
  const newest = useRef(0);
  const mutate = useCallback(async (...args: A): Promise<R | undefined> => {
    const turn = ++newest.current;
    const settle = (o: Outcome<R>): void => {
      setRunning((n) => n - 1);
      if (turn === newest.current) setOutcome(o);
    };
    setRunning((n) => n + 1);
    setOutcome({});
    try {
      const data = await latest.current(...args);
      settle({ data });
      return data;
    } catch (error) {
      settle({ error: error as BasaltError });
      return undefined;
    }
  }, []);
  const reset = useCallback(() => {
    newest.current++;
    setOutcome({});
  }, []);
  return { mutate, pending: running > 0, error: outcome.error, data: outcome.data, reset };
}

export interface UploadState<D, N extends object> {
  /** Stores a file. It never rejects: undefined means that it has failed or was cancelled. */
  upload(file: Content, options?: UploadOptions<N>): Promise<D | undefined>;
  /** Gives up what is under way. It goes on when the component is gone, unless this was called. */
  cancel(): void;
  pending: boolean;
  /** How far the newest upload is, in bytes; null before the first. */
  progress: { sent: number; total: number } | null;
  error?: BasaltError;
  /** The document of the newest upload. */
  doc?: D;
  reset(): void;
}

/** Uploads to a collection of files. */
export function useUpload<T extends object, M extends Model>(collection: Collection<T, M>): UploadState<Doc<T>, M["new"]> {
  const [progress, setProgress] = useState<{ sent: number; total: number } | null>(null);
  const running = useRef(new Set<AbortController>());
  const newest = useRef<AbortController | null>(null);
  const action = async (file: Content, options: UploadOptions<M["new"]> = {}): Promise<Doc<T> | undefined> => {
    const stop = new AbortController();
    const { signal, onProgress } = options;
    const abort = (): void => stop.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    running.current.add(stop);
    newest.current = stop;
    const show = (p: { sent: number; total: number }): void => {
      if (newest.current === stop) setProgress(p);
      onProgress?.(p);
    };
    try {
      return await collection.upload(file, { ...options, signal: stop.signal, onProgress: show });
    } catch (error) {
      if (stop.signal.aborted) return undefined; // as was asked for
      throw error;
    } finally {
      running.current.delete(stop);
      signal?.removeEventListener("abort", abort);
    }
  };
  const { mutate, pending, error, data, reset } = useMutation(action);
  const cancel = useCallback(() => {
    for (const stop of running.current) stop.abort();
  }, []);
  const forget = useCallback(() => {
    newest.current = null;
    setProgress(null);
    reset();
  }, [reset]);
  return { upload: mutate, cancel, pending, progress, error, doc: data, reset: forget };
}
