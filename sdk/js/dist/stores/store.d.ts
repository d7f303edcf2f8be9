/** A state that changes. It is a store as Svelte's contract says: `run` is called at once, and at every change. It works while it has subscribers. */
export interface Store<S> {
    /** The state now; without subscribers, the one that it begins with. */
    get(): S;
    subscribe(run: (state: S) => void): () => void;
}
/** A store that begins its work with the first subscriber, and ends it after the last. Then its state is the first one again: it may be shown to another user next. */
export declare class State<S> implements Store<S> {
    private readonly first;
    private readonly begin;
    private readonly runs;
    private end;
    private state;
    constructor(first: () => S, begin: (set: (state: S) => void) => () => void);
    readonly get: () => S;
    readonly subscribe: (run: (state: S) => void) => (() => void);
    private readonly set;
}
