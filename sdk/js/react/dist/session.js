import { useMemo } from "react";
import { currentUser, waitingWrites } from "@basalt-dev/client/stores";
import { useStore } from "./shared.js";
/** Who is signed in. */
export function useUser(auth) {
    return useStore(useMemo(() => currentUser(auth), [auth]));
}
/** The writes that wait for the server: of a client that was made with `optimistic`; without it there are none. */
export function useOutbox(outbox) {
    return useStore(useMemo(() => waitingWrites(outbox), [outbox]));
}
