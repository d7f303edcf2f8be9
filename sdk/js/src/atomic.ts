/** Adds to a number, atomically. */
export const increment = (by = 1): { readonly $inc: number } => ({ $inc: by });
/** Appends to an array in a json field, atomically. */
export const push = (element: unknown): { readonly $push: unknown } => ({ $push: element });
/** Removes all equal elements from an array in a json field, atomically. */
export const pull = (element: unknown): { readonly $pull: unknown } => ({ $pull: element });
/** Joins with what a field has: the members of two objects, or else the elements of both. */
export const append = (value: unknown): { readonly $append: unknown } => ({ $append: value });
/** The same, ahead of what a field has. */
export const prepend = (value: unknown): { readonly $prepend: unknown } => ({ $prepend: value });
/** Takes away a member by its name, an element by its place, or what an array of those leads to. */
export const removeAt = (at: string | number | readonly (string | number)[]): { readonly $remove: string | number | readonly (string | number)[] } => ({ $remove: at });
/** The server's time. */
export const now = (): { readonly $now: true } => ({ $now: true });
