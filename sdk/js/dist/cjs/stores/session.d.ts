import type { Auth } from "../auth.js";
import type { Outbox, Refusal } from "../outbox.js";
import type { User } from "../session.js";
import { type Store } from "./store.js";
export interface UserState {
    /** Null when no one is signed in. */
    user: User | null;
    /** Whether it is not known yet who is signed in. */
    loading: boolean;
}
/** Who is signed in. */
export declare function currentUser(auth: Auth): Store<UserState>;
export interface OutboxState {
    /** How many writes the server has not confirmed. */
    pending: number;
    /** The writes that it has refused after they were shown, since this is shown; the newest last. */
    refusals: readonly Refusal[];
    /** Takes a refusal from the list, or all of them. */
    dismiss(refusal?: Refusal): void;
}
/** The writes that wait for the server: of a client that was made with `optimistic`; without it there are none. */
export declare function waitingWrites(outbox: Outbox | undefined): Store<OutboxState>;
