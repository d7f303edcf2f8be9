import type { Collection, Doc, Model } from "../db.js";
import type { BasaltError } from "../error.js";
import type { UploadOptions } from "../files.js";
import { Pause } from "../pause.js";
import type { Content } from "../platform.js";
import { State, type Store } from "./store.js";

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

/** How calls are: those under way, and how the newest has ended. It is kept without subscribers, too: a call goes on without them. */
class Calls<A extends unknown[], R, S> {
  private running = 0;
  private newest = 0;
  private outcome: { error?: BasaltError; data?: R } = {};
  private readonly sets = new Set<(state: S) => void>();
  readonly store: Store<S>;

  constructor(private readonly action: (...args: A) => Promise<R>, private readonly view: (state: MutationState<A, R>) => S) {
    this.store = new State<S>(() => this.now(), (set) => {
      this.sets.add(set);
      set(this.now());
      return () => this.sets.delete(set);
    });
  }

  show(): void {
    for (const set of this.sets) set(this.now());
  }

  private now(): S {
    return this.view({ ...this.outcome, error: this.outcome.error, data: this.outcome.data, pending: this.running > 0, mutate: this.mutate, reset: this.reset });
  }

  private readonly mutate = async (...args: A): Promise<R | undefined> => {
    const turn = ++this.newest;
    const settle = (outcome: { error?: BasaltError; data?: R }): void => {
      this.running--;
      if (turn === this.newest) this.outcome = outcome;
      this.show();
    };
    this.running++;
    this.outcome = {};
    this.show();
    try {
      const data = await this.action(...args);
      settle({ data });
      return data;
    } catch (error) {
      settle({ error: error as BasaltError });
      return undefined;
    }
  };

  private readonly reset = (): void => {
    this.newest++;
    this.outcome = {};
    this.show();
  };
}

/** A write, or any other call: whether it is under way, and how it has ended. */
export function mutation<A extends unknown[], R>(action: (...args: A) => Promise<R>): Store<MutationState<A, R>> {
  return new Calls<A, R, MutationState<A, R>>(action, (state) => state).store;
}

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
  progress: { sent: number; total: number } | null;
  error?: BasaltError;
  /** The document of the newest upload. */
  doc?: D;
  reset(): void;
}

/** Uploads to a collection of files. */
export function uploads<T extends object, M extends Model>(collection: () => Collection<T, M>): Store<UploadState<Doc<T>, M["new"]>> {
  let progress: { sent: number; total: number } | null = null;
  let newest: AbortController | undefined;
  const running = new Set<AbortController>();
  const holding = new Pause();
  const action = async (file: Content, options: UploadOptions<M["new"]> = {}): Promise<Doc<T> | undefined> => {
    const stop = new AbortController();
    const { signal, onProgress } = options;
    const abort = (): void => stop.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    running.add(stop);
    newest = stop;
    const show = (p: { sent: number; total: number }): void => {
      if (newest === stop) {
        progress = p;
        calls.show();
      }
      onProgress?.(p);
    };
    const to = collection();
    try {
      return await to.upload(file, { pause: holding, ...options, signal: stop.signal, onProgress: show });
    } catch (error) {
      if (stop.signal.aborted) { // as was asked for
        void to.cancelUpload(file, options).catch(() => undefined); // it expires
        return undefined;
      }
      throw error;
    } finally {
      running.delete(stop);
      if (running.size === 0) holding.resume(); // there is nothing to hold
      signal?.removeEventListener("abort", abort);
    }
  };
  const cancel = (): void => {
    for (const stop of running) stop.abort();
  };
  const resume = (): void => holding.resume();
  const pause = (): void => {
    if (running.size > 0) holding.pause();
  };
  holding.onChange(() => calls.show());
  const calls: Calls<[Content, UploadOptions<M["new"]>?], Doc<T> | undefined, UploadState<Doc<T>, M["new"]>> = new Calls(action, ({ mutate, pending, error, data, reset }): UploadState<Doc<T>, M["new"]> => ({
    upload: mutate, cancel, pause, resume, paused: holding.paused, pending, progress, error, doc: data,
    reset: () => {
      newest = undefined;
      progress = null;
      reset();
    },
  }));
  return calls.store;
}
