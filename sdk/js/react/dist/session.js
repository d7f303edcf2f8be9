import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
/** Who is signed in. */
export function useUser(auth) {
    const subscribe = useCallback((changed) => auth.onChange(changed), [auth]);
    const user = useSyncExternalStore(subscribe, () => auth.user, () => null);
    const [ready, setReady] = useState();
    useEffect(() => {
        let gone = false;
        void auth.ready.then(() => {
            if (!gone)
                setReady(auth);
        });
        return () => {
            gone = true;
        };
    }, [auth]);
    return { user, loading: user === null && ready !== auth };
}
const none = [];
/** The writes that wait for the server: of a client that was made with `optimistic`; without it there are none. */
export function useOutbox(outbox) {
    const subscribe = useCallback((changed) => outbox?.onChange(changed) ?? (() => undefined), [outbox]);
    const pending = useSyncExternalStore(subscribe, () => outbox?.pending ?? 0, () => 0);
    const [held, setHeld] = useState({ of: outbox, refusals: none });
    useEffect(() => {
        setHeld({ of: outbox, refusals: none });
        return outbox?.onRefused((r) => setHeld((before) => ({ of: outbox, refusals: [...(before.of === outbox ? before.refusals : none), r] })));
    }, [outbox]);
    const dismiss = useCallback((refusal) => {
        setHeld((before) => ({ of: before.of, refusals: refusal ? before.refusals.filter((r) => r !== refusal) : none }));
    }, []);
    const mine = held.of === outbox ? held.refusals.filter((r) => outbox?.isMine(r.mutation)) : none; // not of the user before
    return { pending, refusals: mine, dismiss };
}
