import type { Fields } from "./local.js";

/** Which fields of each collection are times, and which collection its refs point to. `basalt gen types` writes it. */
export interface Times {
  readonly [collection: string]: { readonly times: readonly string[]; readonly refs: { readonly [field: string]: string } };
}

/** How the server writes a time. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** A Date as the server writes it, and all else as it is: so that what is compared here compares as it does there. */
export function plain<V>(value: V): V {
  if (value instanceof Date) return (Number.isNaN(value.getTime()) ? null : value.toISOString().replace("Z", "000Z")) as V;
  if (Array.isArray(value)) return value.map(plain) as V;
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, plain(v)])) as V;
}

/** Gives documents Dates for their times. */
export class Dates {
  private readonly made = new WeakMap<object, object>();

  /** True takes every member of a document for a time that is written like one. */
  constructor(private readonly times: Times | true) {}

  /** A document with Dates: the same one for the same one. */
  of<D>(collection: string, doc: D): D {
    if (typeof doc !== "object" || doc === null) return doc;
    let out = this.made.get(doc);
    if (!out) this.made.set(doc, (out = this.make(collection, doc as Fields)));
    return out as D;
  }

  private make(collection: string, doc: Fields): Fields {
    const known = this.times === true ? undefined : this.times[collection];
    const out: Fields = { ...doc };
    for (const [name, value] of Object.entries(doc)) {
      if (name === "expand" && typeof value === "object" && value !== null) out[name] = this.expanded(known?.refs ?? {}, value as Fields);
      else if (this.isTime(collection, name, value)) out[name] = new Date(value as string);
    }
    return out;
  }

  private expanded(refs: { readonly [field: string]: string }, expand: Fields): Fields {
    const one = (name: string, value: unknown): unknown =>
      Array.isArray(value) ? value.map((doc) => this.of(name, doc)) : this.of(refs[name] ?? name, value);
    return Object.fromEntries(Object.entries(expand).map(([name, value]) => [name, one(name, value)]));
  }

  private isTime(collection: string, name: string, value: unknown): boolean {
    if (typeof value !== "string" || !time.test(value)) return false;
    return this.times === true || (this.times[collection]?.times.includes(name) ?? false);
  }
}
