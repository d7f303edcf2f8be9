import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { explain, server, type Overview } from "./api.js";
import { CallerPicker, readAs, type As } from "./caller.js";
import { useLoad } from "./load.js";
import { address, go as goTo, type Route } from "./router.js";
import { read, tokenOf } from "./requests.js";
import { nameOf, placeholder, schemaQuery, spelled, template, type Kind, type Member, type Schema } from "./schema.js";
import { duration, t } from "./strings.js";
import { Button, Panel, Problem } from "./ui.js";

interface Kept {
  query: string;
  variables: string;
}

/** What was written is kept for this tab. */
const storageKey = "basalt.console.graphql";
function kept(): Kept {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey) ?? "") as Kept;
  } catch {
    return { query: placeholder, variables: "" };
  }
}

/** Writes and runs operations of GraphQL as a caller of one's choice, beside the schema. */
export function GraphQL({ overview, route }: { overview: Overview; route: Route }) {
  const as = readAs(route.query.get("as"));
  const [text, setText] = useState(kept);
  const [picking, setPicking] = useState(false);
  const editor = useRef<HTMLTextAreaElement>(null);
  const type = route.name;
  const to = (name: string, change: { as?: string } = {}): string => address("graphql", name, { as: as?.key, ...change });
  const write = (change: Partial<Kept>): void => setText((was) => {
    const next = { ...was, ...change };
    sessionStorage.setItem(storageKey, JSON.stringify(next));
    return next;
  });
  const { value: schema, error } = useLoad(async () => {
    const answer = (await (await send(schemaQuery, undefined, await tokenOf(as))).json()) as { data?: { __schema: Schema }; errors?: { message: string }[] };
    if (!answer.data?.__schema) throw new Error(answer.errors?.[0]?.message);
    return answer.data.__schema;
  }, [as?.key]);
  return (
    <div class="page">
      <header class="bar"><h1>GraphQL</h1><span class="grow" /><Button icon="eye" onClick={() => setPicking(true)}>{as?.label ?? t.asYourself}</Button></header>
      <div class="split">
        <div class="trial">
          <section>
            <label class="field"><span class="name">{t.operation}</span><textarea ref={editor} class="mono" rows={14} spellcheck={false} autocomplete="off" value={text.query} onInput={(e) => write({ query: e.currentTarget.value })} /></label>
            <label class="field"><span class="name">{t.variables}<small>JSON</small></span><textarea class="mono" rows={4} spellcheck={false} autocomplete="off" value={text.variables} onInput={(e) => write({ variables: e.currentTarget.value })} /></label>
            <Run overview={overview} as={as} text={text} />
          </section>
          <section>
            {error !== undefined && <Problem>{explain(error)}</Problem>}
            {schema && <Explorer schema={schema} name={type} to={to} use={(root, kind) => { write(template(schema, root, kind)); editor.current?.focus(); }} />}
          </section>
        </div>
      </div>
      {picking && <Panel title={t.caller} onClose={() => setPicking(false)}>
        <ul class="choices"><li><button type="button" onClick={() => { setPicking(false); goTo(to(type, { as: "" })); }}><span>{t.asYourself}</span></button></li></ul>
        <CallerPicker accounts={overview.admin && overview.accounts} claims={false} onPick={(one) => { setPicking(false); goTo(to(type, { as: one.key })); }} />
      </Panel>}
    </div>
  );
}

const send = (query: string, variables: unknown, token: string | undefined, signal?: AbortSignal): Promise<Response> => {
  const live = /^\s*subscription\b/m.test(query);
  return fetch(`${server}/v1/graphql`, {
    method: "POST", signal, body: JSON.stringify({ query, variables }),
    headers: { "Content-Type": "application/json", Accept: live ? "text/event-stream" : "application/graphql-response+json", ...(token && { Authorization: `Bearer ${token}` }) },
  });
};

/** Runs the operation, and shows what has come back; of a subscription what comes. */
function Run({ overview, as, text }: { overview: Overview; as: As | undefined; text: Kept }) {
  const [answer, setAnswer] = useState<{ status: number; took: number; body: string }>();
  const [error, setError] = useState<unknown>();
  const [running, setRunning] = useState(false);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  useLayoutEffect(() => { stop.current?.abort(); setAnswer(undefined); setError(undefined); }, [as?.key]);
  const run = async (): Promise<void> => {
    stop.current?.abort();
    const mine = (stop.current = new AbortController());
    setError(undefined);
    setRunning(true);
    try {
      const variables = text.variables.trim() ? (JSON.parse(text.variables) as unknown) : undefined;
      const token = await tokenOf(as);
      mine.signal.throwIfAborted();
      const start = performance.now();
      const response = await send(text.query, variables, token, mine.signal);
      const shown = { status: response.status, took: (performance.now() - start) * 1000, body: "" };
      setAnswer(shown);
      await read(response, (body) => mine.signal.aborted || setAnswer({ ...shown, body }));
    } catch (e) {
      if (!mine.signal.aborted) setError(e);
    } finally {
      if (stop.current === mine) setRunning(false);
    }
  };
  return (
    <>
      {as && as.key !== "anonymous" && <p class="note">{t.impersonates}</p>}
      {!as && overview.admin && <p class="note">{t.passesAll}</p>}
      {/^\s*mutation\b/m.test(text.query) && <p class="note">{t.changesData}</p>}
      <footer class="actions"><Button kind="main" icon="play" onClick={() => void run()}>{t.run}</Button>{running && <Button onClick={() => { stop.current?.abort(); setRunning(false); }}>{t.stop}</Button>}</footer>
      {error !== undefined && <Problem>{explain(error)}</Problem>}
      <div role="status">{answer && <p class={`outcome ${answer.status >= 500 ? "bad" : answer.status >= 400 ? "warn" : "good"}`}>{answer.status} <span class="nothing">{duration(answer.took)}</span></p>}</div>
      {answer && <pre class="code" tabIndex={0}>{answer.body || t.noBody}</pre>}
    </>
  );
}

/** The most members that are listed at once. */
const mostListed = 200;

/** Walks through the types, from the roots. */
function Explorer({ schema, name, to, use }: { schema: Schema; name: string; to: (name: string) => string; use: (root: Member, kind: Kind) => void }) {
  const [sought, setSought] = useState("");
  const roots: [Kind, string | undefined][] = [["query", schema.queryType?.name], ["mutation", schema.mutationType?.name], ["subscription", schema.subscriptionType?.name]];
  const shown = schema.types.find((one) => one.name === (name || schema.queryType?.name));
  useLayoutEffect(() => setSought(""), [name]);
  const kind = roots.find(([, root]) => root === shown?.name)?.[0];
  const members = (shown?.fields ?? shown?.inputFields ?? []).filter((m) => m.name.toLowerCase().includes(sought.toLowerCase()));
  return (
    <>
      <header class="bar small"><h2>{t.schema}</h2></header>
      <div class="tabs" role="tablist" aria-label={t.schema}>{roots.map(([one, root]) => root && <a key={one} role="tab" aria-selected={root === shown?.name} href={to(root)}>{one}</a>)}</div>
      {shown && !kind && <h3>{shown.kind.toLowerCase().replace("_", " ")} {shown.name}</h3>}
      {shown?.description && <p class="note">{shown.description}</p>}
      {(shown?.fields ?? shown?.inputFields) && <label class="field"><span class="name">{t.filter}</span><input class="mono" autocomplete="off" spellcheck={false} value={sought} onInput={(e) => setSought(e.currentTarget.value)} /></label>}
      <ul class="choices members">
        {members.slice(0, mostListed).map((m) => <li key={m.name}><div>
          <span><code>{m.name}</code>{m.args?.map((a) => <small key={a.name}> {a.name}: <a href={to(nameOf(a.type))}>{spelled(a.type)}</a></small>)}</span>
          <a href={to(nameOf(m.type))}>{spelled(m.type)}</a>
          {kind && <Button label={`${t.use} ${m.name}`} icon="code" kind="quiet" onClick={() => use(m, kind)} />}
        </div></li>)}
        {shown?.enumValues?.map((v) => <li key={v.name}><div><code>{v.name}</code></div></li>)}
      </ul>
    </>
  );
}
