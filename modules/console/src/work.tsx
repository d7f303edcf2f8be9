import { indexFor } from "./advice.js";
import { call, explain, type Overview } from "./api.js";
import { useLoad } from "./load.js";
import { address, go, type Route } from "./router.js";
import { duration, figure, t } from "./strings.js";
import { Button, copy, Empty, Panel, Problem } from "./ui.js";

/** What a request has spent its time on, as GET /v1/admin/requests/:id has it. */
interface Worked {
  us: number;
  layers: { [layer in "database" | "rules" | "functions"]?: { count: number; us: number } };
  statements: { id: string; database: string; sql: string; at: number; us: number }[];
  more: number;
}

/** A statement with what it has cost, as GET /v1/admin/statements has it. */
interface Statement {
  id: string;
  database: string;
  collection?: string;
  sql: string;
  count: number;
  us: number;
  mean: number;
  max: number;
  plan?: string[];
  explains: boolean;
}

/** The time in each layer of a request, and the statements that its databases have run. */
export function Work({ id }: { id: number }) {
  const { value, error } = useLoad(() => call<Worked>("GET", `/v1/admin/requests/${id}`), [id]);
  if (error) return <p class="note">{explain(error)}</p>;
  if (!value) return null;
  const layers = [["database", t.layerDatabase], ["rules", t.layerRules], ["functions", t.layerFunctions]] as const;
  const used = layers.filter(([layer]) => value.layers[layer]);
  return (
    <>
      {used.length > 0 && <section><h3>{t.timeSpent}</h3>
        <table class="layers">
          <tbody>{used.map(([layer, label]) => {
            const { count, us } = value.layers[layer]!;
            return <tr key={layer}><th scope="row">{label}</th><td class="right">{figure(count)} ×</td><td class="right">{duration(us)}</td><td><meter min={0} max={Math.max(value.us, us, 1)} value={us} aria-label={label} /></td></tr>;
          })}</tbody>
        </table>
      </section>}
      {value.statements.length > 0 && <section><h3>{t.statements}</h3>
        <ol class="statements">{value.statements.map((s, n) => (
          <li key={n}><p><a href={address("logs", "statements", { at: s.id })}>{duration(s.us)}</a><span class="nothing"> {t.after} {duration(s.at)} · {s.database}</span></p><pre tabIndex={0}>{s.sql}</pre></li>
        ))}</ol>
        {value.more > 0 && <p class="note">+ {figure(value.more)}</p>}
      </section>}
    </>
  );
}

const orders = ["total", "mean", "max", "count"];

/** The statements that requests have run on this node, those that have cost most first. */
export function Statements({ overview, route }: { overview: Overview; route: Route }) {
  const sort = orders.find((one) => one === route.query.get("sort")) ?? "total";
  const { value, error, busy, reload } = useLoad(() => call<{ node: string; items: Statement[] }>("GET", `/v1/admin/statements?limit=200&sort=${sort}`), [sort], { keep: true, every: 5000 });
  const at = route.query.get("at") ?? undefined;
  const to = (change: { [name: string]: string | undefined }): string => address("logs", "statements", { sort: sort === "total" ? undefined : sort, at, ...change });
  const head = (order: string, label: string) => <th scope="col" class="right" aria-sort={order === sort ? "descending" : undefined}><a href={to({ sort: order })}>{label}</a></th>;
  if (error && !value) return <div class="split"><Problem retry={reload}>{explain(error)}</Problem></div>;
  return (
    <div class="split">
      {value && (value.items.length === 0 ? <Empty icon="logs" title={t.noStatements}><p>{t.statementsHint}</p></Empty> : (
        <div class="list" tabIndex={0} aria-busy={busy}>
          <table class="costs">
            <thead><tr><th scope="col">{t.statements}</th>{head("total", t.total)}{head("count", t.runs)}{head("mean", t.perCall)}{head("max", t.slowest)}</tr></thead>
            <tbody>{value.items.map((s) => (
              <tr key={s.id} class={s.id === at ? "at" : ""}><th scope="row"><a href={to({ at: s.id })} aria-current={s.id === at ? "true" : undefined}>{s.collection ?? s.database}</a><code>{s.sql}</code></th>
                <td class="right">{duration(s.us)}</td><td class="right">{figure(s.count)}</td><td class="right">{duration(s.mean)}</td><td class="right">{duration(s.max)}</td></tr>
            ))}</tbody>
          </table>
          <p class="note">{t.statementsHint}</p>
        </div>
      ))}
      {at && <One key={at} overview={overview} id={at} onClose={() => go(to({ at: undefined }))} />}
    </div>
  );
}

function One({ overview, id, onClose }: { overview: Overview; id: string; onClose: () => void }) {
  const { value, error, reload } = useLoad(() => call<Statement>("GET", `/v1/admin/statements/${encodeURIComponent(id)}`), [id]);
  const collection = overview.collections.find((c) => c.name === value?.collection);
  const index = value && collection ? indexFor(value.sql, value.plan ?? [], collection) : [];
  return (
    <Panel title={value?.collection ?? t.statement} onClose={onClose} actions={value && <Button icon="copy" kind="quiet" label={t.copyRule} onClick={() => void copy(value.sql)} />}>
      {error !== undefined && <Problem retry={reload}>{explain(error)}</Problem>}
      {value && <>
        <pre tabIndex={0}>{value.sql}</pre>
        <section><h3>{t.plan}</h3>{value.plan?.length ? <pre tabIndex={0}>{value.plan.join("\n")}</pre> : <p class="note">{t.noPlan}</p>}</section>
        {collection && index.length > 0 && <section class="advice"><p>{t.readsWholeTable}</p><p><code>{index.join(", ")}</code> <a href={address("schema", collection.name, { index: index.join(", ") })}>{t.proposeIndex}</a></p></section>}
        <dl class="facts">{[[t.databases, value.database], [t.total, duration(value.us)], [t.runs, figure(value.count)], [t.perCall, duration(value.mean)], [t.slowest, duration(value.max)]].map(([what, is]) => <div key={what}><dt>{what}</dt><dd>{is}</dd></div>)}</dl>
      </>}
    </Panel>
  );
}
