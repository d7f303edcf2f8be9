import { call, explain, type Overview } from "./api.js";
import { Changes } from "./changes.js";
import { useLoad } from "./load.js";
import { address, type Route } from "./router.js";
import { duration, figure, moment, t } from "./strings.js";
import { Button, Empty, Problem } from "./ui.js";

interface Connection {
  user?: string;
  admin?: boolean;
  ip: string;
  opened: string;
  subscriptions: number;
  waiting: number;
}

interface LiveQuery {
  collection: string;
  filter: string;
  limit: number;
  listeners: number;
  documents: number;
  computed: boolean;
  compared: number;
  matched: number;
  reads: number;
  ms: number;
  messages: number;
  bytes: number;
}

interface Channel {
  name: string;
  listeners: number;
  members: number;
  who: Present[];
  messages: number;
  bytes: number;
}

interface Present {
  user?: string;
  name?: string;
  key: string;
}

interface Answer {
  node: string;
  counts: { connections: number; subscriptions: number; queries: number; channels: number; held: number };
  connections: Connection[] | null;
  queries: LiveQuery[] | null;
  channels: Channel[] | null;
}

const size = (bytes: number): string => (bytes < 2 ** 10 ? `${figure(bytes)} B` : bytes < 2 ** 20 ? `${figure(Math.round(bytes / 2 ** 10))} KiB` : `${figure(Math.round(bytes / 2 ** 20))} MiB`);

/** The live queries of the node with their costs, who is connected, the channels, and what changes. */
export function Live({ overview, route }: { overview: Overview; route: Route }) {
  const { value, error, reload } = useLoad(() => call<Answer>("GET", "/v1/admin/live"), [], { every: 3000 });
  const tab = ["connections", "channels", "changes"].find((one) => one === route.name) ?? "";
  const counts = value?.counts;
  return (
    <div class="page">
      <header class="bar"><h1>{t.live}</h1>{value && <span class="count">{t.node} {value.node.slice(0, 8)} · {size(value.counts.held)}</span>}<span class="grow" /><Button icon="reload" kind="quiet" label={t.reload} onClick={reload} /></header>
      <div class="tabs" role="tablist" aria-label={t.live}>
        {([["", t.queries, counts?.queries], ["connections", t.connectionsTitle, counts?.connections], ["channels", t.channels, counts?.channels], ["changes", t.changes, undefined]] as const).map(([name, label, n]) => <a key={name} role="tab" aria-selected={name === tab} href={address("live", name)}>{label}{n !== undefined && ` (${figure(n)})`}</a>)}
      </div>
      <div class="split">
        {tab === "changes" ? <Changes overview={overview} route={route} /> : error && !value ? <Problem retry={reload}>{explain(error)}</Problem> : value && (tab === "connections" ? <Connections all={value.connections ?? []} /> : tab === "channels" ? <Channels all={value.channels ?? []} /> : <Queries all={value.queries ?? []} />)}
      </div>
    </div>
  );
}

function Queries({ all }: { all: LiveQuery[] }) {
  if (all.length === 0) return <Empty icon="live" title={t.noQueries}><p>{t.noQueriesHint}</p></Empty>;
  return (
    <div class="list" tabIndex={0}>
      <table class="costs">
        <thead><tr><th scope="col">{t.liveQuery}</th><th scope="col" class="right">{t.listeners}</th><th scope="col" class="right">{t.documents}</th><th scope="col" class="right">{t.compared}</th><th scope="col" class="right">{t.matched}</th><th scope="col" class="right">{t.reads}</th><th scope="col" class="right">{t.took}</th><th scope="col" class="right">{t.messages}</th><th scope="col" class="right">{t.sent}</th></tr></thead>
        <tbody>{all.map((q, n) => (
          <tr key={n}><th scope="row"><a href={address("data", q.collection)}>{q.collection}</a>{q.computed && <span class="tag warn" title={t.computedHint}>{t.computed}</span>}<code>{q.filter}</code></th>
            <td class="right">{figure(q.listeners)}</td><td class="right">{figure(q.documents)}</td><td class="right">{q.computed ? "–" : figure(q.compared)}</td><td class="right">{q.computed ? "–" : figure(q.matched)}</td><td class="right">{figure(q.reads)}</td><td class="right">{q.computed ? duration(q.ms * 1000) : "–"}</td><td class="right">{figure(q.messages)}</td><td class="right">{size(q.bytes)}</td></tr>
        ))}</tbody>
      </table>
      <p class="note">{t.queriesHint}</p>
    </div>
  );
}

function Connections({ all }: { all: Connection[] }) {
  if (all.length === 0) return <Empty icon="live" title={t.noConnections} />;
  return (
    <div class="list" tabIndex={0}>
      <table>
        <thead><tr><th scope="col">{t.who}</th><th scope="col">IP</th><th scope="col">{t.since}</th><th scope="col" class="right">{t.subscriptions}</th><th scope="col" class="right">{t.unread}</th></tr></thead>
        <tbody>{all.map((c, n) => (
          <tr key={n}><th scope="row">{c.user ?? (c.admin ? t.adminKey : t.anonymous)}</th><td>{c.ip}</td><td><time dateTime={c.opened}>{moment(c.opened)}</time></td><td class="right">{figure(c.subscriptions)}</td><td class="right">{size(c.waiting)}</td></tr>
        ))}</tbody>
      </table>
    </div>
  );
}

function Channels({ all }: { all: Channel[] }) {
  if (all.length === 0) return <Empty icon="live" title={t.noChannels}><p>{t.noChannelsHint}</p></Empty>;
  return (
    <div class="list" tabIndex={0}>
      <table>
        <thead><tr><th scope="col">{t.channel}</th><th scope="col" class="right">{t.listeners}</th><th scope="col" class="right">{t.members}</th><th scope="col" class="right">{t.keptMessages}</th><th scope="col" class="right">{t.size}</th></tr></thead>
        <tbody>{all.map((c) => (
          <tr key={c.name}><th scope="row">{c.name}<Who channel={c} /></th><td class="right">{figure(c.listeners)}</td><td class="right">{figure(c.members)}</td><td class="right">{figure(c.messages)}</td><td class="right">{size(c.bytes)}</td></tr>
        ))}</tbody>
      </table>
    </div>
  );
}

/** The first members of a channel: as they call themselves, and by their accounts. */
function Who({ channel: { members, who } }: { channel: Channel }) {
  if (who.length === 0) return null;
  return <span class="who">{who.map((m) => <span key={m.key} title={m.user ?? m.key}>{m.name || m.user || t.anonymous}{m.name && m.user && <code>{m.user}</code>}</span>)}{members > who.length && <span>+ {figure(members - who.length)} {t.others}</span>}</span>;
}
