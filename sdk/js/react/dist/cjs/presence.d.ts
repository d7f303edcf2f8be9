import type { Channel } from "@basalt-dev/client";
import { type Presence } from "@basalt-dev/client/stores";
/** The members and messages of a channel, while the component is shown. With a state the caller is a member, too. */
export declare function usePresence<T = unknown, S = unknown>(channel: Channel<T, S>, state?: S, options?: {
    keep?: number;
}): Presence<T, S>;
