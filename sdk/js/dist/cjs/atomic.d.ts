/** Adds to a number, atomically. */
export declare const increment: (by?: number) => {
    readonly $inc: number;
};
/** Appends to an array in a json field, atomically. */
export declare const push: (element: unknown) => {
    readonly $push: unknown;
};
/** Removes all equal elements from an array in a json field, atomically. */
export declare const pull: (element: unknown) => {
    readonly $pull: unknown;
};
/** Joins with what a field has: the members of two objects, or else the elements of both. */
export declare const append: (value: unknown) => {
    readonly $append: unknown;
};
/** The same, ahead of what a field has. */
export declare const prepend: (value: unknown) => {
    readonly $prepend: unknown;
};
/** Takes away a member by its name, an element by its place, or what an array of those leads to. */
export declare const removeAt: (at: string | number | readonly (string | number)[]) => {
    readonly $remove: string | number | readonly (string | number)[];
};
/** The server's time. */
export declare const now: () => {
    readonly $now: true;
};
