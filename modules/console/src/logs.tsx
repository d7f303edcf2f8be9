import { useLayoutEffect, useState } from "preact/hooks";
import { call, explain, type Overview } from "./api.js";
import { claimsAs, readAs, userAs } from "./caller.js";
import { sameAddress, useAsked, useEvery, useLoad } from "./load.js";
import { address, go, type Route } from "./router.js";
import { clockTime, duration, figure, moment, t } from "./strings.js";
import { Button, copy, Empty, Icon, Panel, Problem, say } from "./ui.js";
import { Reason } from "./why.js";
import { Statements, Work } from "./work.js";

/** One of the last requests, as GET /v1/admin/requests has it. */
interface Seen {
  id: number;
  time: string;
  request: string;
  method: string;
  route: string;
  path: string;
  status: number;
  us: number;
  bytes: number;
  ip: string;
  user?: string;
  admin?: boolean;
  actor?: string;
  code?: string;
  rule?: string;
  trace?: string;
  of: number;
}

interface Page {
  node: string;
  items: Seen[];
  next: number | null;
}

const pollTime = 2000;
/** How many rows the page has at most. */
const most = 2000;
const pageSize = 200;

/** The query of the call for what the address of the page asks. */
function ask(route: Route, more: { [name: string]: number }): string {
  const query = new URLSearchParams();
  for (const name of ["user", "route", "code", "slower"]) {
    const value = route.query.get(name);
    if (value) query.set(name, value);
  }
  for (const [name, value] of Object.entries(more)) query.set(name, String(value));
  return `/v1/admin/requests?${query.toString()}`;
}

/** The requests that fit, which go on coming while the page is followed. */
function useRequests(route: Route, following: boolean) {
  const list = useLoad(() => call<Page>("GET", ask(route, { limit: pageSize })), [ask(route, {})], { keep: true });
  // Another node may answer, which has other requests.
  useEvery(pollTime, () => list.extend("newer", ({ items }) => call<Page>("GET", ask(route, { after: items[0]?.id ?? 0, limit: 500 })),
    (now, fresh) => (fresh.node !== now.node ? undefined : fresh.items.length === 0 ? now : { ...now, items: [...fresh.items, ...now.items].slice(0, most) })), following);
  const older = (): void => list.extend("older", ({ next }) => call<Page>("GET", ask(route, { before: next!, limit: pageSize })),
    (now, more) => (more.node !== now.node ? undefined : { ...more, items: [...now.items, ...more.items] }), (e) => say(explain(e), { bad: true }));
  return { ...list, older };
}

/** The last requests that the node has answered, and the statements that they have run. */
export function Logs({ overview, route }: { overview: Overview; route: Route }) {
  const statements = route.name === "statements";
  return (
    <div class="page">
      <header class="bar"><h1>{t.logs}</h1></header>
      <div class="tabs" role="tablist" aria-label={t.logs}>
        <a role="tab" aria-selected={!statements} href={address("logs")}>{t.requestRate}</a><a role="tab" aria-selected={statements} href={address("logs", "statements")}>{t.statements}</a>
      </div>
      {statements ? <Statements overview={overview} route={route} /> : <Requests overview={overview} route={route} />}
    </div>
  );
}

function Requests({ overview, route }: { overview: Overview; route: Route }) {
  const [following, follow] = useState(true);
  const { value: page, error, busy, older, reload } = useRequests(route, following);
  const chosen = Number(route.query.get("at"));
  const at = page?.items.find((one) => one.id === chosen);
  const filtered = ["user", "route", "code", "slower"].some((name) => route.query.get(name));
  const to = (change: { [name: string]: string | undefined }): string =>
    address("logs", "", { user: route.query.get("user") ?? "", route: route.query.get("route") ?? "", code: route.query.get("code") ?? "", slower: route.query.get("slower") ?? "", ...change });
  return (
    <>
      <header class="bar following">{page && <span class="count">{t.node} {page.node.slice(0, 8)}</span>}<span class="grow" />
        <Button icon={following ? "pause" : "play"} pressed={following} onClick={() => follow(!following)}>{t.follow}</Button><Button icon="reload" kind="quiet" label={t.reload} onClick={reload} />
      </header>
      <Filters route={route} to={to} />
      <div class="split">
        {error && !page ? <Problem retry={reload}>{explain(error)}</Problem> : page && (page.items.length === 0 ? (
          <Empty icon="logs" title={filtered ? t.noRequestFits : t.noRequests}><p>{t.requestsHint}</p>{filtered && <Button onClick={() => go(address("logs"))}>{t.clearFilter}</Button>}</Empty>
        ) : (
          <div class="list log" tabIndex={-1} aria-busy={busy}>
            <table onKeyDown={moveRow}>
              <thead><tr><th scope="col">{t.time}</th><th scope="col">{t.status}</th><th scope="col">{t.requestName}</th><th scope="col">{t.who}</th><th scope="col" class="right">{t.took}</th><th scope="col">{t.reason}</th></tr></thead>
              <tbody>{page.items.map((one) => <Line key={one.id} one={one} at={one.id === chosen} to={to({ at: String(one.id) })} />)}</tbody>
            </table>
            <p class="note">{t.requestsHint}</p>
            {page.next !== null && <Button onClick={older}>{t.more}</Button>}
          </div>
        ))}
        {at && <Details key={at.id} one={at} overview={overview} to={to} onClose={() => go(to({}))} />}
      </div>
    </>
  );
}

/** Goes up and down the rows with the arrow keys. */
function moveRow(e: KeyboardEvent): void {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[e.key] as "nextElementSibling" | undefined;
  const link = step && (e.target as HTMLElement).closest("tr")?.[step]?.querySelector("a");
  if (!link) return;
  e.preventDefault();
  link.focus();
}

const tone = (status: number): string => (status >= 500 ? "tag bad" : status >= 400 ? "tag warn" : "tag good");

function Line({ one, at, to }: { one: Seen; at: boolean; to: string }) {
  const rule = placeOf.exec(one.rule ?? "");
  return (
    <tr class={at ? "at" : ""}>
      <td><time dateTime={one.time} title={moment(one.time)}>{clockTime(one.time)}</time></td>
      <td><span class={tone(one.status)}>{one.status}</span></td>
      <th scope="row"><a href={to} aria-current={at ? "true" : undefined}><b>{one.method}</b> {one.path}</a>{one.of > 1 && <span class="tag" title={t.standsFor}>× {figure(one.of)}</span>}</th>
      <td class="who"><Who one={one} /></td>
      <td class="right">{duration(one.us)}</td>
      <td class="reason">{rule ? <>{rule[1]}.{rule[2]} <code>{rule[4]}</code></> : (one.rule ?? one.code ?? "")}</td>
    </tr>
  );
}

const Who = ({ one }: { one: Seen }) => <>{one.user ? <span>{one.user}</span> : one.admin ? <span>{t.adminKey}</span> : <span class="nothing">{t.anonymous}</span>}{one.actor && <small class="nothing"> ← {one.actor}</small>}</>;

function Filters({ route, to }: { route: Route; to: (change: { [name: string]: string | undefined }) => string }) {
  const [text, setText] = useState(route.query.get("route") ?? "");
  const [user, setUser] = useState(route.query.get("user") ?? "");
  const code = route.query.get("code") ?? "";
  const slower = route.query.get("slower") ?? "";
  const apply = (change: { [name: string]: string }): void => go(to(change), true);
  const asked = useAsked([route.query.toString(), user, text]);
  const submit = (): void => {
    const still = sameAddress(asked());
    void findUser(user).then((id) => still() && apply({ route: text.trim(), user: id }), (e: unknown) => still() && say(explain(e), { bad: true }));
  };
  useLayoutEffect(() => setUser(route.query.get("user") ?? ""), [route.query.get("user")]);
  useLayoutEffect(() => setText(route.query.get("route") ?? ""), [route.query.get("route")]);
  return (
    <form class="filter filters" role="search" onSubmit={(e) => { e.preventDefault(); submit(); }}>
      <div class="search"><Icon name="search" /><input id="filter" aria-label={t.routeFilter} placeholder={t.routeFilter} autocomplete="off" spellcheck={false} value={text} onInput={(e) => setText(e.currentTarget.value)} onBlur={() => text.trim() !== (route.query.get("route") ?? "") && apply({ route: text.trim() })} /></div>
      <input class="user" aria-label={t.userFilter} placeholder={t.userFilter} autocomplete="off" spellcheck={false} value={user} onInput={(e) => setUser(e.currentTarget.value)} />
      <select aria-label={t.codeFilter} value={code} onChange={(e) => apply({ code: e.currentTarget.value })}>
        <option value="">{t.anyOutcome}</option><option value="error">{t.onlyErrors}</option>
        {["2xx", "3xx", "4xx", "5xx", "401", "403", "404", "409", "422", "429", "503"].map((one) => <option key={one} value={one}>{one}</option>)}
        {code && !["error", "2xx", "3xx", "4xx", "5xx", "401", "403", "404", "409", "422", "429", "503"].includes(code) && <option value={code}>{code}</option>}
      </select>
      <select aria-label={t.slowerFilter} value={slower} onChange={(e) => apply({ slower: e.currentTarget.value })}>
        <option value="">{t.anyTime}</option>{[...new Set(["10", "50", "100", "500", "1000", ...(slower ? [slower] : [])])].map((ms) => <option key={ms} value={ms}>≥ {ms} ms</option>)}
      </select>
      <button type="submit" class="skip">{t.filter}</button>
    </form>
  );
}

/** The id of the user whose e-mail address is typed; what is no address is an id. */
async function findUser(text: string): Promise<string> {
  if (!text.includes("@")) return text.trim();
  const { items } = await call<{ items: { id: string }[] }>("GET", `/v1/admin/users?limit=1&email=${encodeURIComponent(text.trim())}`);
  if (!items[0]) throw new Error(t.noSuchUser);
  return items[0].id;
}

/** What a rule that has refused is called, where it stands, and its text. */
const placeOf = /^(\S+)\.(read|create|update|delete) (.*?:\d+:\d+): ([\s\S]*)$/;

/** One request, and the ways on from it. */
function Details({ one, overview, to, onClose }: { one: Seen; overview: Overview; to: (change: { [name: string]: string | undefined }) => string; onClose: () => void }) {
  const [, name = "", id = ""] = /^\/v1\/db\/([^/]+)(?:\/([^/]+))?$/.exec(one.path) ?? [];
  const collection = overview.collections.find((c) => c.name === name);
  const rule = placeOf.exec(one.rule ?? "");
  const as = useCaller(one.user, overview);
  const facts: [string, string | undefined][] = [
    [t.time, moment(one.time)], [t.took, duration(one.us)], [t.route, one.route], [t.errorCode, one.code], [t.who, one.user ?? (one.admin ? t.adminKey : t.anonymous)], [t.actor, one.actor], ["IP", one.ip],
    [t.size, `${figure(one.bytes)} B`], [t.requestId, one.request], ["Trace", one.trace], [t.standsFor, one.of > 1 ? figure(one.of) : undefined],
  ];
  return (
    <Panel title={`${one.method} ${one.path}`} onClose={onClose} actions={<Button icon="link" kind="quiet" label={t.copyLink} onClick={() => void copy(location.href)} />}>
      <p class={`outcome ${one.status >= 500 ? "bad" : one.status >= 400 ? "warn" : "good"}`}>{one.status} {one.code}</p>
      {one.rule && <section><h3>{t.refusedBy}</h3>{rule ? <><pre tabIndex={0}>{rule[4]}</pre><p class="hint">{rule[1]}.{rule[2]} – <code>{rule[3]!.replace(/^.*[/\\]/, "")}</code></p></> : <pre tabIndex={0}>{one.rule}</pre>}</section>}
      <div class="actions wrap">
        {rule && <a class="button" href={address("rules", rule[1]!, { op: rule[2]!, as })}><Icon name="rules" />{t.tryRule}</a>}
        {collection && !one.admin && <a class="button" href={address("data", collection.name, { as })}><Icon name="eye" />{t.seeAsThem}</a>}
        {one.user && <a class="button" href={to({ user: one.user, at: "" })}><Icon name="search" />{t.onlyTheirs}</a>}
      </div>
      {collection && id && one.status === 404 && !one.admin && <Hidden collection={collection.name} id={decodeURIComponent(id)} as={as} />}
      <Work id={one.id} />
      <dl class="facts">{facts.map(([what, value]) => value && <div key={what}><dt>{what}</dt><dd>{value}</dd></div>)}</dl>
    </Panel>
  );
}

/** The caller that a user is: an account with its claims, or, where accounts are elsewhere, claims with the id alone. */
function useCaller(user: string | undefined, { accounts, collections }: Overview): string {
  const known = useLoad(async () => {
    if (!user || !accounts || !collections[0]) return false;
    return call("POST", "/v1/admin/check", { collection: collections[0].name, op: "read", rule: "true", user }).then(() => true, () => false);
  }, [user]);
  return !user ? "anonymous" : known.value ? userAs(user).key : claimsAs({ sub: user }).key;
}

/** Says whether a document that was not found is hidden from who has asked, and why. */
function Hidden({ collection, id, as }: { collection: string; id: string; as: string }) {
  const [asked, look] = useState(false);
  const { value, error } = useLoad(() => (asked ? call<{ as: unknown }>("POST", "/v1/admin/view", { collection, query: { limit: 1 }, ...readAs(as)!.body }) : Promise.resolve(undefined)), [collection, as, asked]);
  if (!asked) return <Button icon="eye" onClick={() => look(true)}>{t.isItHidden}</Button>;
  return error !== undefined ? <Problem>{explain(error)}</Problem> : value ? <Reason collection={collection} id={id} claims={value.as} /> : null;
}
