import type { Collection, Field, Row } from "./api.js";
import { fromText } from "./value.js";

/** What a file has: the names of its columns, and its rows by them. Those of a CSV file are texts. */
export interface Table {
  columns: string[];
  rows: Row[];
  texts: boolean;
}

/** Reads CSV (with commas, semicolons or tabs), a JSON array of objects, or an object a line. */
export function readTable(text: string): Table {
  const content = text.replace(/^\uFEFF/, "");
  if (/^\s*[[{]/.test(content)) {
    const parsed: unknown = /^\s*\[/.test(content) ? JSON.parse(content) : content.split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as unknown);
    const rows = parsed as Row[];
    if (!Array.isArray(parsed) || rows.some((row) => typeof row !== "object" || row === null || Array.isArray(row))) throw new SyntaxError("[{…}, …]");
    return { columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows, texts: false };
  }
  const [head = [], ...lines] = readCSV(content);
  return { columns: head, rows: lines.map((line) => Object.fromEntries(head.map((name, n) => [name, line[n] ?? ""]))), texts: true };
}

/** The lines of a CSV file. What is in quotes may have separators, quotes (doubled) and line breaks in it. */
export function readCSV(text: string): string[][] {
  const end = text.search(/[\r\n]/);
  const first = end < 0 ? text : text.slice(0, end);
  const separator = [",", ";", "\t"].reduce((best, one) => (first.split(one).length > first.split(best).length ? one : best));
  const lines: string[][] = [];
  let line: string[] = [], cell = "", quoted = false;
  const endCell = (): void => {
    line.push(cell.replace(/^'('*[=+\-@\t\r])/, "$1")); // as cellOf has written it
    cell = "";
  };
  const endLine = (): void => {
    endCell();
    if (line.length > 1 || line[0] !== "") lines.push(line);
    line = [];
  };
  for (let n = 0; n < text.length; n++) {
    const c = text[n]!;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[n + 1] === '"') cell += text[++n];
      else quoted = false;
    } else if (c === '"' && cell === "") quoted = true;
    else if (c === separator) endCell();
    else if (c === "\n" || c === "\r") {
      if (c === "\r" && text[n + 1] === "\n") n++;
      endLine();
    } else cell += c;
  }
  if (cell !== "" || line.length > 0) endLine();
  return lines;
}

/**
 * A value as a cell of a CSV file. What a spreadsheet would take for a formula begins with an apostrophe, which is how a
 * spreadsheet writes text.
 */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value.replace(/^(?='*[=+\-@\t\r])/, "'") : typeof value === "object" ? JSON.stringify(value) : String(value);
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Which column goes to which field: the one of the same name, without regard to case and to what is no letter. */
export function matchColumns(columns: string[], fields: Field[]): { [column: string]: string } {
  const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  return Object.fromEntries(columns.map((column) => [column, fields.find((f) => f.name === column)?.name ?? fields.find((f) => plain(f.name) === plain(column))?.name ?? ""]));
}

/** The document that a row makes. An empty cell is left out. */
export function documentOf(row: Row, texts: boolean, to: { [column: string]: string }, collection: Collection): Row {
  const out: Row = {};
  for (const [column, name] of Object.entries(to)) {
    const field = collection.fields.find((f) => f.name === name);
    const value = row[column];
    if (!field || value === undefined || (texts && value === "")) continue;
    out[name] = texts ? typed(String(value), field) : value;
  }
  return out;
}

function typed(text: string, field: Field): unknown {
  if (field.type === "bool" && /^(true|false|yes|no|1|0)$/i.test(text)) return /^(true|yes|1)$/i.test(text);
  try {
    return fromText(text, field, undefined);
  } catch {
    return text; // the server says what is wrong with it
  }
}

/** What can be seen to be wrong with a document before it is sent: the fields, with what they should be. */
export function wrongFields(doc: Row, collection: Collection): { field: string; why: "required" | "enum" | "type" }[] {
  const out: { field: string; why: "required" | "enum" | "type" }[] = [];
  for (const f of collection.fields) {
    const value = doc[f.name];
    if (value === undefined || value === null) {
      if (f.required && f.name !== "id" && f.default === undefined && !f.served && !collection.set?.create[f.name]) out.push({ field: f.name, why: "required" });
    } else if (f.enum && !f.enum.some((one) => String(one) === String(value))) out.push({ field: f.name, why: "enum" });
    else if ((f.type === "int" || f.type === "float") && typeof value === "string") out.push({ field: f.name, why: "type" });
    else if (f.type === "bool" && typeof value !== "boolean") out.push({ field: f.name, why: "type" });
    else if ((f.type === "time" || f.type === "date") && (typeof value !== "string" || Number.isNaN(Date.parse(value)))) out.push({ field: f.name, why: "type" });
  }
  return out;
}
