import { BasaltError } from "./http.js";
import type { Dates } from "./dates.js";
import { matches, own, sorter, type Fields } from "./local.js";
import type { Outbox } from "./outbox.js";
import type { Message, Realtime } from "./realtime.js";

/** What has become of one document since the snapshot before. */
export interface DocChange<D> {
  type: "added" | "modified" | "removed";
  key: string;
  doc: D;
  /** Its place before, -1 when it is added; and its place now, -1 when it is removed. */
  oldIndex: number;
  newIndex: number;
}

/** What a live query shows at a moment. */
export interface Snapshot<D> {
  docs: D[];
  /** The ids, in the order of docs. */
  keys: string[];
  /** The number of documents over all pages, when withCount was called. */
  total?: number;
  /** Whether something in it waits for the server to confirm it. */
  hasPendingWrites: boolean;
  /** Whether the connection is there. Without it, this is what was known last. */
  connected: boolean;
  /** What has changed since the snapshot before. */
  docChanges(): DocChange<D>[];
}

/** What a live query asks for. */
export interface Ask {
  collection: string;
  query?: Fields & { where?: Fields; filter?: string; sort?: string[]; limit?: number; after?: string; select?: string[]; expand?: string[] };
  aggregate?: Fields;
  key?: string;
}

interface State {
  keys: string[];
  docs: Map<string, Fields>;
  total?: number;
}

/** Brings a state up to date with a message. */
function advance(state: State, m: Message): void {
  if (m.total !== undefined) state.total = m.total;
  if (m.event === "snapshot") {
    state.keys = m.keys ?? m.items!.map((_, i) => String(i));
    state.docs = new Map(state.keys.map((key, i) => [key, m.items![i] as Fields]));
    return;
  }
  if (m.event !== "change") return;
  const key = m.key!;
  const at = state.keys.indexOf(key);
  if (at >= 0) state.keys.splice(at, 1);
  if (m.type === "removed") {
    state.docs.delete(key);
    return;
  }
  state.keys.splice(m.index!, 0, key);
  state.docs.set(key, m.doc as Fields);
}

/** What a live query goes through. */
export interface Through {
  realtime: Realtime;
  outbox?: Outbox;
  dates?: Dates;
}

/** Keeps a live query and calls back with each state of it. Returns a function that ends it. */
export function listen<D>(
  { realtime, outbox, dates }: Through, ask: Ask, next: (s: Snapshot<D>) => void, failed: (e: BasaltError) => void,
): () => void {
  const state: State = { keys: [], docs: new Map() };
  let known = false, ended = false, queued = false, connected = false, resume: string | undefined;
  let shown: { keys: string[]; docs: D[] } = { keys: [], docs: [] };
  let step: Message[] = []; // what has come of a step that is not whole

  const show = (): void => {
    queued = false;
    if (ended || !known) return;
    const before = shown;
    const view = withWrites(state, outbox, ask);
    shown = { keys: view.keys, docs: view.keys.map((key) => view.docs.get(key) as D).map((doc) => (dates ? dates.of(ask.collection, doc) : doc)) };
    const after = shown;
    next({
      docs: after.docs, keys: after.keys, total: state.total, connected,
      hasPendingWrites: outbox !== undefined && after.keys.some((key) => outbox.isPending(ask.collection, key)),
      docChanges: () => changes(before, after),
    });
  };
  const soon = (): void => {
    if (queued) return;
    queued = true;
    queueMicrotask(show);
  };

  const leave = realtime.subscribe({
    ask: () => ({ ...ask, resume }),
    message: (last) => {
      step.push(last);
      if (last.more) return;
      const whole = step;
      step = [];
      if (last.resume) resume = last.resume;
      for (const m of whole) {
        if (m.event === "change") outbox?.received(ask.collection, m.key!);
        if (m.event === "snapshot") for (const key of m.keys ?? []) outbox?.received(ask.collection, key);
        advance(state, m);
        known = known || m.event === "snapshot";
      }
      connected = true;
      soon();
    },
    refused: (error) => {
      ended = true;
      quiet?.();
      failed(error);
    },
    reset: () => {
      // Another user is signed in, and must not see what was there for the one before.
      resume = undefined;
      step = [];
      connected = false;
      Object.assign(state, { keys: [], docs: new Map(), total: undefined });
      soon();
    },
    connected: (is) => {
      step = []; // what is missing of it comes again, after the newest whole one
      if (!is && connected) soon();
      if (!is) connected = false;
    },
  });
  const quiet = ask.aggregate ? undefined : outbox?.onChange((collection) => {
    if (collection === ask.collection) soon();
  });
  return () => {
    ended = true;
    quiet?.();
    leave();
  };
}

/** What is shown: what the server has said, with the writes that it has not confirmed. */
function withWrites(state: State, outbox: Outbox | undefined, ask: Ask): State {
  if (!outbox || ask.aggregate) return { ...state, keys: [...state.keys] };
  const overlay = outbox.overlay(ask.collection, (key) => state.docs.get(key));
  if (overlay.size === 0) return { ...state, keys: [...state.keys] };
  const keys = [...state.keys], docs = new Map(state.docs);
  const q = ask.query ?? {};
  const order = sorter(q.sort ?? []);
  for (const [key, doc] of overlay) {
    const at = keys.indexOf(key);
    const belongs = doc !== undefined && (ask.key !== undefined ? ask.key === key : matches(doc, q.where) && (at >= 0 || q.filter === undefined));
    if (!belongs) {
      if (at >= 0) keys.splice(at, 1);
      docs.delete(key);
      continue;
    }
    const selected = q.select ? Object.fromEntries(q.select.map((name) => [name, own(doc, name) ?? null])) : doc;
    docs.set(key, { ...selected, ...(docs.get(key)?.["expand"] ? { expand: docs.get(key)!["expand"] } : {}) });
    if (at >= 0) keys.splice(at, 1);
    let place = keys.findIndex((other) => order(doc, docs.get(other)!) < 0);
    if (place < 0) place = keys.length;
    if (at >= 0 && q.select) place = at; // what it is ordered by may not be there
    keys.splice(place, 0, key);
  }
  const most = q.limit ?? 50;
  return { keys: keys.length > most ? keys.slice(0, most) : keys, docs, total: state.total };
}

function changes<D>(before: { keys: string[]; docs: D[] }, after: { keys: string[]; docs: D[] }): DocChange<D>[] {
  const old = new Map(before.keys.map((key, i) => [key, i]));
  const now = new Set(after.keys);
  const out: DocChange<D>[] = [];
  before.keys.forEach((key, i) => {
    if (!now.has(key)) out.push({ type: "removed", key, doc: before.docs[i]!, oldIndex: i, newIndex: -1 });
  });
  after.keys.forEach((key, i) => {
    const was = old.get(key);
    if (was === undefined) out.push({ type: "added", key, doc: after.docs[i]!, oldIndex: -1, newIndex: i });
    else if (before.docs[was] !== after.docs[i]) out.push({ type: "modified", key, doc: after.docs[i]!, oldIndex: was, newIndex: i });
  });
  return out;
}

/** Turns callbacks into an async iterable. Of states that were not taken yet, the newest is kept. */
export async function* iterate<S>(begin: (next: (s: S) => void, failed: (e: BasaltError) => void) => () => void): AsyncGenerator<S> {
  let newest: { value: S } | undefined, error: BasaltError | undefined, wake: () => void = () => undefined;
  const end = begin((value) => { newest = { value }; wake(); }, (e) => { error = e; wake(); });
  try {
    for (;;) {
      if (newest) {
        const { value } = newest;
        newest = undefined;
        yield value;
      } else if (error) {
        throw error;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    end();
  }
}
