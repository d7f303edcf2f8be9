import { useLayoutEffect, useState } from "preact/hooks";
import { explain, server, type Field, type Overview } from "./api.js";
import { CallerPicker, readAs, type As } from "./caller.js";
import { useAsked } from "./load.js";
import { read, tokenOf } from "./requests.js";
import { address, go, type Route } from "./router.js";
import { duration, t } from "./strings.js";
import { Button, Empty, Panel, Problem } from "./ui.js";
import { asText, Editor, fromText } from "./value.js";

/** The functions of services, each with a form of its parameters, called as a caller of one's choice. */
export function Functions({ overview, route }: { overview: Overview; route: Route }) {
  const all = overview.services.flatMap((s) => s.functions.map((f) => ({ ...f, service: s.name, driver: s.driver, key: `${s.name}.${f.name}` })));
  const chosen = all.find((f) => f.key === route.name) ?? all[0];
  const [picking, setPicking] = useState(false);
  const as = readAs(route.query.get("as"));
  const to = (name: string, key: string | undefined): string => address("functions", name, { as: key });
  return (
    <div class="page">
      <header class="bar"><h1>{t.functionsPage}</h1>{chosen && <select aria-label={t.function} value={chosen.key} onChange={(e) => go(to(e.currentTarget.value, as?.key))}>{all.map((f) => <option key={f.key} value={f.key}>{f.key}</option>)}</select>}</header>
      <div class="split">
        {chosen ? <Form key={chosen.key} service={chosen.service} driver={chosen.driver} name={chosen.name} params={chosen.params} open={chosen.open} rule={chosen.rule} as={as} onPick={() => setPicking(true)} /> : <Empty icon="play" title={t.noFunctions}><p>{t.noFunctionsHint}</p></Empty>}
        {picking && chosen && <Panel title={t.caller} onClose={() => setPicking(false)}>
          <ul class="choices"><li><button type="button" onClick={() => { setPicking(false); go(to(chosen.key, undefined)); }}><span>{t.asYourself}</span></button></li></ul>
          <CallerPicker accounts={overview.accounts} claims={false} onPick={(one) => { setPicking(false); go(to(chosen.key, one.key)); }} />
        </Panel>}
      </div>
    </div>
  );
}

interface Answer {
  status: number;
  took: number;
  body: string;
}

interface FormProps {
  service: string;
  driver: string;
  name: string;
  params: Field[];
  /** Its parameters are those that the database knows. */
  open: boolean;
  rule?: string;
  as: As | undefined;
  onPick: () => void;
}

function Form({ service, driver, name, params, open, rule, as, onPick }: FormProps) {
  const [typed, setTyped] = useState<{ [param: string]: string }>(() => Object.fromEntries(params.map((p) => [p.name, asText(p.default, p, true)])));
  const [raw, setRaw] = useState<string | undefined>(open ? "{}" : undefined);
  const [answer, setAnswer] = useState<Answer>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<{ [param: string]: string }>({});
  const asked = useAsked([as?.key]);
  useLayoutEffect(() => { setAnswer(undefined); setError(undefined); setBusy(false); }, [as?.key]);

  /** The parameters that were typed, as JSON. */
  const body = (): string => {
    if (raw !== undefined) {
      JSON.parse(raw);
      return raw;
    }
    const out: { [param: string]: unknown } = {};
    for (const p of params) {
      if (typed[p.name] === "") continue;
      try {
        out[p.name] = fromText(typed[p.name]!, p, null);
      } catch {
        setWrong({ [p.name]: t.invalidJson });
        throw new Error(`${p.name}: ${t.invalidJson}`);
      }
    }
    return JSON.stringify(out);
  };

  const run = async (): Promise<void> => {
    const still = asked();
    setError(undefined);
    setAnswer(undefined);
    setWrong({});
    setBusy(true);
    try {
      const sent = body();
      const token = await tokenOf(as);
      if (!still()) return; // nothing is called for a caller who is not chosen any more
      const start = performance.now();
      const response = await fetch(`${server}/v1/fn/${encodeURIComponent(service)}/${encodeURIComponent(name)}`, { method: "POST", headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) }, body: sent });
      const took = (performance.now() - start) * 1000;
      await read(response, (text) => {
        if (!still()) return;
        setAnswer({ status: response.status, took, body: text });
        if (!response.ok) setWrong(Object.fromEntries(((JSON.parse(text) as { errors?: { field: string; detail: string }[] }).errors ?? []).map((e) => [e.field, e.detail])));
      });
    } catch (e) {
      if (still()) setError(e instanceof SyntaxError ? new Error(t.invalidJson) : e);
    } finally {
      if (still()) setBusy(false);
    }
  };

  const toRaw = (): void => {
    try {
      setRaw(JSON.stringify(JSON.parse(body()), undefined, 2));
    } catch (e) {
      setError(e);
    }
  };
  return (
    <div class="trial">
      <section>
        {!open && <div class="tabs" role="tablist" aria-label={t.parameters}>
          <button type="button" role="tab" aria-selected={raw === undefined} onClick={() => setRaw(undefined)}>{t.form}</button>
          <button type="button" role="tab" aria-selected={raw !== undefined} onClick={toRaw}>{t.json}</button>
        </div>}
        <form onSubmit={(e) => { e.preventDefault(); void run(); }}>
          {raw !== undefined ? <label class="field"><span class="name">{t.parameters}</span><textarea name="raw" class="mono" rows={Math.max(6, raw.split("\n").length + 1)} spellcheck={false} value={raw} onInput={(e) => setRaw(e.currentTarget.value)} /></label>
            : params.length === 0 ? <p class="note">{t.noParameters}</p> : params.map((p) => (
              <div key={p.name} class={wrong[p.name] ? "field invalid" : "field"}>
                <span class="name">{p.name}{p.required && <abbr title={t.required}>*</abbr>}<small>{p.type}{p.to && ` → ${p.to}`}{p.of && ` of ${p.of}`}</small></span>
                <Editor field={p} text={typed[p.name] ?? ""} label={p.name} invalid={wrong[p.name] !== undefined} describedBy={wrong[p.name] ? `p-${p.name}-wrong` : undefined} onText={(text) => setTyped({ ...typed, [p.name]: text })} />
                {(p.min !== undefined || p.max !== undefined || p.pattern) && <small class="hint">{[p.min !== undefined && `min ${String(p.min)}`, p.max !== undefined && `max ${String(p.max)}`, p.pattern].filter(Boolean).join(" · ")}</small>}
                {wrong[p.name] && <p class="wrong" id={`p-${p.name}-wrong`} role="alert">{wrong[p.name]}</p>}
              </div>
            ))}
          <footer class="actions"><Button submit kind="main" icon="play" disabled={busy}>{t.call}</Button></footer>
        </form>
      </section>
      <section>
        <header class="bar small"><h2>{t.runAs}</h2><Button icon="eye" onClick={onPick}>{as?.label ?? t.asYourself}</Button></header>
        <p class="note">{as && as.key !== "anonymous" ? t.impersonates : as ? t.anonymous : t.passesAll}</p>
        {error !== undefined && <Problem>{explain(error)}</Problem>}
        <div role="status">{answer && <p class={`outcome ${answer.status >= 500 ? "bad" : answer.status >= 400 ? "warn" : "good"}`}>{answer.status} <span class="nothing">{duration(answer.took)}</span></p>}</div>
        {answer && <pre class="code" tabIndex={0}>{answer.body || t.noBody}</pre>}
        <h3>{t.ruleIs}</h3>{rule ? <pre tabIndex={0}>{rule}</pre> : <p class="note">{t.adminsAlone}</p>}
        <dl class="facts"><div><dt>{t.service}</dt><dd>{service} ({driver})</dd></div></dl>
      </section>
    </div>
  );
}
