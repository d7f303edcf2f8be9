import type { Client } from "../../../sdk/js/src/basalt.js";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { call, client, explain, server, type Collection, type Overview } from "./api.js";
import { CallerPicker, readAs, type As } from "./caller.js";
import { address, go as goTo, type Route } from "./router.js";
import { curl, go, javascript, operations, request, ruleOf, sample, type Ask } from "./snippets.js";
import { duration, t } from "./strings.js";
import { Button, copy, Empty, Panel, Problem } from "./ui.js";

const languages = [["js", "JavaScript"], ["go", "Go"], ["curl", "curl"]] as const;
const needsId = ["get", "update", "delete"];
const hasQuery = ["list", "count", "live"];
const changing = ["create", "update", "delete"];

/** The calls of a collection, as code, that run here as a caller of one's choice. */
export function Api({ overview, route }: { overview: Overview; route: Route }) {
  const collection = overview.collections.find((c) => c.name === route.name) ?? overview.collections[0];
  if (!collection) return <div class="page"><header class="bar"><h1>{t.api}</h1></header><Empty icon="code" title={t.noCollections}><p>{t.noCollectionsHint}</p></Empty></div>;
  const op = operations.find((one) => one === route.query.get("op")) ?? "list";
  const as = readAs(route.query.get("as"));
  const to = (change: { [name: string]: string }): string => address("api", change["collection"] ?? collection.name, { op, as: as?.key, in: route.query.get("in") ?? undefined, ...change, collection: undefined });
  return (
    <div class="page">
      <header class="bar"><h1>{t.api}</h1>
        <select aria-label={t.chooseCollection} value={collection.name} onChange={(e) => goTo(to({ collection: e.currentTarget.value }))}>
          {overview.collections.map((c) => <option key={c.name} value={c.name}>{c.name}</option>)}
        </select>
        <span class="grow" /><a class="button quiet" href={`${server}/openapi.json`} target="_blank" rel="noopener">OpenAPI</a>
      </header>
      <div class="tabs" role="tablist" aria-label={t.op}>
        {operations.filter((one) => one !== "live" || collection.realtime).map((one) => <a key={one} role="tab" aria-selected={one === op} class={overview.admin && !collection.rules?.[ruleOf(one)] ? "unset" : ""} href={to({ op: one })}>{one}</a>)}
      </div>
      <Call key={`${collection.name}/${op}`} overview={overview} collection={collection} op={op} as={as} language={route.query.get("in") ?? "js"} to={to} />
    </div>
  );
}

interface CallProps {
  overview: Overview;
  collection: Collection;
  op: string;
  as: As | undefined;
  language: string;
  to: (change: { [name: string]: string }) => string;
}

function Call({ overview, collection, op, as, language, to }: CallProps) {
  const [ask, setAsk] = useState<Ask>({ op, filter: "", sort: "", limit: "20", id: "", body: sample(collection, op === "update") });
  const [picking, setPicking] = useState(false);
  const set = (change: Partial<Ask>): void => setAsk({ ...ask, ...change });
  useEffect(() => {
    if (!needsId.includes(op)) return;
    void client.db.collection<{ id: string }>(collection.name).limit(1).get().then(({ items }) => items[0] && setAsk((was) => (was.id === "" ? { ...was, id: String(items[0]!.id) } : was)), () => undefined);
  }, []);
  const anonymous = as?.key === "anonymous";
  const code = language === "go" ? go(server, collection, ask) : language === "curl" ? curl(server, collection, ask, anonymous) : javascript(server, collection, ask);
  const field = (name: "filter" | "sort" | "limit" | "id", label: string, hint?: string) => (
    <label class="field"><span class="name">{label}{hint && <small>{hint}</small>}</span><input class="mono" autocomplete="off" spellcheck={false} value={ask[name]} inputMode={name === "limit" ? "numeric" : undefined} onInput={(e) => set({ [name]: e.currentTarget.value })} /></label>
  );
  return (
    <div class="split">
      <div class="trial">
        <section>
          {needsId.includes(op) && field("id", "id")}
          {hasQuery.includes(op) && field("filter", t.filter, t.filterExample)}
          {(op === "list" || op === "live") && <div class="pair">{field("sort", t.sort, "-created")}{field("limit", t.limit)}</div>}
          {(op === "create" || op === "update") && <label class="field"><span class="name">{t.document}</span><textarea class="mono" rows={Math.max(4, ask.body.split("\n").length)} spellcheck={false} value={ask.body} onInput={(e) => set({ body: e.currentTarget.value })} /></label>}
          <header class="bar small"><div class="tabs" role="tablist" aria-label={t.language}>{languages.map(([one, label]) => <a key={one} role="tab" aria-selected={one === language} href={to({ in: one })}>{label}</a>)}</div><Button icon="copy" onClick={() => void copy(code)}>{t.copyRule}</Button></header>
          <pre class="code" tabIndex={0}>{code}</pre>
        </section>
        <section>
          <Run overview={overview} collection={collection} ask={ask} as={as} onPick={() => setPicking(true)} />
        </section>
      </div>
      {picking && <Panel title={t.caller} onClose={() => setPicking(false)}>
        <ul class="choices"><li><button type="button" onClick={() => { setPicking(false); goTo(to({ as: "" })); }}><span>{t.asYourself}</span></button></li></ul>
        <CallerPicker accounts={overview.admin && overview.accounts} claims={false} onPick={(one) => { setPicking(false); goTo(to({ as: one.key })); }} />
      </Panel>}
    </div>
  );
}

interface Answer {
  /** What it is the answer to. */
  call: string;
  status: number;
  took: number;
  headers: [string, string][];
  body: string;
}

/** The most bytes of an answer that are shown. */
const mostShown = 200_000;
const shownHeaders = ["etag", "x-request-id", "x-basalt-seen", "ratelimit", "retry-after", "content-type"];

/** Runs the call, and shows what has come back. */
function Run({ overview, collection, ask, as, onPick }: { overview: Overview; collection: Collection; ask: Ask; as: As | undefined; onPick: () => void }) {
  const [answer, setAnswer] = useState<Answer>();
  const [error, setError] = useState<unknown>();
  const stop = useRef<AbortController>(undefined);
  const [running, setRunning] = useState(false);
  useEffect(() => () => stop.current?.abort(), []);
  useLayoutEffect(() => { stop.current?.abort(); setRunning(false); setAnswer(undefined); setError(undefined); }, [as?.key]);
  const run = async (): Promise<void> => {
    stop.current?.abort();
    const mine = (stop.current = new AbortController());
    setError(undefined);
    setRunning(true);
    try {
      const token = await tokenOf(as);
      mine.signal.throwIfAborted();
      const r = request(collection, ask);
      const headers: Record<string, string> = { ...(token && { Authorization: `Bearer ${token}` }), ...(r.body !== undefined && { "Content-Type": "application/json" }), ...(ask.op === "live" && { Accept: "text/event-stream" }) };
      const start = performance.now();
      const response = await fetch(server + r.path, { method: r.method, headers, body: r.body, signal: mine.signal });
      const took = (performance.now() - start) * 1000;
      const shown: Answer = { call: `${r.method} ${r.path}`, status: response.status, took, headers: shownHeaders.flatMap((name) => { const v = response.headers.get(name); return v ? [[name, v] as [string, string]] : []; }), body: "" };
      setAnswer(shown);
      await read(response, (text) => mine.signal.aborted || setAnswer({ ...shown, body: text }));
    } catch (e) {
      if (!mine.signal.aborted) setError(e);
    } finally {
      if (stop.current === mine) setRunning(false);
    }
  };
  const rule = collection.rules?.[ruleOf(ask.op)];
  const missing = needsId.includes(ask.op) && ask.id === "";
  return (
    <>
      <header class="bar small"><h2>{t.runAs}</h2><Button icon="eye" onClick={onPick}>{as?.label ?? t.asYourself}</Button></header>
      {as && as.key !== "anonymous" && <p class="note">{t.impersonates}</p>}
      {!as && overview.admin && <p class="note">{t.passesAll}</p>}
      {changing.includes(ask.op) && <p class="note">{t.changesData}</p>}
      <footer class="actions"><Button kind="main" icon="play" disabled={missing} onClick={() => void run()}>{t.run}</Button>{running && ask.op === "live" && <Button onClick={() => { stop.current?.abort(); setRunning(false); }}>{t.stop}</Button>}</footer>
      {error !== undefined && <Problem>{explain(error)}</Problem>}
      <div role="status">{answer && <p class={`outcome ${answer.status >= 500 ? "bad" : answer.status >= 400 ? "warn" : "good"}`}>{answer.status} <span class="nothing">{duration(answer.took)}</span></p>}</div>
      {answer && <><p class="hint"><code>{answer.call}</code></p><pre class="code" tabIndex={0}>{answer.body || t.noBody}</pre><dl class="facts">{answer.headers.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl></>}
      {overview.admin && <section><h3>{t.ruleIs}: {ruleOf(ask.op)}</h3>{rule ? <pre tabIndex={0}>{rule}</pre> : <p class="note">{t.noRule}</p>}<a href={address("rules", collection.name, { op: ruleOf(ask.op), as: as?.key })}>{t.tryRule}</a></section>}
    </>
  );
}

/** The tokens to act as users, of who is signed in: another one has a client of their own. */
const impersonated = new WeakMap<Client, Map<string, { token: string; until: number }>>();

/** The token that a call is made with: one's own, none, or one that acts as a user, which is in the audit. */
export async function tokenOf(as: As | undefined): Promise<string | undefined> {
  if (!as) return client.auth.token();
  if (!("user" in as.body)) return undefined;
  const { user } = as.body;
  const mine = impersonated.get(client) ?? new Map<string, { token: string; until: number }>();
  impersonated.set(client, mine);
  const kept = mine.get(user);
  if (kept && kept.until > Date.now()) return kept.token;
  const made = await call<{ access_token: string; expires_in: number }>("POST", `/v1/admin/users/${encodeURIComponent(user)}/impersonate`, { reason: "the API page of the console" });
  mine.set(user, { token: made.access_token, until: Date.now() + (made.expires_in - 30) * 1000 });
  return made.access_token;
}

/** Reads an answer as it comes. JSON is laid out. */
export async function read(response: Response, show: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = "";
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    text += decoder.decode(value, { stream: true });
    if (text.length > mostShown) {
      text = `${text.slice(0, mostShown)}…`;
      await reader!.cancel();
      break;
    }
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) show(text);
  }
  show(layOut(text));
}

/** JSON with a line for each member. Numbers keep all their digits, so it is not parsed. */
export function layOut(text: string): string {
  if (!/^[[{]/.test(text)) return text;
  let out = "";
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s"{}[\],:]+/g)) {
    if (token === "}" || token === "]") {
      depth--;
      out = /[{[]$/.test(out.trimEnd()) ? out.trimEnd() + token : `${out}\n${"  ".repeat(depth)}${token}`;
    } else if (token === "{" || token === "[") {
      depth++;
      out += `${token}\n${"  ".repeat(depth)}`;
    } else if (token === ",") out += `,\n${"  ".repeat(depth)}`;
    else out += token === ":" ? ": " : token;
  }
  return out;
}
