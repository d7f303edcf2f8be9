import { useEffect, useMemo, useRef, useState } from "react";
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
