import type { Collection } from "./api.js";

/** How the databases say in a plan that they read a whole table. */
const wholeTable = /\bSCAN (?!CONSTANT)|\bSeq Scan\b|\bTable scan\b|"access_type": "ALL"|\btype[:=] ?ALL\b/i;

/**
 * The index that would spare a statement from reading a whole table, as it is written in basalt.yaml: what is equal to something
 * comes first, then what it is sorted by, or else one range. It is empty where the plan reads none, or no index would help.
 */
export function indexFor(sql: string, plan: string[], collection: Collection): string[] {
  if (!plan.some((line) => wholeTable.test(line))) return [];
  const [, where = "", order = ""] = /\bWHERE\b([\s\S]*?)(?:\bORDER BY\b([\s\S]*?))?(?:\bLIMIT\b|$)/i.exec(sql) ?? [];
  if (/\bOR\b/i.test(where)) return []; // no one index finds either
  const fields = collection.fields.filter((f) => f.name !== "id" && !["json", "list", "bytes"].includes(f.type) && !f.encrypt && !f.hash);
  const named = (text: string, after: string): string[] => fields.filter((f) => new RegExp(`(?:^|[^\\w])["\`]?${f.name}["\`]?\\s*${after}`, "i").test(text)).map((f) => f.name);
  const equal = named(where, "(?:=|IN\\b|IS\\b)");
  const sorted = order.split(",").flatMap((one) => named(one, "").map((name) => (/\bDESC\b/i.test(one) ? `-${name}` : name))).filter((name) => !equal.includes(name.replace("-", "")));
  const found = [...equal, ...(sorted.length > 0 ? sorted : named(where, "[<>]").slice(0, 1))];
  const there = (collection.indexes ?? []).some((index) => found.every((name, n) => index.fields[n] === name)) || (found.length === 1 && fields.some((f) => f.name === found[0] && (f.index || f.unique)));
  return there ? [] : found;
}
