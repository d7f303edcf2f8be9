import type { Auth, Channel, Outbox } from "@basalt-dev/client";
import { currentUser, presence, waitingWrites, type OutboxState, type Presence, type UserState } from "@basalt-dev/client/stores";
import { toValue } from "vue";
import { refs, useStore, type Given, type Refs } from "./shared.js";

export type UserRefs = Refs<UserState, "user" | "loading">;

/** Who is signed in. */
export function useUser(auth: Auth): UserRefs {
  return refs(useStore(() => currentUser(auth)), "user", "loading");
}

export type OutboxRefs = Refs<OutboxState, "pending" | "refusals"> & Pick<OutboxState, "dismiss">;

/** The writes that wait for the server: of a client that was made with `optimistic`; without it there are none. */
export function useOutbox(outbox: Outbox | undefined): OutboxRefs {
  const state = useStore(() => waitingWrites(outbox));
  return { ...refs(state, "pending", "refusals"), dismiss: (refusal) => state.value.dismiss(refusal) };
}

export type PresenceRefs<T, S> = Refs<Presence<T, S>, "members" | "messages" | "error"> & Pick<Presence<T, S>, "update" | "publish">;

/** The members and messages of a channel, while the component is shown. With a state the caller is a member, too. */
export function usePresence<T = unknown, S = unknown>(channel: Given<Channel<T, S>>, state?: S, options: { keep?: number } = {}): PresenceRefs<T, S> {
  const of = (): { realtime: object; name: string } => toValue(channel) as unknown as { realtime: object; name: string };
  const now = useStore(() => presence(toValue(channel), state, options), [() => of().realtime, () => of().name]);
  return { ...refs(now, "members", "messages", "error"), update: (next) => now.value.update(next), publish: (data) => now.value.publish(data) };
}
