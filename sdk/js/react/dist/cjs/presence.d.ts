import type { BasaltError, Channel, ChannelMessage, Member } from "@basalt-dev/client";
export interface Presence<T, S> {
    members: Member<S>[];
    /** The newest messages, those of before among them; at most `keep`. */
    messages: ChannelMessage<T>[];
    error?: BasaltError;
    /** Changes what others see of the caller. */
    update(state: S): Promise<void>;
    publish(data: T): Promise<void>;
}
/** Who is in a channel, and what is said there, while the component is shown. With a state the caller is there, too. */
export declare function usePresence<T = unknown, S = unknown>(channel: Channel<T, S>, state?: S, options?: {
    keep?: number;
}): Presence<T, S>;
