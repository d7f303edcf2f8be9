import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { client, explain, type Collection, type Row } from "./api.js";
import { useAsked } from "./load.js";
import { figure, t } from "./strings.js";
import { cellOf } from "./table.js";
import { Button, Panel, Problem } from "./ui.js";

const formats = { csv: "text/csv", json: "application/json", ndjson: "application/x-ndjson" };
type Format = keyof typeof formats;

interface ExportProps {
  collection: Collection;
  filter: string;
  sort: string;
  /** How many documents a page has. */
  page: number;
  onClose: () => void;
}

/** Saves all documents that the filter finds, as far as who is signed in may read them, as a file. */
export function Export({ collection, filter, sort, page, onClose }: ExportProps) {
  const [format, setFormat] = useState<Format>("csv");
  const [done, setDone] = useState<number>();
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<unknown>();
  const asked = useAsked([collection, filter, sort]);
  const stopped = useRef(false);
  useLayoutEffect(() => { setDone(undefined); setRunning(false); }, [filter, sort]);

  const run = async (): Promise<void> => {
    const still = asked();
    stopped.current = false;
    setRunning(true);
    setError(undefined);
    setDone(0);
    const names = collection.fields.map((f) => f.name);
    const text = (row: Row, first: boolean): string => (format === "csv" ? `${names.map((name) => cellOf(row[name])).join(",")}\r\n` : format === "ndjson" ? `${JSON.stringify(row)}\n` : `${first ? "" : ","}\n${JSON.stringify(row)}`);
    const parts: string[] = [format === "csv" ? `${names.map(cellOf).join(",")}\r\n` : format === "json" ? "[" : ""];
    try {
      let count = 0;
      for (let after: string | null | undefined; after !== null;) {
        let query = client.db.collection<Row>(collection.name);
        if (filter) query = query.filter(filter) as typeof query;
        if (sort) query = query.orderBy(sort.replace(/^-/, ""), sort.startsWith("-") ? "desc" : "asc") as typeof query;
        const { items, next } = await query.limit(page).after(after ?? null).get();
        if (!still() || stopped.current) return;
        parts.push(items.map((row, n) => text(row, count + n === 0)).join(""));
        count += items.length;
        setDone(count);
        after = next;
      }
      if (format === "json") parts.push("\n]\n");
      const url = URL.createObjectURL(new Blob(parts, { type: formats[format] }));
      Object.assign(document.createElement("a"), { href: url, download: `${collection.name}.${format}` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (e) {
      if (still()) setError(e);
    } finally {
      if (still()) setRunning(false);
    }
  };
  return (
    <Panel title={`${t.export}: ${collection.name}`} onClose={onClose}>
      <p class="note">{t.exportHint}</p>
      {filter && <pre class="note" tabIndex={0}>{filter}</pre>}
      <label class="field"><span class="name">{t.file}</span><select data-focus value={format} disabled={running} onChange={(e) => setFormat(e.currentTarget.value as Format)}><option value="csv">CSV</option><option value="json">JSON</option><option value="ndjson">NDJSON</option></select></label>
      {error !== undefined && <Problem>{explain(error)}</Problem>}
      {done !== undefined && <p role="status">{figure(done)} {done === 1 ? t.row : t.rows}</p>}
      <footer class="actions"><Button kind="main" icon="down" disabled={running} onClick={() => void run()}>{t.download}</Button>{running && <Button onClick={() => { stopped.current = true; setRunning(false); }}>{t.stop}</Button>}</footer>
    </Panel>
  );
}
