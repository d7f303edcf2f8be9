/**
 * React hooks for Basalt's live queries.
 *
 *     const { docs, loading, error } = useQuery(db.collection("todos").where("done", "==", false));
 */
import { useEffect, useMemo, useRef, useState } from "react";
const nothing = { client: undefined, key: "" };
/** Two queries that ask the same of the same client are one. */
function useAsked(query) {
    // What a query is asked through is no business of an app, and it is what tells two clients apart.
    const client = query?.core;
    const key = query?.key ?? "";
    return useMemo(() => (query ? { client, key } : nothing), [client, key]);
}
const loadingQuery = { docs: [], loading: true, hasPendingWrites: false, connected: false };
/** What a query returns, kept up to date. Null asks for nothing, until there is a query. */
export function useQuery(query) {
    const asked = useAsked(query);
    const [state, setState] = useState({ asked, state: loadingQuery });
    const latest = useRef(query);
    latest.current = query;
    useEffect(() => {
        if (!latest.current)
            return undefined;
        return latest.current.onSnapshot((s) => setState({ asked, state: { docs: s.docs, total: s.total, loading: false, hasPendingWrites: s.hasPendingWrites, connected: s.connected } }), (error) => setState({ asked, state: { ...loadingQuery, loading: false, error } }));
    }, [asked]);
    return state.asked === asked ? state.state : loadingQuery; // never what another query has returned
}
/** One document, kept up to date. */
export function useDoc(reference) {
    const asked = useAsked(reference);
    const [state, setState] = useState({ asked, state: { doc: null, loading: true } });
    const latest = useRef(reference);
    latest.current = reference;
    useEffect(() => {
        if (!latest.current)
            return undefined;
        return latest.current.onSnapshot((doc) => setState({ asked, state: { doc, loading: false } }), (error) => setState({ asked, state: { doc: null, loading: false, error } }));
    }, [asked]);
    return state.asked === asked ? state.state : { doc: null, loading: true };
}
/** Who is in a channel, and what is said there, while the component is shown. With a state the caller is there, too. */
export function usePresence(channel, state, options = {}) {
    const keep = options.keep ?? 100;
    const [members, setMembers] = useState([]);
    const [messages, setMessages] = useState([]);
    const [error, setError] = useState();
    const latest = useRef({ channel, state });
    latest.current = { channel, state };
    const joined = useRef(null);
    const { name } = channel;
    const client = channel.realtime;
    useEffect(() => {
        setMessages([]);
        setError(undefined);
        const own = latest.current.channel.join({ message: (m) => setMessages((all) => [...all, m].slice(-keep)), presence: setMembers, error: setError }, latest.current.state);
        joined.current = own;
        return () => {
            joined.current = null;
            own.leave();
            setMembers([]);
        };
    }, [client, name, keep]);
    const actions = useMemo(() => ({
        update: async (next) => joined.current?.update(next),
        publish: (data) => latest.current.channel.publish(data),
    }), []);
    return { members, messages, error, ...actions };
}
