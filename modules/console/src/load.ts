import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** What a page asks for: the same object as long as its inputs are the same. */
interface Question {
  inputs: unknown[];
}

const same = (a: unknown[], b: unknown[]): boolean => a.length === b.length && a.every((one, n) => Object.is(one, b[n]));

/** The question that the page asks now; there is none of these inputs any more once it has left. */
function useQuestion(inputs: unknown[]): { current: Question } {
  const now = useRef<Question>({ inputs });
  if (!same(now.current.inputs, inputs)) now.current = { inputs };
  useEffect(() => () => {
    now.current = { inputs: [] };
  }, []);
  return now;
}

/**
 * Tells an answer that comes too late. It is called when something is asked, and what it returns when the answer is there:
 * false if the page was left meanwhile, or one of the inputs is another one.
 */
export function useAsked(inputs: unknown[] = []): () => () => boolean {
  const now = useQuestion(inputs);
  return () => {
    const mine = now.current;
    return () => now.current === mine;
  };
}

/** The same, where the answer leads somewhere: another address counts before its page is drawn. */
export function sameAddress(still: () => boolean): () => boolean {
  const at = location.hash;
  return () => still() && location.hash === at;
}

/** Does something again and again, while the page is looked at. */
export function useEvery(ms: number, act: () => void, on = true): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    if (!on) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && latest.current(), ms);
    return () => clearInterval(timer);
  }, [ms, on]);
}

/** Does something a moment after it was asked for last: what is typed is looked for when the typing stops. */
export function useDelayed<T>(act: (value: T) => void): (value: T, wait?: number) => void {
  const latest = useRef(act);
  latest.current = act;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []); // else it would lead back here
  return (value, wait = 300) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => latest.current(value), wait);
  };
}

interface Options {
  /** What was loaded for other inputs stays until there is an answer for these; busy says that it is not yet what was asked for. */
  keep?: boolean;
  /** How often it is asked for again, in milliseconds, while the page is looked at. */
  every?: number;
  /** How long it is waited before it is asked for when there is something to show already, in milliseconds. */
  wait?: number;
}

interface State<T> {
  of?: Question;
  turn?: number;
  value?: T;
  error?: unknown;
}

export interface Loaded<T> extends Pick<State<T>, "value" | "error"> {
  /** Whether the answer is still to come. */
  busy: boolean;
  reload: () => void;
  /**
   * Asks for what goes with the value, such as the next page, and puts both together. What is under way by the same name is
   * not asked for twice. Where into returns nothing, the two do not go together, and all is asked for anew.
   */
  extend: <U>(name: string, ask: (value: T) => Promise<U>, into: (value: T, more: U) => T | undefined, failed?: (error: unknown) => void) => void;
}

/**
 * Loads something, and again when one of the inputs changes. All that a page shows of the server comes through here or is held
 * against useAsked, so that no answer is shown for inputs that it was not asked for with.
 */
export function useLoad<T>(load: () => Promise<T>, inputs: unknown[], { keep = false, every = 0, wait = 0 }: Options = {}): Loaded<T> {
  const [state, set] = useState<State<T>>({});
  const [turn, again] = useState(0);
  const now = useQuestion(inputs);
  const question = now.current;
  const latest = useRef({ state, turn });
  latest.current = { state, turn };
  const underWay = useRef(new Map<string, object>());
  const reload = (): void => again((n) => n + 1);
  const current = (): boolean => now.current === question && latest.current.turn === turn;

  useEffect(() => {
    let asking = false;
    const ask = (polled: boolean): void => {
      asking = true;
      load().then(
        (value) => current() && set({ of: question, turn, value }),
        (error: unknown) => current() && set((was) => ({ of: question, turn, error, value: polled ? was.value : undefined })),
      ).finally(() => { asking = false; });
    };
    const first = wait > 0 && latest.current.state.value !== undefined ? setTimeout(ask, wait, false) : void ask(false);
    const timer = every > 0 ? setInterval(() => !asking && document.visibilityState === "visible" && ask(true), every) : undefined;
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [question, turn]);

  const extend: Loaded<T>["extend"] = (name, ask, into, failed) => {
    const { of, turn: loaded, value } = latest.current.state;
    if (of !== question || loaded !== turn || value === undefined || underWay.current.has(name)) return;
    const mine = {};
    underWay.current.set(name, mine);
    ask(value).then((more) => {
      if (!current()) return;
      const whole = into(latest.current.state.value!, more);
      if (whole === undefined) reload();
      else if (whole !== latest.current.state.value || latest.current.state.error !== undefined) set({ of: question, turn, value: whole });
    }, (error: unknown) => current() && (failed ? failed(error) : set((was) => ({ ...was, error })))).finally(() => {
      if (underWay.current.get(name) === mine) underWay.current.delete(name);
    });
  };
  useLayoutEffect(() => () => underWay.current.clear(), [question, turn]);

  const mine = state.of === question;
  return { ...(mine || keep ? { value: state.value, error: state.error } : {}), busy: !mine || state.turn !== turn, reload, extend };
}
