import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { client, explain, type Collection, type Overview, type Row } from "./api.js";
import { Bulk, type Chosen } from "./bulk.js";
import { CallerPicker, readAs, type As } from "./caller.js";
import { Export } from "./export.js";
import { FilterBox } from "./filterbox.js";
import { Grid } from "./grid.js";
import { Import } from "./import.js";
import { Record } from "./record.js";
import { address, go, type Route } from "./router.js";
import { useRows, type Rows } from "./rows.js";
import { figure, t } from "./strings.js";
import { Button, Empty, Icon, Panel, Problem, say } from "./ui.js";
import { Why } from "./why.js";

/** How long a delete can be undone, in milliseconds. */
const undoTime = 10_000;

/** The documents of a collection. What is shown is in the address, so that it can be shared. */
export function Data({ overview, collection, route }: { overview: Overview; collection: Collection; route: Route }) {
  const filter = route.query.get("filter") ?? "";
  const sort = route.query.get("sort") ?? "";
  const doc = route.query.get("doc") ?? undefined;
  const asKey = route.query.get("as");
  const as = useMemo(() => (overview.admin ? readAs(asKey) : undefined), [asKey, overview.admin]);
  const [turn, setTurn] = useState(0);
  const [picking, setPicking] = useState(false);
  const [why, setWhy] = useState<string>();
  const [fresh, setFresh] = useState<Row>();
  const [chosen, setChosen] = useState<Chosen>();
  const [importing, setImporting] = useState(false);
  const [exporting, setExporting] = useState(false);
  const [without, setWithout] = useState<Set<string>>(new Set());
  const { rows, error, stale } = useRows(collection, filter, sort, as, overview.page, turn);

  const at = (change: { [name: string]: string | undefined }): string =>
    address("data", collection.name, { filter, sort, doc, as: asKey ?? undefined, ...change });
  useLayoutEffect(() => {
    setWhy(undefined);
    setFresh(undefined);
    setPicking(false);
    setImporting(false);
    setExporting(false);
  }, [collection, asKey]);
  useLayoutEffect(() => setChosen(undefined), [collection, asKey, filter]);

  const remove = useDelayedDelete(collection, setWithout);
  const readOnly = as !== undefined;
  const filterError = error && filter ? error : undefined;
  return (
    <div class="page">
      <header class="bar">
        <h1>{collection.name}</h1>
        <Live rows={rows} collection={collection} />
        <span class="grow" />
        <span class="count" aria-busy={stale}>{rows?.total !== undefined && (as && rows.visible !== undefined ? `${figure(rows.visible)} ${t.visibleOf} ${figure(rows.total)}` : `${figure(rows.total)} ${rows.total === 1 ? t.row : t.rows}`)}</span>
        <Button icon="reload" kind="quiet" label={t.reload} onClick={() => setTurn(turn + 1)} />
        {overview.admin && <Button icon="eye" pressed={as !== undefined || picking} onClick={() => setPicking(!picking)}>{t.viewAs}</Button>}
        {!readOnly && <Button icon="check" label={t.choose} pressed={chosen !== undefined} onClick={() => setChosen(chosen ? undefined : new Set())} />}
        {!readOnly && !collection.files && <Button icon="up" label={t.import} pressed={importing} onClick={() => { setImporting(!importing); setExporting(false); }} />}
        {!readOnly && <Button icon="down" label={t.export} pressed={exporting} onClick={() => { setExporting(!exporting); setImporting(false); }} />}
        {!readOnly && !collection.files && <Button icon="plus" kind="main" onClick={() => setFresh({})}>{t.newRow}</Button>}
      </header>
      <FilterBox key={collection.name} collection={collection} filter={filter} error={filterError} onFilter={(text) => go(at({ filter: text }), true)} />
      {as && <AsBanner as={as} refused={rows?.refused} onStop={() => go(at({ as: undefined }))} />}
      {chosen && !readOnly && <Bulk collection={collection} filter={filter} chosen={chosen} total={stale ? undefined : rows?.total} onChoose={setChosen} onEnd={() => setChosen(undefined)} onDone={() => { setChosen(new Set()); setTurn(turn + 1); }} />}
      <div class="split">
        {error && !filterError
          ? <Problem retry={() => setTurn(turn + 1)}>{explain(error)}</Problem>
          : rows && rows.begun && rows.ended && rows.rows.length === 0 && !stale
            ? (filter
              ? <Empty icon="search" title={t.noMatch}><Button onClick={() => go(at({ filter: undefined }))}>{t.clearFilter}</Button></Empty>
              : <Empty icon="table" title={t.noRows}><p>{t.noRowsHint}</p><pre>{`await db.collection("${collection.name}").add({ ${firstFields(collection)} })`}</pre>{!readOnly && !collection.files && <Button icon="plus" kind="main" onClick={() => setFresh({})}>{t.newRow}</Button>}</Empty>)
            : rows && <Grid collection={collection} rows={rows} stale={stale} without={without} sort={sort} readOnly={readOnly} opened={as ? why : doc} chosen={readOnly ? undefined : chosen} onChoose={setChosen} onSort={(to) => go(at({ sort: to }), true)}
              onOpen={(id) => (as ? setWhy(id) : go(at({ doc: id })))} onWhy={as && setWhy}
              save={async (id, patch) => void (await client.db.collection<Row>(collection.name).doc(id).update(patch))} />}
        {importing && !readOnly && <Import collection={collection} onClose={() => setImporting(false)} onDone={() => setTurn(turn + 1)} />}
        {exporting && !readOnly && <Export collection={collection} filter={filter} sort={sort} page={overview.page} onClose={() => setExporting(false)} />}
        {picking && <Panel title={t.viewAs} onClose={() => setPicking(false)}><p class="note">{t.viewAsHint}</p><CallerPicker accounts={overview.accounts} onPick={(one: As) => { setPicking(false); go(at({ as: one.key, doc: undefined })); }} /></Panel>}
        {why !== undefined && as && <Why key={why} collection={collection.name} id={why} claims={rows?.claims} label={as.label} onClose={() => setWhy(undefined)} />}
        {fresh && <Record overview={overview} key={JSON.stringify(fresh)} collection={collection} from={fresh} readOnly={false} onClose={() => setFresh(undefined)} onDelete={() => undefined} onDuplicate={() => undefined}
          onCreated={(id) => { setFresh(undefined); setWithout((was) => new Set([...was].filter((one) => one !== id))); if (!collection.realtime) setTurn(turn + 1); go(at({ doc: id })); }} />}
        {doc !== undefined && !fresh && !as && <Record overview={overview} key={`${collection.name}/${doc}`} collection={collection} id={doc} readOnly={readOnly} onClose={() => go(at({ doc: undefined }))}
          onDelete={(id) => { go(at({ doc: undefined })); remove(id); }} onDuplicate={(row) => setFresh({ ...row })} onCreated={() => undefined} />}
      </div>
    </div>
  );
}

const firstFields = (c: Collection): string => c.fields.filter((f) => f.required && !c.set?.create[f.name]).slice(0, 3).map((f) => `${f.name}: ${f.type === "string" ? '"…"' : "…"}`).join(", ");

/** Deletes documents after a while, so that it can be undone: what is undone was never away. */
function useDelayedDelete(collection: Collection, setWithout: (change: (was: Set<string>) => Set<string>) => void): (id: string) => void {
  const waiting = useRef(new Map<string, () => void>());
  useEffect(() => {
    const all = waiting.current;
    const flush = (): void => all.forEach((run) => run());
    const hidden = (): void => void (document.visibilityState === "hidden" && flush());
    document.addEventListener("visibilitychange", hidden);
    return () => {
      document.removeEventListener("visibilitychange", hidden);
      flush();
    };
  }, [collection]);
  return (id) => {
    const show = (): void => setWithout((was) => new Set([...was].filter((one) => one !== id)));
    setWithout((was) => new Set(was).add(id));
    const run = (): void => {
      clearTimeout(timer);
      if (!waiting.current.delete(id)) return;
      client.db.collection(collection.name).doc(id).delete().then(undefined, (error: { status?: number }) => {
        if (error.status === 404) return;
        show();
        say(explain(error), { bad: true });
      });
    };
    const timer = setTimeout(run, undoTime);
    waiting.current.set(id, run);
    say(`${t.removed}: ${id}`, { time: undoTime, undo: () => {
      clearTimeout(timer);
      if (waiting.current.delete(id)) show();
    } });
  };
}

function Live({ rows, collection }: { rows?: Rows; collection: Collection }) {
  if (!collection.realtime || rows?.connected === false) return <span class="live off" title={t.notLiveHint}>{t.notLive}</span>;
  return rows?.connected ? <span class="live" title={t.liveHint}>{t.live}</span> : <span class="live wait">{t.connecting}</span>;
}

function AsBanner({ as, refused, onStop }: { as: As; refused?: string; onStop: () => void }) {
  return (
    <div class="banner" role="status">
      <Icon name="eye" /><span>{t.viewing}: <b>{as.label}</b>{refused && <em> – {refused}</em>}</span><span class="grow" /><Button onClick={onStop}>{t.stop}</Button>
    </div>
  );
}
