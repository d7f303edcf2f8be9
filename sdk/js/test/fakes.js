// What a browser has and Node has not, and a network that can be held up.
import { createServer } from "node:http";

/** A storage of one text, which several clients may share, as tabs do. */
export function memory() {
  let kept = null;
  return { get: () => kept, set: (v) => void (kept = v), remove: () => void (kept = null) };
}

/** A localStorage or sessionStorage, whose keys are its members. */
export function webStorage() {
  return Object.create({
    getItem(key) { return Object.hasOwn(this, key) ? this[key] : null; },
    setItem(key, value) { this[key] = String(value); },
    removeItem(key) { delete this[key]; },
  });
}

/**
 * A fetch whose answers can be held back: `hold(/refresh/)` holds the next one that matches until `release`, and
 * `asked` resolves when it is held. `answer(/todos/, f)` answers such calls by f instead of the server.
 */
export function network() {
  const holds = [], answers = [], calls = [];
  const fetcher = async (url, init) => {
    const call = `${init.method} ${url}`;
    calls.push({ call, url: String(url), ...init });
    const other = answers.find((a) => a.pattern.test(call));
    if (other) return other.answer(url, init);
    const response = await fetch(url, init);
    const at = holds.findIndex((h) => h.pattern.test(call));
    if (at >= 0) {
      const [held] = holds.splice(at, 1);
      held.arrived();
      await held.released;
    }
    return response;
  };
  return {
    fetch: fetcher,
    calls,
    hold(pattern) {
      const h = { pattern };
      h.asked = new Promise((resolve) => (h.arrived = resolve));
      h.released = new Promise((resolve) => (h.release = resolve));
      holds.push(h);
      return h;
    },
    answer(pattern, answer) {
      const a = { pattern, answer };
      answers.push(a);
      return () => answers.splice(answers.indexOf(a), 1);
    },
  };
}

export const unreachable = () => Promise.reject(new TypeError("fetch failed"));
export const page = (status = 200, headers = {}) => () =>
  Promise.resolve(new Response("<!doctype html><title>Sign in to the network</title>", { status, headers: { "Content-Type": "text/html", ...headers } }));
export const json = (body, status = 200) => () => Promise.resolve(Response.json(body, { status }));

/** Gives a test the locks that browsers have, for all clients in it, as tabs of one origin have them. */
export function locks(t) {
  const last = new Map(); // of each name, the end of whoever came last
  const request = async (name, ...rest) => {
    const run = rest.pop();
    const { signal } = rest[0] ?? {};
    const before = last.get(name);
    let end;
    last.set(name, new Promise((resolve) => (end = resolve)));
    try {
      await Promise.race([before, new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }))]);
    } catch (error) {
      void before.then(end);
      throw error;
    }
    return Promise.resolve().then(run).finally(end);
  };
  const had = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { locks: { request } }, configurable: true });
  t.after(() => had ? Object.defineProperty(globalThis, "navigator", had) : delete globalThis.navigator);
}

/** Waits until something holds. */
export async function until(what, holds) {
  for (let tries = 0; tries < 2400; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`never: ${what}`);
}

/** Starts an HTTP server of the test's own on a free port. */
export async function listening(handler) {
  const server = createServer(handler).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
