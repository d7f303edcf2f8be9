import type { Channel, ChannelMessage, Member } from "../channel.js";
import type { BasaltError } from "../error.js";
import { type Store } from "./store.js";
export interface Presence<T, S> {
    members: Member<S>[];
    /** The newest messages, with earlier ones; at most `keep`. */
    messages: ChannelMessage<T>[];
    error?: BasaltError;
    /** Changes what others see of the caller. */
    update(state: S): Promise<void>;
    publish(data: T): Promise<void>;
}
/** The members and messages of a channel. With a state the caller is a member, too. */
export declare function presence<T = unknown, S = unknown>(channel: Channel<T, S>, state?: S, options?: {
    keep?: number;
}): Store<Presence<T, S>>;
