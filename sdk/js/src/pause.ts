import type { Signal } from "./platform.js";

/**
 * Holds the uploads that it is given to: `upload(file, { pause })`. One that is under way in pieces stops at once and goes on
 * where it was, one that has not begun waits, and a small one that is on its way arrives.
 */
export class Pause {
  private readonly listeners = new Set<() => void>();
  private on = false;

  get paused(): boolean {
    return this.on;
  }

  pause(): void {
    this.set(true);
  }

  resume(): void {
    this.set(false);
  }

  /** Calls back when it is paused, and when it is resumed. Returns a function that unsubscribes. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Waits until it is resumed, or a signal ends the waiting. */
  over(signal?: Signal): Promise<void> {
    if (!this.on || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        if (this.on && !signal?.aborted) return;
        end();
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const end = this.onChange(done);
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  private set(on: boolean): void {
    if (this.on === on) return;
    this.on = on;
    for (const listener of [...this.listeners]) listener();
  }
}
