/** How long a member may be silent about an entry before another one gets it, and how long to wait for more, in ms. */
export const handleTime = 10_000;
export const fetchTime = 1000;
/** How long to wait after an attempt has failed, in ms. */
export const backoff = (attempt) => Math.min(1000 * 2 ** (attempt - 1), handleTime);
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
/** Runs f, and calls beat again and again until it is done. */
export async function whileHandled(f, beat) {
    const timer = setInterval(beat, handleTime / 4);
    try {
        await f();
    }
    finally {
        clearInterval(timer);
    }
}
/** Calls fetch again and again, with how much can be handled now; what it begins runs beside it. */
export class Member {
    most;
    log;
    stopping = false;
    running = new Set();
    constructor(most, log) {
        this.most = most;
        this.log = log;
    }
    begin(f) {
        const one = f().catch((error) => this.log("handling a message", error)).finally(() => this.running.delete(one));
        this.running.add(one);
    }
    /** Resolves when one more can be handled. */
    async room() {
        while (this.running.size >= this.most)
            await Promise.race(this.running);
    }
    /** Resolves when all that has begun is done. */
    async finished() {
        await Promise.all(this.running);
    }
    /** Returns what stops it, and waits for what has begun. */
    run(what, fetch) {
        const loop = (async () => {
            let logged = false;
            while (!this.stopping) {
                await this.room();
                try {
                    await fetch(this.most - this.running.size);
                    logged = false;
                }
                catch (error) {
                    if (!logged)
                        this.log(`${what}; it is tried again`, error);
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
