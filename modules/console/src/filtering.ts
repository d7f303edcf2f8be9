import type { Collection, Field } from "./api.js";

export interface Choice {
  text: string;
  hint: string;
}

const ordered = ["==", "!=", "<", "<=", ">", ">=", "in"];
const textual = ["==", "!=", "contains", "startsWith", "endsWith", "in"];

const operatorsOf = ({ type }: Field): string[] => (["int", "float", "decimal", "time", "date"].includes(type) ? ordered : type === "string" ? textual : type === "list" ? ["contains"] : ["==", "!=", "in"]);

/** What a field may be compared with, as far as that is known. */
const valuesOf = (field: Field): string[] => (field.enum ? field.enum.map((v) => JSON.stringify(v)) : field.type === "bool" ? ["true", "false"] : field.type === "time" || field.type === "date" ? ["now()"] : []);

/** What may stand where the text of a filter before the caret ends, and how many of its characters are there already. */
export function choicesFor(before: string, collection: Collection): { choices: Choice[]; typed: number } {
  const among = (all: Choice[], typed: string): { choices: Choice[]; typed: number } => ({ choices: all.filter((one) => one.text.startsWith(typed) && one.text.trimEnd() !== typed).slice(0, 8), typed: typed.length });
  const field = (name: string | undefined): Field | undefined => collection.fields.find((f) => f.name === name);
  const compared = /([A-Za-z_]\w*)\s*(?:[=!<>]=|[<>]|\b(?:in|contains|startsWith|endsWith)\b)\s*(?:\[(?:[^\]]*,)?\s*)?("?[\w-]*)$/.exec(before);
  const value = field(compared?.[1]);
  if (compared && value) return among(valuesOf(value).map((text) => ({ text, hint: value.name })), compared[2]!);
  if ((before.match(/"/g)?.length ?? 0) % 2 === 1) return { choices: [], typed: 0 };
  const operator = /(?:^|[^\w.])([A-Za-z_]\w*)\s+([=!<>A-Za-z]*)$/.exec(before);
  const left = field(operator?.[1]);
  if (operator && left) return among(operatorsOf(left).map((text) => ({ text: `${text} `, hint: left.type })), operator[2]!);
  const word = /[A-Za-z_][\w.]*$/.exec(before)?.[0] ?? "";
  return word ? among(collection.fields.map((f) => ({ text: f.name, hint: f.type })), word) : { choices: [], typed: 0 };
}
