import type { Collection, Row } from "./api.js";
import { idOf } from "./rows.js";

/** A caller, and which of the documents a rule allows. */
export interface Allowed {
  as: { [claim: string]: unknown } | null;
  then: boolean[];
}

/** A field that an update can set to what it is, so that the rule alone decides. */
function unchanged(collection: Collection, row: Row): string | undefined {
  return collection.fields.find((f) => f.name !== "id" && !f.served && !collection.set?.update[f.name] && !collection.fields_writable?.[f.name] && row[f.name] !== undefined && row[f.name] !== null)?.name;
}

/** What is stored of a document, without what the server sets and what is empty. */
function stored(collection: Collection, row: Row, id: boolean): Row {
  const kept = collection.fields.filter((f) => (f.name === "id" ? id : !f.served && (id || !collection.set?.create[f.name])) && row[f.name] !== undefined && row[f.name] !== null);
  return Object.fromEntries(kept.map((f) => [f.name, row[f.name]]));
}

/**
 * What a rule lets callers do with documents, as a file for `basalt rules test`, which is YAML: what is between its
 * braces is JSON.
 */
export function testFile(collection: Collection, op: string, rows: Row[], callers: Allowed[]): string {
  const { name } = collection;
  const lines: string[] = [];
  for (const { as, then } of callers) {
    const who = as ? `as: ${JSON.stringify(as)}, ` : "";
    if (op === "read") {
      lines.push(`${who}read: ${name}, visible: ${JSON.stringify(rows.filter((_, n) => then[n]).map(idOf))}`);
      continue;
    }
    rows.forEach((row, n) => {
      const expect = then[n] ? "allow" : "deny";
      const id = JSON.stringify(idOf(row));
      if (op === "delete") lines.push(`${who}delete: ${name}, id: ${id}, expect: ${expect}`);
      else if (op === "create") lines.push(`${who}create: ${name}, doc: ${JSON.stringify(stored(collection, row, false))}, expect: ${expect}`);
      else {
        const field = unchanged(collection, row);
        if (field) lines.push(`${who}update: ${name}, id: ${id}, doc: ${JSON.stringify({ [field]: row[field] })}, expect: ${expect}`);
      }
    });
  }
  const fixtures = op === "create" || rows.length === 0 ? "" : `fixtures:\n  ${name}:\n${rows.map((row) => `    - ${JSON.stringify(stored(collection, row, true))}\n`).join("")}`;
  return `# basalt rules test rules.test.yaml\n${fixtures}tests:\n${lines.map((line) => `  - { ${line} }\n`).join("")}`;
}
