import type { Auth, Outbox } from "@basalt-dev/client";
import { type OutboxState, type UserState } from "@basalt-dev/client/stores";
/** Who is signed in. */
export declare function useUser(auth: Auth): UserState;
/** The writes that wait for the server: of a client that was made with `optimistic`; without it there are none. */
export declare function useOutbox(outbox: Outbox | undefined): OutboxState;
