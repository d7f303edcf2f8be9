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
/** A member of a channel. A user with two tabs is two members, with two keys. */
export interface Member<S = unknown> {
    key: string;
    user?: string;
    state: S;
}
export interface ChannelListener<T, S> {
    /** A message; history is true for those that were sent before. */
    message?(m: ChannelMessage<T>, history: boolean): void;
    /** Who is present now, at every change. */
    presence?(members: Member<S>[]): void;
    /** The rules do not allow the caller, or no longer. */
    error?(e: BasaltError): void;
}
/** A channel between clients: messages that are not stored, and presence. */
export declare class Channel<T = unknown, S = unknown> {
    private readonly realtime;
    readonly name: string;
    constructor(realtime: Realtime, name: string);
    /** Subscribes, and is present with a state where one is given. Returns a function that leaves, and one that changes the state. */
    join(listener: ChannelListener<T, S>, state?: S): {
        leave(): void;
        update(state: S): Promise<void>;
    };
    /** Sends a message to all who listen, the sender among them. */
    publish(data: T): Promise<void>;
}
