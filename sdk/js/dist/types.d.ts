/** What the documents of collections are, for TypeScript alone: from what `basalt gen types` writes, or from one type. */
/** A stored document: what was put in, and its id. */
export type Doc<T> = T extends {
    id: string | number;
} ? T : T & {
    id: string;
};
/** What may be sent where a field is read as V: a time as a Date, too. */
type Sent<V> = string extends V ? V | Date : V;
/** A document to store. One without an id gets one. */
export type New<T> = T extends {
    id: infer ID;
} ? {
    [K in keyof T as Exclude<K, "id">]: Sent<T[K]>;
} & {
    id?: ID;
} : {
    [K in keyof T]: Sent<T[K]>;
} & {
    id?: string;
};
/** A change: values to set, null to clear, and operators such as increment(1). */
export type Patch<T> = {
    [K in keyof T]?: Sent<T[K]> | null | Atomic;
};
/** An operator of a change. */
export interface Atomic {
    readonly $inc?: number;
    readonly $push?: unknown;
    readonly $pull?: unknown;
    readonly $addToSet?: unknown;
    readonly $append?: unknown;
    readonly $prepend?: unknown;
    readonly $remove?: string | number | readonly (string | number)[];
    readonly $now?: true;
}
/** The types of a collection. `basalt gen types` writes one for each. */
export interface Model {
    /** A document as it is read. */
    doc: object;
    /** The same with a Date for each time. */
    dated: object;
    /** A document to store. */
    new: object;
    /** A change of one. */
    patch: object;
    /** The models that its refs point to, by field. */
    refs: object;
    /** The models that have a ref to it, by collection. */
    back: object;
}
/** The types of a collection of which one type is known, and not what points where. */
export interface Loose<T extends object> extends Model {
    doc: Doc<T>;
    dated: Doc<T>;
    new: New<T>;
    patch: Patch<T>;
    refs: {
        [name: string]: any;
    };
    back: {
        [name: string]: any;
    };
}
/** A model whose times are read as Dates. */
export interface Dated<M extends Model> extends Model {
    doc: M["dated"];
    dated: M["dated"];
    new: M["new"];
    patch: M["patch"];
    refs: {
        [N in keyof M["refs"]]: M["refs"][N] extends Model ? Dated<M["refs"][N]> : never;
    };
    back: {
        [N in keyof M["back"]]: M["back"][N] extends Model ? Dated<M["back"][N]> : never;
    };
}
/** The names of collections. */
export type Names<S> = keyof S & string;
/** The model of a collection of S, which has models, or the types of documents. */
export type ModelOf<S, N extends keyof S, D extends boolean> = S[N] extends Model ? (D extends true ? Dated<S[N]> : S[N]) : S[N] extends object ? Loose<S[N]> : never;
declare const operators: {
    readonly "==": "$eq";
    readonly "!=": "$ne";
    readonly "<": "$lt";
    readonly "<=": "$lte";
    readonly ">": "$gt";
    readonly ">=": "$gte";
    readonly in: "$in";
    readonly "not-in": "$nin";
    readonly contains: "$contains";
    readonly startsWith: "$startsWith";
    readonly endsWith: "$endsWith";
    readonly like: "$like";
    readonly ilike: "$ilike";
    readonly exists: "$exists";
};
export type Operator = keyof typeof operators;
/** An operator as the JSON form has it. */
export declare const jsonOperator: (operator: Operator) => string;
/** A field, or a dotted path into a json field or through a ref. */
export type FieldOf<M extends Model> = (keyof M["new"] & string) | `${keyof M["new"] & string}.${string}`;
/** What a field is compared with by an operator. */
export type Operand<M extends Model, F, O> = F extends keyof M["new"] ? OperandOf<Exclude<M["new"][F], undefined>, O> : unknown;
type OperandOf<V, O> = unknown extends V ? unknown : O extends "==" | "!=" ? V | null : O extends "in" | "not-in" ? readonly (V | null)[] : O extends "exists" ? boolean : O extends "contains" ? (NonNullable<V> extends readonly (infer E)[] ? E : string) : O extends "startsWith" | "endsWith" | "like" | "ilike" ? string : NonNullable<V>;
interface Conditions<V> {
    $eq?: V | null;
    $ne?: V | null;
    $gt?: NonNullable<V>;
    $gte?: NonNullable<V>;
    $lt?: NonNullable<V>;
    $lte?: NonNullable<V>;
    $in?: readonly (V | null)[];
    $nin?: readonly (V | null)[];
    $contains?: OperandOf<V, "contains">;
    $startsWith?: string;
    $endsWith?: string;
    $like?: string;
    $ilike?: string;
    $exists?: boolean;
    $not?: Conditions<V>;
}
type Condition<V> = unknown extends V ? unknown : V | null | Conditions<V>;
/** The filter in its JSON form, such as { done: false, stars: { $gte: 3 } }. */
export type Where<N = Record<string, unknown>> = {
    [K in keyof N]?: Condition<Exclude<N[K], undefined>>;
} & {
    $and?: readonly Where<N>[];
    $or?: readonly Where<N>[];
    $not?: Where<N>;
    $search?: string | {
        text: string;
        typos?: boolean;
    };
    /** Related documents that the caller may see, by the names of expand: { comments: { done: false } }. */
    $some?: {
        readonly [relation: string]: Record<string, unknown>;
    };
} & {
    [path: `${string}.${string}`]: unknown;
};
/** What expand has found: a document or null for a ref, an array for what points here. */
export interface Expanded {
    expand?: {
        [name: string]: any;
    };
}
type Expandable<M extends Model> = (keyof M["refs"] | keyof M["back"]) & string;
/** What can be expanded: a ref, or a collection that points here, with options. */
export type Expansion<M extends Model> = Expandable<M> | `${Expandable<M>}(${string})`;
type Head<I> = I extends `${infer N}(${string}` ? N : I;
/** A document that was found; where it was expanded further, by options, with what is in it. */
type Inner<D, I> = I extends `${string}expand:${string}` ? D & Expanded : D;
type Found<M extends Model, I> = Head<I> extends keyof M["refs"] ? (M["refs"][Head<I>] extends Model ? Inner<M["refs"][Head<I>]["doc"], I> | null : unknown) : Head<I> extends keyof M["back"] ? (M["back"][Head<I>] extends Model ? Inner<M["back"][Head<I>]["doc"], I>[] : unknown) : unknown;
/** What items of expand add to a document. */
export type ExpandedBy<M extends Model, I extends string> = [
    I
] extends [never] ? unknown : string extends Expandable<M> ? Expanded : {
    expand: {
        [K in I as Head<K> & string]: Found<M, K>;
    };
};
export {};
