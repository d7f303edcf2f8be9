import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { call, explain, type Collection, type Overview } from "./api.js";
import { CallerPicker, readAs } from "./caller.js";
import { Review, type Edit } from "./edits.js";
import { ExpressionEditor } from "./expression.js";
import { useLoad } from "./load.js";
import { Matrix } from "./matrix.js";
import type { Mistake } from "./mistake.js";
import { RuleTests } from "./ruletests.js";
import { address, go, type Route } from "./router.js";
import { t } from "./strings.js";
import { Button, copy, Empty, Panel, Problem } from "./ui.js";
import { Verdict, type Explanation } from "./why.js";

interface Checked {
  problems: Mistake[];
  explanation?: Explanation;
}

const operations = ["read", "create", "update", "delete"];

/** The rules of a collection, tried as they are typed. */
export function Rules({ overview, route }: { overview: Overview; route: Route }) {
  const collection = overview.collections.find((c) => c.name === route.name) ?? overview.collections[0];
  if (!collection) return <div class="page"><header class="bar"><h1>{t.rules}</h1></header><Empty icon="rules" title={t.noCollections}><p>{t.noCollectionsHint}</p></Empty></div>;
  const op = route.query.get("op") ?? "read";
  return (
    <div class="page">
      <header class="bar"><h1>{t.rules}</h1>
        <select aria-label={t.chooseCollection} value={collection.name} onChange={(e) => go(address("rules", e.currentTarget.value, { op, as: route.query.get("as") ?? undefined }))}>
          {overview.collections.map((c) => <option key={c.name} value={c.name}>{c.name}</option>)}
        </select>
      </header>
      <div class="tabs" role="tablist" aria-label={t.op}>
        {operations.map((one) => <button key={one} type="button" role="tab" aria-selected={one === op} class={collection.rules?.[one] ? "" : "unset"} onClick={() => go(address("rules", collection.name, { op: one, as: route.query.get("as") ?? undefined }))}>{one}</button>)}
      </div>
      <Trial key={`${collection.name}/${op}`} overview={overview} collection={collection} op={op} route={route} />
    </div>
  );
}

function Trial({ overview, collection, op, route }: { overview: Overview; collection: Collection; op: string; route: Route }) {
  const configured = collection.rules?.[op] ?? "";
  const asKey = route.query.get("as");
  const as = readAs(asKey);
  const [text, setText] = useState(configured);
  const [picking, setPicking] = useState(false);
  const [panel, setPanel] = useState<ComponentChildren>();
  const nothing = text.trim() === "";
  const { value: checked, error, busy } = useLoad(async (): Promise<Checked & { as: string | null }> => {
    const answer = nothing ? { problems: [] } : await call<Checked>("POST", "/v1/admin/check", { collection: collection.name, op, rule: text, ...(as?.body ?? { as: null }) });
    return { ...answer, as: asKey };
  }, [text, asKey, collection, op], { keep: true, wait: text === configured ? 0 : 250 });
  const explanation = checked?.as === asKey ? checked.explanation : undefined; // what another caller may is never shown as this one's
  const write = (): void => {
    const path = ["collections", collection.name, "rules", op];
    const edits: Edit[] = [text.trim() === "" ? { do: "remove", path } : { do: "set", path, value: text.trim() }];
    const close = (): void => setPanel(undefined);
    setPanel(<Review edits={edits} onClose={close} onDone={close} />);
  };
  return (
    <div class="split">
      <div class="trial">
        <section>
          <ExpressionEditor label={`${collection.name}.${op}`} hint={t.tryHint} text={text} collection={collection} op={op} overview={overview} mistakes={nothing || error ? [] : (checked?.problems ?? [])} onText={setText} />
          {nothing ? <p class="note">{t.noRule}</p> : error !== undefined && <Problem>{explain(error)}</Problem>}
          {checked && checked.problems.length === 0 && !nothing && !error && !busy && <p class="fine">{t.ruleOk}</p>}
          <footer class="actions"><Button icon="copy" onClick={() => void copy(text)}>{t.copyRule}</Button>{text !== configured && <><Button onClick={() => setText(configured)}>{t.revert}</Button><Button icon="code" disabled={busy || (checked?.problems.length ?? 0) > 0} onClick={write}>{t.intoFile}</Button></>}</footer>
          <FieldRules title={`${t.fieldRules} – ${t.readable}`} rules={collection.fields_readable} />
          <FieldRules title={`${t.fieldRules} – ${t.writable}`} rules={collection.fields_writable} />
          <FieldRules title={t.forced} rules={{ ...collection.set?.create }} />
        </section>
        <section aria-busy={busy}>
          <header class="bar small"><h2>{t.caller}</h2><Button icon="eye" onClick={() => setPicking(true)}>{as?.label ?? t.anonymous}</Button></header>
          {explanation ? <Verdict explanation={explanation} /> : <p class="note">–</p>}
        </section>
        <Matrix overview={overview} collection={collection} op={op} rule={text} configured={configured} as={as} onPanel={setPanel} />
        <RuleTests collection={collection} op={op} rule={text.trim()} />
      </div>
      {!picking && panel}
      {picking && <Panel title={t.caller} onClose={() => setPicking(false)}><CallerPicker accounts={overview.accounts} onPick={(one) => { setPicking(false); go(address("rules", collection.name, { op, as: one.key })); }} /></Panel>}
    </div>
  );
}

function FieldRules({ title, rules }: { title: string; rules?: { [field: string]: string } }) {
  const all = Object.entries(rules ?? {});
  if (all.length === 0) return null;
  return <section><h2 class="minor">{title}</h2><ul class="conditions">{all.map(([field, rule]) => <li key={field}><code>{field}</code><code>{rule}</code></li>)}</ul></section>;
}
