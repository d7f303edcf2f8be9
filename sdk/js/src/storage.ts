/** Keeps the session, as one text. */
export interface TokenStorage {
  get(): string | null | Promise<string | null>;
  set(value: string): void | Promise<void>;
  remove(): void | Promise<void>;
}

/** The localStorage of a browser, where there is one that may be used; memory elsewhere. */
export function defaultStorage(key: string): TokenStorage {
  try {
    const store = globalThis.window?.localStorage;
    if (store) {
      return {
        get: () => store.getItem(key),
        set: (value) => store.setItem(key, value),
        remove: () => store.removeItem(key),
      };
    }
  } catch {
    // The browser forbids it; memory it is.
  }
  return memory();
}

export function memory(): TokenStorage {
  let kept: string | null = null;
  return { get: () => kept, set: (value) => void (kept = value), remove: () => void (kept = null) };
}

/** The sessionStorage of a browser, which is of one tab, where there is one that may be used. */
export function tabStorage(key: string): TokenStorage | undefined {
  try {
    const store = globalThis.window?.sessionStorage;
    return store && {
      get: () => store.getItem(key),
      set: (value) => store.setItem(key, value),
      remove: () => store.removeItem(key),
    };
  } catch {
    return undefined; // the browser forbids it
  }
}

/**
 * A storage that never fails, and whose writes land in the order in which they were made. What cannot be kept is kept
 * in memory, and nothing older is left behind.
 */
export class SafeStorage {
  private writes: Promise<void> = Promise.resolve();
  /** What could not be written. */
  private unwritten: { value: string | null } | undefined;

  constructor(private readonly storage: TokenStorage) {}

  /** The text at once, undefined when that cannot be said: a storage may answer with promises. */
  now(): string | null | undefined {
    try {
      const value = this.storage.get();
      if (value instanceof Promise) value.catch(() => undefined);
      return typeof value === "string" ? value : undefined;
    } catch {
      return undefined;
    }
  }

  /** The text, null when there is none, and undefined when that cannot be said. */
  async read(): Promise<string | null | undefined> {
    await this.writes;
    if (this.unwritten) return this.unwritten.value;
    try {
      return (await this.storage.get()) ?? null;
    } catch {
      return undefined;
    }
  }

  write(value: string | null): Promise<void> {
    this.writes = this.writes.then(async () => {
      try {
        await (value === null ? this.storage.remove() : this.storage.set(value));
        this.unwritten = undefined;
      } catch {
        this.unwritten = { value };
        if (value !== null) await (async () => this.storage.remove())().catch(() => undefined);
      }
    });
    return this.writes;
  }
}
