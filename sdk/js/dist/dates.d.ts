/** Which fields of each collection are times, and which collection its refs point to. `basalt gen types` writes it. */
export interface Times {
    readonly [collection: string]: {
        readonly times: readonly string[];
        readonly refs: {
            readonly [field: string]: string;
        };
    };
}
/** A Date as the server writes it, and all else as it is: so that what is compared here compares as it does there. */
export declare function plain<V>(value: V): V;
/** Gives documents Dates for their times. */
export declare class Dates {
    private readonly times;
    private readonly made;
    /** True takes every member of a document for a time that is written like one. */
    constructor(times: Times | true);
    /** A document with Dates: the same one for the same one. */
    of<D>(collection: string, doc: D): D;
    private make;
    private expanded;
    private isTime;
}
