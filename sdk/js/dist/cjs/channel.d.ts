import type { BasaltError } from "./http.js";
import type { Realtime } from "./realtime.js";
/** A message of a channel. */
export interface ChannelMessage<T = unknown> {
    /** Its id. */
    message: string;
    /** The id of the user who sent it, undefined for an anonymous one. */
    from?: string;
    at: string;
    data: T;
}
/** A member of a channel. One user with two tabs is there twice, with two keys. */
export interface Member<S = unknown> {
    key: string;
    user?: string;
    state: S;
}
export interface ChannelListener<T, S> {
    /** A message; history is true for those that were said before. */
    message?(m: ChannelMessage<T>, history: boolean): void;
    /** Who is there now, at every change. */
    presence?(members: Member<S>[]): void;
    /** The rules do not let the caller in, any more. */
    error?(e: BasaltError): void;
}
/** A channel between clients: messages that are not stored, and who is there. */
export declare class Channel<T = unknown, S = unknown> {
    private readonly realtime;
    readonly name: string;
    constructor(realtime: Realtime, name: string);
    /** Listens, and is there with a state where one is given. Returns what leaves again, and changes the state. */
    join(listener: ChannelListener<T, S>, state?: S): {
        leave(): void;
        update(state: S): Promise<void>;
    };
    /** Sends a message to all who listen, the sender among them. */
    publish(data: T): Promise<void>;
}
