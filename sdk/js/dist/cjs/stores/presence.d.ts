import type { Channel, ChannelMessage, Member } from "../channel.js";
import type { BasaltError } from "../error.js";
import { type Store } from "./store.js";
export interface Presence<T, S> {
    members: Member<S>[];
    /** The newest messages, those of before among them; at most `keep`. */
    messages: ChannelMessage<T>[];
    error?: BasaltError;
    /** Changes what others see of the caller. */
    update(state: S): Promise<void>;
    publish(data: T): Promise<void>;
}
/** Who is in a channel, and what is said there. With a state the caller is there, too. */
export declare function presence<T = unknown, S = unknown>(channel: Channel<T, S>, state?: S, options?: {
    keep?: number;
}): Store<Presence<T, S>>;
