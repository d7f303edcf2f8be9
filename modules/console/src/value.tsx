import type { Collection, Field, Row } from "./api.js";
import { address } from "./router.js";
import { moment, t } from "./strings.js";

/** How wide a column is, in pixels, by the type of its values. */
const widths: { [type: string]: number } = { id: 150, bool: 88, int: 110, float: 110, decimal: 120, time: 200, date: 120, uuid: 150, json: 240, list: 220, bytes: 160, ref: 170, string: 220 };

export const widthOf = (field: Field): number => Math.max(widths[field.type] ?? 180, field.name.length * 8 + 56);

export const isNumber = (field: Field): boolean => ["int", "float", "decimal"].includes(field.type);

/** Whether a value is edited in the panel alone, because a line is too small for it. */
export const isLarge = (field: Field): boolean => ["json", "list", "bytes"].includes(field.type);

/** A value as text, as an editor begins with it. */
export function asText(value: unknown, field: Field, pretty = false): string {
  if (value === null || value === undefined) return "";
  if (field.type === "json" || field.type === "list" || typeof value === "object") return JSON.stringify(value, null, pretty ? 2 : undefined);
  return String(value);
}

const raw = (text: string): unknown => (JSON as { rawJSON?: (text: string) => unknown }).rawJSON?.(text) ?? Number(text);

/** The value that was typed. What does not look like the type is sent as it is, and the server says what is wrong. */
export function fromText(text: string, field: Field, before: unknown): unknown {
  if (text === "") return before === "" ? "" : null;
  switch (field.type) {
    case "int": return /^-?\d{1,18}$/.test(text) ? (Number.isSafeInteger(Number(text)) ? Number(text) : raw(text)) : text;
    case "float": return Number.isFinite(Number(text)) ? Number(text) : text;
    case "decimal": return typeof before !== "string" && /^-?\d{1,30}(\.\d{1,30})?$/.test(text) ? raw(text.replace(/^(-?)0+(?=\d)/, "$1")) : text;
    case "bool": return text === "true" ? true : text === "false" ? false : text;
    case "json": case "list": return JSON.parse(text) as unknown;
    default: return text;
  }
}

/** A value in a table. */
export function Value({ value, field, collection }: { value: unknown; field: Field; collection: Collection }) {
  if (value === undefined) return <span class="nothing">–</span>;
  if (value === null) return <span class="nothing">null</span>;
  switch (field.type) {
    case "bool": return <span class={value ? "tick on" : "tick"}>{value ? t.yes : t.no}</span>;
    case "time": return <time dateTime={String(value)} title={String(value)}>{moment(String(value))}</time>;
    case "id": case "uuid": return <code title={String(value)}>{String(value)}</code>;
    case "ref": return <a href={address("data", field.to ?? collection.name, { doc: String(value) })} title={`${t.openRef}: ${field.to} ${String(value)}`} tabIndex={-1}>{String(value)}</a>;
    case "json": case "list": return <code>{JSON.stringify(value)}</code>;
    case "bytes": return <code class="nothing">{String(value)}</code>;
  }
  if (field.enum) return <span class="tag">{String(value)}</span>;
  return <span class={isNumber(field) ? "number" : ""}>{value === "" ? <span class="nothing">{t.empty}</span> : typeof value === "object" ? JSON.stringify(value) : String(value)}</span>;
}

interface EditorProps {
  field: Field;
  text: string;
  onText: (text: string) => void;
  label: string;
  inline?: boolean;
  invalid?: boolean;
  /** What nothing stands for. */
  nothing?: string;
  describedBy?: string;
  readOnly?: boolean;
}

/** Edits a value as text, by its type. */
export function Editor({ field, text, onText, label, inline, invalid, nothing, describedBy, readOnly }: EditorProps) {
  const common = { "aria-label": label, "aria-invalid": invalid, "aria-describedby": describedBy, readOnly, name: field.name, "data-edit": inline ? true : undefined };
  if (field.enum || field.type === "bool") {
    const choices = field.enum?.map((v) => String(v)) ?? ["true", "false"];
    return (
      <select {...common} disabled={readOnly} value={text} onChange={(e) => onText(e.currentTarget.value)}>
        <option value="">{nothing ?? "null"}</option>
        {choices.map((choice) => <option key={choice} value={choice}>{choice}</option>)}
      </select>
    );
  }
  const onInput = (e: { currentTarget: { value: string } }): void => onText(e.currentTarget.value);
  const long = isLarge(field) || (field.type === "string" && (text.length > 60 || text.includes("\n")));
  if (long && !inline) return <textarea {...common} class={field.type === "string" ? "" : "mono"} rows={Math.min(14, Math.max(3, text.split("\n").length + (field.type === "string" ? Math.floor(text.length / 60) : 0)))} spellcheck={false} value={text} onInput={onInput} />;
  return <input {...common} type={(field.type === "date" ? "date" : "text") as "text"} inputMode={isNumber(field) ? "decimal" : undefined} autocomplete="off" spellcheck={false} value={text} onInput={onInput} />;
}

/** A document that has the fields of a collection, and nothing in them. */
export const blank = (collection: Collection): Row => Object.fromEntries(collection.fields.map((f) => [f.name, undefined]));
