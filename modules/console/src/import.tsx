import { useMemo, useState } from "preact/hooks";
import { call, explain, mistake, type Collection, type Refused, type Row } from "./api.js";
import { figure, t } from "./strings.js";
import { documentOf, matchColumns, readTable, wrongFields, type Table } from "./table.js";
import { Button, Panel, Problem } from "./ui.js";

/** How many documents one call makes, or tries, all or none of them. */
const perCall = 100;
/** How many rows that are wrong are listed. */
const shownProblems = 50;
/** How large a file may be, in bytes: it is read as a whole. */
const largest = 64 << 20;

interface Failed {
  row: number;
  why: string;
}

/** Makes documents of the rows of a CSV or JSON file. */
export function Import({ collection, onClose, onDone }: { collection: Collection; onClose: () => void; onDone: () => void }) {
  const [table, setTable] = useState<Table>();
  const [to, setTo] = useState<{ [column: string]: string }>({});
  const [error, setError] = useState<unknown>();
  const [done, setDone] = useState<number>();
  const [failed, setFailed] = useState<Failed[]>([]);
  const [running, setRunning] = useState(false);
  const [tried, setTried] = useState<number>(); // how many the server would take
  const fields = collection.fields.filter((f) => !f.served);

  const open = async (file: File | undefined): Promise<void> => {
    setTable(undefined);
    setDone(undefined);
    setTried(undefined);
    setFailed([]);
    setError(undefined);
    if (!file) return;
    try {
      if (file.size > largest) throw new Error(t.fileTooLarge);
      const read = readTable(await file.text());
      setTo(matchColumns(read.columns, fields));
      setTable(read);
    } catch (e) {
      setError(e instanceof SyntaxError ? new Error(`${t.notReadable} ${e.message}`) : e);
    }
  };

  const docs = useMemo(() => table?.rows.map((row) => documentOf(row, table.texts, to, collection)) ?? [], [table, to]);
  const reasons = { required: t.required, enum: t.notOneOf, type: t.notOfType };
  const problems = useMemo(() => docs.flatMap((doc, n) => wrongFields(doc, collection).map(({ field, why }): Failed => ({ row: n + 1, why: `${field}: ${reasons[why]}` }))), [docs]);

  /** Makes the documents; with dry, the server only says what it would refuse. */
  const run = async (dry: boolean): Promise<void> => {
    setRunning(true);
    setTried(undefined);
    setFailed([]);
    const bad = new Set(problems.map((p) => p.row));
    const all: Failed[] = [...problems];
    const rows = docs.map((doc, n) => ({ doc, row: n + 1 })).filter(({ row }) => !bad.has(row));
    let made = 0;
    const send = async (some: { doc: Row; row: number }[]): Promise<void> => {
      try {
        if (dry) await call("POST", "/v1/batch", { dry, ops: some.map(({ doc }) => ({ op: "create", collection: collection.name, doc })) });
        else await call("POST", `/v1/db/${collection.name}`, some.length === 1 ? some[0]!.doc : some.map((one) => one.doc));
        made += some.length;
        setDone(made);
      } catch (e) {
        if (dry && mistake(e, "dry")) throw e; // the database has no transactions
        if (some.length === 1) return void all.push({ row: some[0]!.row, why: reasonOf(e) });
        const half = Math.ceil(some.length / 2); // nothing of the call has happened; find what is wrong
        await send(some.slice(0, half));
        await send(some.slice(half));
      }
    };
    setDone(0);
    try {
      for (let n = 0; n < rows.length; n += perCall) await send(rows.slice(n, n + perCall));
    } catch (e) {
      setRunning(false);
      setDone(undefined);
      setError(e);
      return;
    }
    setFailed(all.sort((a, b) => a.row - b.row));
    setRunning(false);
    if (dry) {
      setDone(undefined);
      setTried(made);
      return;
    }
    setTable(undefined);
    onDone();
  };

  const listed = table && tried === undefined ? problems : failed;
  return (
    <Panel title={`${t.import}: ${collection.name}`} onClose={onClose} wide>
      <label class="field"><span class="name">{t.file}<small>CSV, JSON, NDJSON</small></span><input type="file" accept=".csv,.tsv,.txt,.json,.ndjson,.jsonl" disabled={running} onChange={(e) => void open(e.currentTarget.files?.[0])} /></label>
      {error !== undefined && <Problem>{explain(error)}</Problem>}
      {table && <>
        <table class="mapping">
          <thead><tr><th scope="col">{t.column}</th><th scope="col">{t.field}</th><th scope="col">{t.firstRow}</th></tr></thead>
          <tbody>{table.columns.map((column) => (
            <tr key={column}><th scope="row">{column}</th>
              <td><select aria-label={`${t.field}: ${column}`} value={to[column] ?? ""} onChange={(e) => { setTried(undefined); setTo({ ...to, [column]: e.currentTarget.value }); }}><option value="">{t.leaveOut}</option>{fields.map((f) => <option key={f.name} value={f.name}>{f.name}</option>)}</select></td>
              <td><code>{short(table.rows[0]?.[column])}</code></td></tr>
          ))}</tbody>
        </table>
        <p role="status"><b>{figure(docs.length)}</b> {t.rowsRead}, <b>{figure(new Set(problems.map((p) => p.row)).size)}</b> {t.rowsWrong}</p>
      </>}
      {done !== undefined && <div role="status">{running && <progress max={docs.length || 1} value={done} aria-label={t.import} />}<p class={running ? "" : failed.length > 0 ? "outcome warn" : "outcome good"}>{figure(done)} {t.rowsMade}{!running && failed.length > 0 && `, ${figure(failed.length)} ${t.rowsWrong}`}</p></div>}
      {tried !== undefined && <p role="status" class={failed.length > 0 ? "outcome warn" : "outcome good"}>{t.serverTakes}: {figure(tried)}{failed.length > 0 && `, ${figure(failed.length)} ${t.rowsWrong}`}</p>}
      {listed.length > 0 && <ul class="conditions wrongs">{listed.slice(0, shownProblems).map((one, n) => <li key={n}><b>{t.row} {figure(one.row)}</b><span>{one.why}</span></li>)}{listed.length > shownProblems && <li><span>+ {figure(listed.length - shownProblems)}</span></li>}</ul>}
      {table && <p class="note">{t.importHint}</p>}
      {table && <footer class="actions"><Button kind="main" disabled={running || docs.length === 0 || problems.length === docs.length} onClick={() => void run(false)}>{t.import}</Button><Button disabled={running || docs.length === 0} onClick={() => void run(true)}>{t.tryOnServer}</Button></footer>}
    </Panel>
  );
}

/** What the server says of a document, with the names of the fields. */
const reasonOf = (error: unknown): string => {
  const errors = (error as Partial<Refused>).errors ?? [];
  return errors.length > 0 ? errors.map((e) => (e.field ? `${e.field}: ${e.detail}` : e.detail)).join("; ") : explain(error);
};

const short = (value: unknown): string => {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};
