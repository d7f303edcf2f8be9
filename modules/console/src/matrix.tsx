import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { call, explain, type Collection, type Overview, type Row } from "./api.js";
import { anonymous, CallerPicker, claimsAs, userAs, type As, type User } from "./caller.js";
import { Coverage, type Covered } from "./coverage.js";
import { useAsked, useLoad } from "./load.js";
import { nameOf } from "./related.js";
import { idOf } from "./rows.js";
import { address } from "./router.js";
import { figure, t } from "./strings.js";
import { testFile, type Allowed } from "./testfile.js";
import { Button, copy, Panel, Problem } from "./ui.js";

interface Counts {
  now: number;
  then: number;
  gained: number;
  lost: number;
}

interface Comparison {
  problems: unknown[];
  items?: Row[];
  coverage?: Covered[];
  callers?: (Allowed & { now: boolean[]; count?: Counts })[];
}

/** A comparison, with what it was asked for with. */
interface Compared extends Comparison {
  of: As[];
  rule: string;
}

const sampled = 4;
const documents = 20;
const mostCallers = 10;

/** The callers that a matrix begins with: an anonymous one, the one that is chosen, and some accounts. */
async function sample(overview: Overview, as: As | undefined): Promise<As[]> {
  const users = overview.accounts ? await call<{ items: User[] }>("GET", `/v1/admin/users?limit=${sampled}`).then((p) => p.items, () => []) : [];
  const all = [anonymous, ...(as ? [as] : []), ...users.map((u) => userAs(u.id, u.email))];
  if (all.length === 1) all.push(claimsAs({ sub: "ann" }));
  return all.filter((one, n) => all.findIndex((other) => other.key === one.key) === n);
}

/** What a rule lets callers do with documents, beside what the configured rule does, and what would change. */
export function Matrix({ overview, collection, op, rule, configured, as, onPanel }: { overview: Overview; collection: Collection; op: string; rule: string; configured: string; as: As | undefined; onPanel: (panel: ComponentChildren) => void }) {
  const [callers, setCallers] = useState<As[]>();
  const [counting, setCounting] = useState(false);
  const asked = useAsked([as?.key]);
  useEffect(() => {
    const still = asked();
    void sample(overview, as).then((all) => still() && setCallers((was) => (was ? (as && !was.some((one) => one.key === as.key) ? [...was, as].slice(-mostCallers) : was) : all)));
  }, [as?.key]);
  const last = useRef<Compared>(undefined); // what a rule that is wrong leaves as it was
  const { value, error, busy } = useLoad(async (): Promise<Compared | undefined> => {
    if (!callers) return undefined;
    const answer = await call<Comparison>("POST", "/v1/admin/compare", { collection: collection.name, op, rule: rule.trim(), callers: callers.map((c) => c.body), query: { limit: documents }, count: counting });
    return answer.problems.length > 0 ? last.current : { ...answer, of: callers, rule: rule.trim() };
  }, [callers, rule, counting], { keep: true, wait: 300 });
  last.current = value ?? last.current;
  const shown = value; // with the callers that it is of, until the answer for others is there
  const items = shown?.items ?? [];
  const countable = op !== "create";
  const picker = <Panel title={t.addCaller} onClose={() => onPanel(undefined)}><CallerPicker accounts={overview.accounts} onPick={(one) => { onPanel(undefined); setCallers((was) => (was?.some((c) => c.key === one.key) ? was : [...(was ?? []), one])); }} /></Panel>;
  return (
    <section class="matrix">
      <header class="bar small"><h2>{t.matrix}</h2><span class="grow" />
        {shown && items.length > 0 && <Button icon="code" onClick={() => onPanel(<Tests text={testFile(collection, op, items, shown.callers!)} onClose={() => onPanel(undefined)} />)}>{t.saveAsTest}</Button>}
        {countable && <Button icon="search" pressed={counting} onClick={() => setCounting(!counting)}>{t.countAll}</Button>}
        <Button icon="plus" disabled={(callers?.length ?? 0) >= mostCallers} onClick={() => onPanel(picker)}>{t.addCaller}</Button>
      </header>
      <p class="note">{rule.trim() === configured ? t.matrixHint : t.matrixChanged}</p>
      {error !== undefined && <Problem>{explain(error)}</Problem>}
      {shown && items.length === 0 && <p class="note">{t.noRows}</p>}
      {shown && items.length > 0 && shown.rule !== "" && <Coverage rule={shown.rule} coverage={shown.coverage ?? []} />}
      {shown && (
        <div class="wide" tabIndex={0} role="region" aria-label={t.matrix} aria-busy={busy}>
          <table>
            <thead><tr><th scope="col">{t.document}</th>{shown.of.map((c) => <th scope="col" key={c.key}><span>{c.label}</span>{shown.of.length > 1 && <Button icon="close" kind="quiet" label={`${t.remove}: ${c.label}`} onClick={() => setCallers((was) => was!.filter((one) => one.key !== c.key))} />}</th>)}</tr></thead>
            <tbody>
              {items.map((row, n) => (
                <tr key={idOf(row)}><th scope="row"><a href={address("data", collection.name, { doc: idOf(row) })}>{nameOf(row, collection) || idOf(row)}</a></th>
                  {shown.callers!.map((c, k) => <td key={shown.of[k]!.key}><Cell now={c.now[n]!} then={c.then[n]!} /></td>)}
                </tr>
              ))}
            </tbody>
            {shown.callers!.some((c) => c.count) && <tfoot>
              <tr><th scope="row">{t.ofAll}</th>{shown.callers!.map((c, k) => <td key={shown.of[k]!.key}>{c.count ? <Changed count={c.count} /> : "–"}</td>)}</tr>
            </tfoot>}
          </table>
        </div>
      )}
    </section>
  );
}

/** The table as a file for the command line, to copy or to save. */
function Tests({ text, onClose }: { text: string; onClose: () => void }) {
  const link = `data:application/yaml;charset=utf-8,${encodeURIComponent(text)}`;
  return (
    <Panel title={t.saveAsTest} onClose={onClose} wide>
      <p class="note">{t.testHint}</p>
      <footer class="actions"><a class="button main" download="rules.test.yaml" href={link}>{t.download}</a><Button icon="copy" onClick={() => void copy(text)}>{t.copyRule}</Button></footer>
      <pre class="code" tabIndex={0}>{text}</pre>
    </Panel>
  );
}

function Cell({ now, then }: { now: boolean; then: boolean }) {
  const what = now === then ? (then ? t.allowed : t.denied) : then ? t.becomesAllowed : t.becomesDenied;
  return <span class={`verdict-cell ${then ? "good" : "bad"} ${now === then ? "" : "new"}`} title={what}><span aria-hidden="true">{then ? "✓" : "✗"}</span><span class="hear">{what}</span>{now !== then && <small>{then ? t.gained : t.lost}</small>}</span>;
}

function Changed({ count }: { count: Counts }) {
  return <span class="tags"><b>{figure(count.then)}</b>{count.gained > 0 && <span class="tag good">+{figure(count.gained)}</span>}{count.lost > 0 && <span class="tag bad">−{figure(count.lost)}</span>}{count.gained + count.lost === 0 && <span class="nothing">{t.asNow}</span>}</span>;
}
