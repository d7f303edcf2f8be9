import type { Channel } from "@basalt-dev/client";
import { type Presence } from "@basalt-dev/client/stores";
/** Who is in a channel, and what is said there, while the component is shown. With a state the caller is there, too. */
export declare function usePresence<T = unknown, S = unknown>(channel: Channel<T, S>, state?: S, options?: {
    keep?: number;
}): Presence<T, S>;
