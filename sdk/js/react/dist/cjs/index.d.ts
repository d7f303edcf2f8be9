import type { BasaltError, Channel, ChannelMessage, Collection, Doc, DocumentReference, Member } from "@basalt-dev/client";
export interface QueryState<D> {
    docs: D[];
    /** The number of documents over all pages, when withCount was called. */
    total?: number;
    /** Whether the first answer is still awaited. */
    loading: boolean;
    error?: BasaltError;
    /** Whether something in it waits for the server to confirm it. */
    hasPendingWrites: boolean;
    /** Whether the connection is there. Without it, this is what was known last. */
    connected: boolean;
}
export interface DocState<D> {
    /** Null while there is none that the caller may see. */
    doc: D | null;
    loading: boolean;
    error?: BasaltError;
}
/** What a query returns, kept up to date. Null asks for nothing, until there is a query. */
export declare function useQuery<T extends object>(query: Collection<T> | null | undefined): QueryState<Doc<T>>;
/** One document, kept up to date. */
export declare function useDoc<T extends object>(reference: DocumentReference<T> | null | undefined): DocState<Doc<T>>;
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
