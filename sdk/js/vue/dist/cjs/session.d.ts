import type { Auth, Channel, Outbox } from "@basalt-dev/client";
import { type OutboxState, type Presence, type UserState } from "@basalt-dev/client/stores";
import { type Given, type Refs } from "./shared.js";
export type UserRefs = Refs<UserState, "user" | "loading">;
/** Who is signed in. */
export declare function useUser(auth: Auth): UserRefs;
export type OutboxRefs = Refs<OutboxState, "pending" | "refusals"> & Pick<OutboxState, "dismiss">;
/** The writes that wait for the server: of a client that was made with `optimistic`; without it there are none. */
export declare function useOutbox(outbox: Outbox | undefined): OutboxRefs;
export type PresenceRefs<T, S> = Refs<Presence<T, S>, "members" | "messages" | "error"> & Pick<Presence<T, S>, "update" | "publish">;
/** The members and messages of a channel, while the component is shown. With a state the caller is a member, too. */
export declare function usePresence<T = unknown, S = unknown>(channel: Given<Channel<T, S>>, state?: S, options?: {
    keep?: number;
}): PresenceRefs<T, S>;
