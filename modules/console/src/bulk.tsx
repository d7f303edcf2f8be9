import { useState } from "preact/hooks";
import { call, explain, mistake, type Collection } from "./api.js";
import { figure, t } from "./strings.js";
import { Button, Panel, Problem, say } from "./ui.js";
import { Editor, fromText, isLarge } from "./value.js";

/** The documents that are chosen: by id, or all that a filter finds. */
export type Chosen = Set<string> | "all";

/** How many ids one call names; they are in its address. */
const idsPerCall = 50;

interface BulkProps {
  collection: Collection;
  filter: string;
  chosen: Chosen;
  /** How many documents the filter finds; undefined while that is not known. */
  total?: number;
  onChoose: (chosen: Chosen) => void;
  onEnd: () => void;
  /** Something was changed. */
  onDone: () => void;
}

/** The filters that find what is chosen, one for each call. */
export function filtersOf(chosen: Chosen, filter: string): string[] {
  if (chosen === "all") return [filter || "true"];
  const ids = [...chosen];
  const out: string[] = [];
  for (let n = 0; n < ids.length; n += idsPerCall) out.push(`id in [${ids.slice(n, n + idsPerCall).map((id) => JSON.stringify(id)).join(", ")}]`);
  return out;
}

/** What can be done with many documents at once: change one field, or delete them. */
export function Bulk({ collection, filter, chosen, total, onChoose, onEnd, onDone }: BulkProps) {
  const [doing, setDoing] = useState<"change" | "delete">();
  const count = chosen === "all" ? total : chosen.size;
  const none = chosen !== "all" && chosen.size === 0;
  return (
    <>
      <div class="banner choosing" role="status">
        <span><b>{count === undefined ? "…" : figure(count)}</b> {t.chosen}</span>
        {chosen === "all" ? <Button kind="quiet" onClick={() => onChoose(new Set())}>{t.chooseNone}</Button> : <Button kind="quiet" onClick={() => onChoose("all")}>{filter ? t.chooseFound : t.chooseAll}{total !== undefined && ` (${figure(total)})`}</Button>}
        <span class="grow" />
        <Button icon="table" disabled={none} onClick={() => setDoing("change")}>{t.changeField}</Button>
        <Button icon="trash" kind="bad" disabled={none} onClick={() => setDoing("delete")}>{t.remove}</Button>
        <Button icon="close" kind="quiet" label={t.close} onClick={onEnd} />
      </div>
      {doing && <Act collection={collection} filters={filtersOf(chosen, filter)} count={count} removes={doing === "delete"} onClose={() => setDoing(undefined)} onDone={onDone} />}
    </>
  );
}

interface ActProps {
  collection: Collection;
  filters: string[];
  count?: number;
  removes: boolean;
  onClose: () => void;
  onDone: () => void;
}

/** Asks once more, and does it. Each call changes all that it names, or nothing. */
function Act({ collection, filters, count, removes, onClose, onDone }: ActProps) {
  const fields = collection.fields.filter((f) => !collection.key.includes(f.name) && f.name !== "id" && !f.served);
  const [name, setName] = useState(fields.find((f) => !isLarge(f))?.name ?? "");
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const field = fields.find((f) => f.name === name);
  const run = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    let done = 0;
    try {
      const patch = removes || !field ? undefined : { [field.name]: fromText(text, field, undefined) };
      for (const filter of filters) done += (await call<{ count: number }>(removes ? "DELETE" : "PATCH", `/v1/db/${collection.name}?filter=${encodeURIComponent(filter)}`, patch)).count;
      say(`${removes ? t.removed : t.saved}: ${figure(done)}`);
      onClose();
      onDone();
    } catch (e) {
      setError(e);
      setBusy(false);
      if (done > 0) onDone();
    }
  };
  const wrong = mistake(error, name);
  return (
    <Panel title={removes ? t.remove : t.changeField} onClose={onClose}>
      <form onSubmit={(e) => { e.preventDefault(); void run(); }}>
        <p>{removes ? t.removeMany : t.changeMany} <b>{count === undefined ? "" : figure(count)}</b></p>
        <p class="note">{removes ? t.noUndo : t.changesData}</p>
        {!removes && <>
          <label class="field"><span class="name">{t.field}</span><select value={name} onChange={(e) => { setName(e.currentTarget.value); setText(""); setError(undefined); }}>{fields.map((f) => <option key={f.name} value={f.name}>{f.name}</option>)}</select></label>
          {field && <div class="field"><span class="name">{t.newValue}<small>{field.type}</small></span><Editor key={name} field={field} text={text} label={t.newValue} invalid={wrong !== undefined} describedBy={wrong ? "bulk-wrong" : undefined} onText={setText} />{wrong && <p class="wrong" id="bulk-wrong">{wrong}</p>}</div>}
        </>}
        {error !== undefined && !wrong && <Problem>{explain(error)}</Problem>}
        <footer class="actions"><Button submit kind={removes ? "bad" : "main"} disabled={busy || (!removes && !field)}>{removes ? t.remove : t.save}</Button><Button onClick={onClose}>{t.cancel}</Button></footer>
      </form>
    </Panel>
  );
}
