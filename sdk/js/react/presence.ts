import { useMemo } from "react";
import type { Channel } from "@basalt-dev/client";
import { presence, type Presence } from "@basalt-dev/client/stores";
import { useStore } from "./shared.js";

/** The members and messages of a channel, while the component is shown. With a state the caller is a member, too. */
export function usePresence<T = unknown, S = unknown>(channel: Channel<T, S>, state?: S, options: { keep?: number } = {}): Presence<T, S> {
  const { realtime, name } = channel as unknown as { realtime: object; name: string }; // a channel is a new object in every render
  return useStore(useMemo(() => presence(channel, state, options), [realtime, name, options.keep]));
}
