/**
 * React hooks for Basalt's live queries.
 *
 *     const { docs, loading, error } = useQuery(db.collection("todos").where("done", "==", false));
 */
import { useEffect, useMemo, useRef, useState } from "react";
import type { BasaltError, Channel, ChannelMessage, Collection, Doc, DocumentReference, Member, Snapshot } from "@basalt-dev/client";

export interface QueryState<D> {
  docs: D[];
  /** The number of documents over all pages, when withCount was called. */
  total?: number;
  /** Whether the first answer is still awaited. */
  loading: boolean;
  error?: BasaltError;
  /** Whether something in it waits for the server to confirm it. */
  hasPendingWrites: boolean;
  /** Whether the connection is there. Without it, this is what was known last. */
  connected: boolean;
}

export interface DocState<D> {
  /** Null while there is none that the caller may see. */
  doc: D | null;
  loading: boolean;
  error?: BasaltError;
}

/** What is asked for: of which client, and by its whole query. It is the same in every render although the query is a new object. */
interface Asked {
  client: unknown;
  key: string;
}

const nothing: Asked = { client: undefined, key: "" };

/** Two queries that ask the same of the same client are one. */
function useAsked(query: { readonly key: string } | null | undefined): Asked {
  // What a query is asked through is no business of an app, and it is what tells two clients apart.
  const client = (query as { core?: unknown } | null | undefined)?.core;
  const key = query?.key ?? "";
  return useMemo(() => (query ? { client, key } : nothing), [client, key]);
}

const loadingQuery: QueryState<never> = { docs: [], loading: true, hasPendingWrites: false, connected: false };

/** What a query returns, kept up to date. Null asks for nothing, until there is a query. */
export function useQuery<T extends object>(query: Collection<T> | null | undefined): QueryState<Doc<T>> {
  const asked = useAsked(query);
  const [state, setState] = useState<{ asked: Asked; state: QueryState<Doc<T>> }>({ asked, state: loadingQuery });
  const latest = useRef(query);
  latest.current = query;
  useEffect(() => {
    if (!latest.current) return undefined;
    return latest.current.onSnapshot(
      (s: Snapshot<Doc<T>>) =>
        setState({ asked, state: { docs: s.docs, total: s.total, loading: false, hasPendingWrites: s.hasPendingWrites, connected: s.connected } }),
      (error) => setState({ asked, state: { ...loadingQuery, loading: false, error } }),
    );
  }, [asked]);
  return state.asked === asked ? state.state : loadingQuery; // never what another query has returned
}

/** One document, kept up to date. */
export function useDoc<T extends object>(reference: DocumentReference<T> | null | undefined): DocState<Doc<T>> {
  const asked = useAsked(reference);
  const [state, setState] = useState<{ asked: Asked; state: DocState<Doc<T>> }>({ asked, state: { doc: null, loading: true } });
  const latest = useRef(reference);
  latest.current = reference;
  useEffect(() => {
    if (!latest.current) return undefined;
    return latest.current.onSnapshot(
      (doc) => setState({ asked, state: { doc, loading: false } }),
      (error) => setState({ asked, state: { doc: null, loading: false, error } }),
    );
  }, [asked]);
  return state.asked === asked ? state.state : { doc: null, loading: true };
}

export interface Presence<T, S> {
  members: Member<S>[];
  /** The newest messages, those of before among them; at most `keep`. */
  messages: ChannelMessage<T>[];
  error?: BasaltError;
  /** Changes what others see of the caller. */
  update(state: S): Promise<void>;
  publish(data: T): Promise<void>;
}

/** Who is in a channel, and what is said there, while the component is shown. With a state the caller is there, too. */
export function usePresence<T = unknown, S = unknown>(channel: Channel<T, S>, state?: S, options: { keep?: number } = {}): Presence<T, S> {
  const keep = options.keep ?? 100;
  const [members, setMembers] = useState<Member<S>[]>([]);
  const [messages, setMessages] = useState<ChannelMessage<T>[]>([]);
  const [error, setError] = useState<BasaltError>();
  const latest = useRef({ channel, state });
  latest.current = { channel, state };
  const joined = useRef<{ leave(): void; update(state: S): Promise<void> } | null>(null);
  const { name } = channel;
  const client = (channel as unknown as { realtime: unknown }).realtime;
  useEffect(() => {
    setMessages([]);
    setError(undefined);
    const own = latest.current.channel.join(
      { message: (m) => setMessages((all) => [...all, m].slice(-keep)), presence: setMembers, error: setError },
      latest.current.state,
    );
    joined.current = own;
    return () => {
      joined.current = null;
      own.leave();
      setMembers([]);
    };
  }, [client, name, keep]);
  const actions = useMemo(() => ({
    update: async (next: S) => joined.current?.update(next),
    publish: (data: T) => latest.current.channel.publish(data),
  }), []);
  return { members, messages, error, ...actions };
}
