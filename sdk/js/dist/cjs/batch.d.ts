import { type Core } from "./core.js";
import type { CallOptions } from "./http.js";
import type { Doc, ModelOf, Names } from "./types.js";
/** The names of collections that are known, any where none is. */
type Collections<S> = [keyof S] extends [never] ? string : Names<S>;
/** One of the types of a collection, where it is known. */
type Part<S, N extends string, P extends "new" | "patch"> = N extends keyof S ? ModelOf<S, N, false>[P] : object;
/** Collects operations for one transaction. */
export declare class Batch<S = {}> {
    private readonly core;
    private readonly ops;
    constructor(core: Core);
    create<N extends Collections<S>>(collection: N, doc: Part<S, N, "new">): this;
    update<N extends Collections<S>>(collection: N, id: string | number, patch: Part<S, N, "patch">): this;
    replace<N extends Collections<S>>(collection: N, id: string | number, doc: Part<S, N, "new">): this;
    delete(collection: Collections<S>, id: string | number): this;
    /**
     * Runs them. The results are the documents, null for a delete. With atomic: false, for a database without
     * transactions, they run one after the other, and those before a failure stay. With dry: true all of it is checked and
     * nothing is kept: the answer, or the error, is the one that it would have.
     */
    commit(options?: CallOptions & {
        atomic?: boolean;
        dry?: boolean;
    }): Promise<(Doc<Record<string, unknown>> | null)[]>;
    private push;
}
export {};
