import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import type { Auth, Outbox, Refusal, User } from "@basalt-dev/client";

export interface UserState {
  /** Null when no one is signed in. */
  user: User | null;
  /** Whether it is not known yet who is signed in. */
  loading: boolean;
}

/** Who is signed in. */
export function useUser(auth: Auth): UserState {
  const subscribe = useCallback((changed: () => void) => auth.onChange(changed), [auth]);
  const user = useSyncExternalStore(subscribe, () => auth.user, () => null);
  const [ready, setReady] = useState<Auth>();
  useEffect(() => {
    let gone = false;
    void auth.ready.then(() => {
      if (!gone) setReady(auth);
    });
    return () => {
      gone = true;
    };
  }, [auth]);
  return { user, loading: user === null && ready !== auth };
}

export interface OutboxState {
  /** How many writes the server has not confirmed. */
  pending: number;
  /** The writes that it has refused after they were shown, since this component is there; the newest last. */
  refusals: readonly Refusal[];
  /** Takes a refusal from the list, or all of them. */
  dismiss(refusal?: Refusal): void;
}

const none: readonly Refusal[] = [];

/** The writes that wait for the server: of a client that was made with `optimistic`; without it there are none. */
export function useOutbox(outbox: Outbox | undefined): OutboxState {
  const subscribe = useCallback((changed: () => void) => outbox?.onChange(changed) ?? (() => undefined), [outbox]);
  const pending = useSyncExternalStore(subscribe, () => outbox?.pending ?? 0, () => 0);
  const [held, setHeld] = useState<{ of: Outbox | undefined; refusals: readonly Refusal[] }>({ of: outbox, refusals: none });
  useEffect(() => {
    setHeld({ of: outbox, refusals: none });
    return outbox?.onRefused((r) => setHeld((before) => ({ of: outbox, refusals: [...(before.of === outbox ? before.refusals : none), r] })));
  }, [outbox]);
  const dismiss = useCallback((refusal?: Refusal) => {
    setHeld((before) => ({ of: before.of, refusals: refusal ? before.refusals.filter((r) => r !== refusal) : none }));
  }, []);
  const mine = held.of === outbox ? held.refusals.filter((r) => outbox?.isMine(r.mutation)) : none; // not of the user before
  return { pending, refusals: mine, dismiss };
}
