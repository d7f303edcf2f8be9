/** What the server would do with a write, done here, so that it can be shown before the server has answered. */
import type { FileBytes } from "./platform.js";

export type Fields = { [name: string]: unknown };

/** What a request does to one document, as it is shown: "assign" changes it, "upsert" makes it where it is not there. */
export interface Part {
  op: "create" | "assign" | "upsert" | "delete";
  key: string;
  body?: Fields;
}

/** A write of several documents, all or none, as it is sent. */
export interface Request {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** What the server answers with: the documents in `items`, or in a list. */
  due: "items" | "rows";
}

/** A write that the server has not confirmed. */
export interface Mutation {
  id: string;
  op: "create" | "update" | "replace" | "delete" | "upload" | "request";
  collection: string;
  /** Empty for a request, which has `parts`. */
  key: string;
  parts?: Part[];
  request?: Request;
  /** The document, the patch, or the fields of a file. */
  body?: Fields;
  /** The bytes of an upload, what is said of them, and whether it was paused. */
  file?: FileBytes;
  about?: { name?: string; path?: string; type?: string };
  paused?: boolean;
  ifMatch?: string;
  /** Names this write, so that it happens once however often it is sent. */
  once?: string;
  /** Whether it was sent, so that it may have happened. */
  sent?: boolean;
  /** Whose write it is: the server, and the user, null for an anonymous one. */
  server?: string;
  user?: string | null;
}

const isObject = (v: unknown): v is Fields => typeof v === "object" && v !== null && !Array.isArray(v);

/** The member of a document, and not what every object of JavaScript has, such as constructor. */
export const own = (doc: Fields, name: string): unknown => (Object.hasOwn(doc, name) ? doc[name] : undefined);

/** Gives a document a member, also one called __proto__. */
function assign(doc: Fields, name: string, value: unknown): void {
  Object.defineProperty(doc, name, { value, configurable: true, enumerable: true, writable: true });
}

/** The value at a dotted path, null where there is none. */
export function at(doc: Fields, path: string): unknown {
  let v: unknown = doc;
  for (const part of path.split(".")) v = isObject(v) ? own(v, part) : undefined;
  return v ?? null;
}

const alike = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The members of two objects, or else the elements of both. */
function joined(old: unknown, first: unknown, second: unknown): unknown {
  if (old === null || old === undefined) return first ?? second;
  if (isObject(first) && isObject(second)) return { ...first, ...second };
  return [first, second].flatMap((v) => (Array.isArray(v) ? v : [v]));
}

/** A value without what steps lead to. alone says that a name may also be that of equal elements. */
function without(old: unknown, steps: readonly unknown[], alone: boolean): unknown {
  const [step, ...rest] = steps;
  if (Array.isArray(old)) {
    if (alone && typeof step === "string") return old.filter((e) => e !== step);
    const at = Number(step) < 0 ? Number(step) + old.length : Number(step);
    return old.flatMap((e: unknown, i) => (i !== at ? [e] : rest.length > 0 ? [without(e, rest, false)] : []));
  }
  if (!isObject(old) || !Object.hasOwn(old, String(step))) return old;
  const out = { ...old };
  if (rest.length > 0) assign(out, String(step), without(out[String(step)], rest, false));
  else delete out[String(step)];
  return out;
}

/** RFC 7396, with Basalt's operators. */
function merge(old: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const keys = Object.keys(patch);
  if (keys.length === 1) {
    const list = Array.isArray(old) ? old : [];
    if (typeof patch["$inc"] === "number") return (typeof old === "number" ? old : 0) + patch["$inc"];
    if ("$push" in patch) return [...list, patch["$push"]];
    if ("$addToSet" in patch) return list.some((e) => alike(e, patch["$addToSet"])) ? list : [...list, patch["$addToSet"]];
    if ("$append" in patch) return joined(old, old, patch["$append"]);
    if ("$prepend" in patch) return joined(old, patch["$prepend"], old);
    if ("$remove" in patch) return without(old, Array.isArray(patch["$remove"]) ? patch["$remove"] : [patch["$remove"]], !Array.isArray(patch["$remove"]));
    if ("$pull" in patch) return list.filter((e) => !alike(e, patch["$pull"]));
    if (patch["$now"] === true) return new Date().toISOString();
  }
  const out: Fields = isObject(old) ? { ...old } : {};
  for (const key of keys) {
    if (patch[key] === null) delete out[key];
    else assign(out, key, merge(own(out, key), patch[key]));
  }
  return out;
}

/** What a write does, document by document. */
export const partsOf = (m: Mutation): readonly (Mutation | Part)[] => m.parts ?? [m];

/** Whether a write touches a document. */
export const touches = (m: Mutation, collection: string, key: string): boolean =>
  m.collection === collection && partsOf(m).some((part) => part.key === key);

/** The document after a write, undefined when there is none. */
export function apply(doc: Fields | undefined, m: Mutation | Part): Fields | undefined {
  switch (m.op) {
    case "create":
      return doc ?? { ...m.body, id: m.key };
    case "upsert":
      return { ...doc, ...m.body, id: doc?.["id"] ?? m.key };
    case "assign":
      return doc && { ...doc, ...m.body };
    case "request":
      return doc;
    case "upload": {
      const { path, name = path?.slice(path.lastIndexOf("/") + 1), type } = m.about ?? {};
      const made = new Date(parseInt(m.id, 36)).toISOString(); // its id begins with the time
      return doc ?? { ...m.body, id: m.key, path: path ?? null, name: name ?? null, type: type ?? m.file?.type, size: m.file?.size, created: made, updated: made };
    }
    case "replace":
      return { ...m.body, id: doc?.["id"] ?? m.key };
    case "delete":
      return undefined;
    case "update": {
      if (!doc) return undefined;
      const out = { ...doc };
      for (const [field, value] of Object.entries(m.body ?? {})) assign(out, field, value === null ? null : merge(own(doc, field) ?? null, value));
      return out;
    }
  }
}

/** Orders as the server does: null first, and only values of one type. */
function compare(a: unknown, b: unknown): number | undefined {
  if (typeof a !== typeof b || a === null || b === null) return undefined;
  if (typeof a === "number" || typeof a === "string" || typeof a === "boolean") return a < (b as typeof a) ? -1 : a > (b as typeof a) ? 1 : 0;
  return undefined;
}

/** The place of a type in an order by what is inside a json field. */
const rank = (v: unknown): number => ["boolean", "number", "string"].indexOf(typeof v) + 1 || 4;

const equal = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** With A to Z as a to z, and no other letters. */
const folded = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** The regular expression of a pattern of like: % any characters, _ one, a backslash makes the next one itself. */
function pattern(text: string, fold: boolean): RegExp {
  const source = (fold ? folded(text) : text).replace(/\\([^])|%+|_|[$()*+.?[\\\]^{|}/]/g, (part, escaped?: string) =>
    escaped !== undefined ? escaped.replace(/[$()*+.?[\\\]^{|}/]/, "\\$&") : part[0] === "%" ? "[^]*" : part === "_" ? "[^]" : `\\${part}`);
  return new RegExp(`^${source}$`, "u");
}

function holds(value: unknown, operator: string, operand: unknown): boolean {
  const order = compare(value, operand);
  switch (operator) {
    case "$eq": return equal(value, operand);
    case "$ne": return !equal(value, operand);
    case "$gt": return order !== undefined && order > 0;
    case "$gte": return order !== undefined && order >= 0;
    case "$lt": return order !== undefined && order < 0;
    case "$lte": return order !== undefined && order <= 0;
    case "$in": return Array.isArray(operand) && operand.some((o) => equal(value, o));
    case "$nin": return Array.isArray(operand) && !operand.some((o) => equal(value, o));
    case "$contains":
      if (Array.isArray(value)) return value.some((e) => equal(e, operand));
      return typeof value === "string" && value.includes(String(operand));
    case "$startsWith": return typeof value === "string" && value.startsWith(String(operand));
    case "$endsWith": return typeof value === "string" && value.endsWith(String(operand));
    case "$like": case "$ilike": return typeof value === "string" && pattern(String(operand), operator === "$ilike").test(operator === "$ilike" ? folded(value) : value);
    case "$exists": return (value !== null) === operand;
    case "$not": return !Object.entries(operand as Fields).every(([o, v]) => holds(value, o, v));
  }
  return true; // the server knows more
}

/** Whether a document satisfies a filter, as far as that can be said here. */
export function matches(doc: Fields, where: Fields | undefined): boolean {
  return Object.entries(where ?? {}).every(([name, condition]) => {
    switch (name) {
      case "$and": return (condition as Fields[]).every((w) => matches(doc, w));
      case "$or": return (condition as Fields[]).some((w) => matches(doc, w));
      case "$not": return !matches(doc, condition as Fields);
      case "$search": case "$some": return true;
    }
    if (!Object.hasOwn(doc, name.split(".")[0]!)) return true; // the server fills it in
    const value = at(doc, name);
    const operators = isObject(condition) && Object.keys(condition).length > 0 && Object.keys(condition).every((k) => k.startsWith("$"));
    return operators ? Object.entries(condition).every(([o, v]) => holds(value, o, v)) : equal(value, condition);
  });
}

/** Orders documents by sort keys such as "-created". */
export function sorter(sort: string[]): (a: Fields, b: Fields) => number {
  const keys = [...sort, ...(sort.some((k) => k.replace(/^[-+]/, "") === "id") ? [] : [sort.at(-1)?.startsWith("-") ? "-id" : "id"])];
  return (a, b) => {
    for (const key of keys) {
      const [bare, nulls] = key.split(" nulls ");
      const name = bare!.replace(/^[-+]/, ""), down = key.startsWith("-");
      const x = at(a, name) ?? null, y = at(b, name) ?? null;
      if (x !== null && y !== null) {
        const order = compare(x, y) ?? rank(x) - rank(y);
        if (order !== 0) return down ? -order : order;
      } else if (x !== y) {
        return (x === null) === (nulls ? nulls === "first" : !down) ? -1 : 1;
      }
    }
    return 0;
  };
}
