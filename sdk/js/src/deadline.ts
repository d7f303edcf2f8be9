import { BasaltError } from "./error.js";
import type { Signal } from "./platform.js";

/** Ends a call that is silent for too long, or that its caller does not want any more. */
export class Deadline {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private timedOut = false;

  constructor(private readonly after: number, private readonly caller?: Signal) {
    if (caller?.aborted) this.controller.abort();
    else caller?.addEventListener("abort", this.abort, { once: true });
    this.restart();
  }

  /** Goes to fetch. */
  get signal(): Signal {
    return this.controller.signal;
  }

  /** Starts the time again: something has arrived. */
  restart(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timedOut = true;
      this.controller.abort();
    }, this.after);
  }

  /** Stops the time until `restart`. */
  pause(): void {
    clearTimeout(this.timer);
  }

  /** The call has ended. */
  stop(): void {
    clearTimeout(this.timer);
    this.caller?.removeEventListener("abort", this.abort);
  }

  /** Waits for something of the call. Otherwise says what it means that it has failed by itself. */
  async wait<T>(waited: Promise<T>, otherwise: string, status = 0): Promise<T> {
    try {
      return await unlessAborted(this.signal, waited);
    } catch (cause) {
      if (this.caller?.aborted) throw aborted(this.caller);
      const [code, text] = this.timedOut ? ["timeout", `no answer within ${this.after} ms`] as const : ["network", otherwise] as const;
      throw new BasaltError(code, text, this.timedOut ? 0 : status, [], undefined, undefined, { cause });
    }
  }

  private readonly abort = (): void => this.controller.abort();
}

/** The error of a call that was given up by its caller. */
export function aborted(signal: Signal): BasaltError {
  return new BasaltError("aborted", "the call was given up", 0, [], undefined, undefined, { cause: signal.reason });
}

/** Waits for something until the caller gives up. */
export async function unlessAborted<T>(signal: Signal | undefined, waited: Promise<T>): Promise<T> {
  if (!signal) return waited;
  if (signal.aborted) {
    waited.catch(() => undefined);
    throw aborted(signal);
  }
  let abort = (): void => undefined;
  try {
    return await Promise.race([waited, new Promise<never>((_, reject) => {
      abort = () => reject(aborted(signal));
      signal.addEventListener("abort", abort, { once: true });
    })]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
