import { useMemo } from "react";
import type { Auth, Outbox } from "@basalt-dev/client";
import { currentUser, waitingWrites, type OutboxState, type UserState } from "@basalt-dev/client/stores";
import { useStore } from "./shared.js";

/** Who is signed in. */
export function useUser(auth: Auth): UserState {
  return useStore(useMemo(() => currentUser(auth), [auth]));
}

/** The writes that wait for the server: of a client that was made with `optimistic`; without it there are none. */
export function useOutbox(outbox: Outbox | undefined): OutboxState {
  return useStore(useMemo(() => waitingWrites(outbox), [outbox]));
}
