import type { BasaltError, User } from "@basalt-dev/client";
/** What is asked for: of which client, and by its whole query. It is the same in every render although the query is a new object. */
export interface Asked {
    client: Core | undefined;
    key: string;
}
/** What a query is asked through. It is no business of an app, and it is what tells two clients apart. */
export interface Core {
    http: {
        authorizer?: {
            onChange?(listener: (user: User | null) => void): () => void;
        };
    };
}
/** Anything that names what it asks for. */
export type Keyed = {
    readonly key: string;
} | null | undefined;
/** Starts a live query; returns the end of it. */
export type Begin<V> = (show: (value: V) => void, fail: (error: BasaltError) => void) => () => void;
/** Two queries that ask the same of the same client are one. What is added tells apart what is asked of one query. */
export declare function useAsked(query: Keyed, added?: string): Asked;
