import { aborted } from "./deadline.js";
import type { Signal } from "./platform.js";

/** Runs f in one tab at a time, where the browser has locks. A signal ends the waiting for the others. */
export async function exclusive<T>(name: string, f: () => Promise<T>, signal?: Signal): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return f();
  let begun = false;
  const run = (): Promise<T> => {
    begun = true;
    return f();
  };
  try {
    return await (signal ? locks.request(name, { signal: signal as AbortSignal }, run) : locks.request(name, run));
  } catch (error) {
    if (begun) throw error;
    if (signal?.aborted) throw aborted(signal);
    return f(); // a page that may have no locks
  }
}
