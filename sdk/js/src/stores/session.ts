import type { Auth } from "../auth.js";
import type { Outbox, Refusal } from "../outbox.js";
import type { User } from "../session.js";
import { State, type Store } from "./store.js";

export interface UserState {
  /** Null when no one is signed in. */
  user: User | null;
  /** Whether it is not known yet who is signed in. */
  loading: boolean;
}

/** Who is signed in. */
export function currentUser(auth: Auth): Store<UserState> {
  let known = false;
  const now = (): UserState => ({ user: auth.user, loading: auth.user === null && !known });
  return new State(now, (set) => {
    let over = false;
    const show = (): void => {
      if (!over) set(now());
    };
    void auth.ready.then(() => {
      known = true;
      show();
    });
    const end = auth.onChange(show);
    return () => {
      over = true;
      end();
    };
  });
}

export interface OutboxState {
  /** How many writes the server has not confirmed. */
  pending: number;
  /** The writes that it has refused after they were shown, since this is shown; the newest last. */
  refusals: readonly Refusal[];
  /** Takes a refusal from the list, or all of them. */
  dismiss(refusal?: Refusal): void;
}

/** The writes that wait for the server: of a client that was made with `optimistic`; without it there are none. */
export function waitingWrites(outbox: Outbox | undefined): Store<OutboxState> {
  return new State<OutboxState>(() => ({ pending: outbox?.pending ?? 0, refusals: [], dismiss: () => undefined }), (set) => {
    let refusals: readonly Refusal[] = [];
    const show = (): void => set({ pending: outbox?.pending ?? 0, refusals: refusals.filter((r) => outbox?.isMine(r.mutation)), dismiss }); // not of the user before
    const dismiss = (refusal?: Refusal): void => {
      refusals = refusal ? refusals.filter((r) => r !== refusal) : [];
      show();
    };
    const ends = [outbox?.onChange(show), outbox?.onRefused((r) => {
      refusals = [...refusals, r];
      show();
    })];
    show();
    return () => ends.forEach((end) => end?.());
  });
}
