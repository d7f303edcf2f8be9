/** How workers are reached: over NATS or Redis, as package bus of the server has it. */
export interface Transport {
  /** Answers requests on a subject, which all who serve it share, until the function that it resolves with is called. */
  serve(subject: string, most: number, handle: (message: string, answer: (text: string) => Promise<void>) => Promise<void>): Promise<Stop>;
  /** Handles the entries of a stream, which the members of a group share. One whose handler fails comes again. */
  consume(stream: string, group: string, most: number, handle: (entry: Entry) => Promise<void>): Promise<Stop>;
  close(): Promise<void>;
}

export type Stop = () => Promise<void>;

export interface Entry {
  id: string;
  message: string;
  /** 1 when the group gets it for the first time. */
  attempt: number;
}

/** Logs what goes wrong in the background. */
export type Log = (what: string, error: unknown) => void;

/** How long a member may be silent about an entry before another one gets it, and how long to wait for more, in ms. */
export const handleTime = 10_000;
export const fetchTime = 1000;

/** How long to wait after an attempt has failed, in ms. */
export const backoff = (attempt: number): number => Math.min(1000 * 2 ** (attempt - 1), handleTime);

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Runs f, and calls beat again and again until it is done. */
export async function whileHandled(f: () => Promise<void>, beat: () => unknown): Promise<void> {
  const timer = setInterval(beat, handleTime / 4);
  try {
    await f();
  } finally {
    clearInterval(timer);
  }
}

/** Calls fetch again and again, with how much can be handled now; what it begins runs beside it. */
export class Member {
  private stopping = false;
  private readonly running = new Set<Promise<void>>();

  constructor(private readonly most: number, private readonly log: Log) {}

  begin(f: () => Promise<void>): void {
    const one: Promise<void> = f().catch((error: unknown) => this.log("handling a message", error)).finally(() => this.running.delete(one));
    this.running.add(one);
  }

  /** Resolves when one more can be handled. */
  async room(): Promise<void> {
    while (this.running.size >= this.most) await Promise.race(this.running);
  }

  /** Resolves when all that has begun is done. */
  async finished(): Promise<void> {
    await Promise.all(this.running);
  }

  /** Returns what stops it, and waits for what has begun. */
  run(what: string, fetch: (free: number) => Promise<void>): Stop {
    const loop = (async () => {
      let logged = false;
      while (!this.stopping) {
        await this.room();
        try {
          await fetch(this.most - this.running.size);
          logged = false;
        } catch (error) {
          if (!logged) this.log(`${what}; it is tried again`, error);
          logged = true;
          await pause(fetchTime);
        }
      }
    })();
    return async () => {
      this.stopping = true;
      await loop;
      await this.finished();
    };
  }
}
