import { call, explain } from "./api.js";
import { Configuration } from "./configuration.js";
import { Charts } from "./figures.js";
import { useLoad } from "./load.js";
import { address, type Route } from "./router.js";
import { figure, moment, t } from "./strings.js";
import { Button, Empty, Problem, say } from "./ui.js";

interface Node {
  id: string;
  host: string;
  address: string;
  version: string;
  started: string;
  draining: boolean;
  requests_under_way: number;
  live_connections: number;
  memory_bytes: number;
}

interface StatusAnswer {
  node: string;
  nodes: Node[];
  same_configuration: boolean;
  databases: { [name: string]: { driver: string; ok: boolean; ms: number; changes?: string; events?: { [state: string]: number } } };
  bus: { driver: string; ok: boolean };
  redis?: { ok: boolean };
}

const Ok = ({ ok }: { ok: boolean }) => <span class={ok ? "tag good" : "tag bad"}>{ok ? t.ok : t.down}</span>;

/** How the node is and was, how its cluster is, and what configuration runs. */
export function Status({ route }: { route: Route }) {
  const tab = ["cluster", "configuration"].find((one) => one === route.name) ?? "";
  return (
    <div class="page">
      <header class="bar"><h1>{t.status}</h1></header>
      <div class="tabs" role="tablist" aria-label={t.status}>
        {([["", t.lastHour], ["cluster", t.cluster], ["configuration", t.configuration]] as const).map(([name, label]) => <a key={name} role="tab" aria-selected={name === tab} href={address("status", name)}>{label}</a>)}
      </div>
      <div class="split">{tab === "cluster" ? <Cluster /> : tab === "configuration" ? <Configuration /> : <div class="list" tabIndex={0}><Charts /></div>}</div>
    </div>
  );
}

/** The cluster, as the node that answers sees it; asked again while the page is looked at. */
function Cluster() {
  const { value, error, reload } = useLoad(() => call<StatusAnswer>("GET", "/v1/admin/status"), [], { every: 5000 });
  return (
    <>{error ? <Problem retry={reload}>{explain(error)}</Problem> : value && (
        <div class="list" tabIndex={0}>
          <h2>{t.nodes}</h2>
          <table>
            <thead><tr><th scope="col">Host</th><th scope="col">{t.version}</th><th scope="col">{t.since}</th><th scope="col" class="right">HTTP</th><th scope="col" class="right">{t.live}</th><th scope="col" class="right">MiB</th></tr></thead>
            <tbody>{value.nodes.map((n) => (
              <tr key={n.id}><th scope="row">{n.host}<code>{n.address}</code></th><td>{n.version}{n.draining && <span class="tag warn">draining</span>}</td><td><time dateTime={n.started}>{moment(n.started)}</time></td>
                <td class="right">{figure(n.requests_under_way)}</td><td class="right">{figure(n.live_connections)}</td><td class="right">{figure(Math.round(n.memory_bytes / 2 ** 20))}</td></tr>
            ))}</tbody>
          </table>
          {value.nodes.length > 1 && <p class={value.same_configuration ? "note" : "wrong"}>{value.same_configuration ? t.sameFile : t.otherFile}</p>}
          <h2>{t.databases}</h2>
          <table>
            <thead><tr><th scope="col">Name</th><th scope="col">{t.status}</th><th scope="col" class="right">ms</th><th scope="col">{t.live}</th><th scope="col">{t.events}</th></tr></thead>
            <tbody>{Object.entries(value.databases).sort().map(([name, d]) => (
              <tr key={name}><th scope="row">{name}<code>{d.driver}</code></th><td><Ok ok={d.ok} /></td><td class="right">{d.ms.toFixed(1)}</td><td>{d.changes ?? "–"}</td>
                <td>{d.events ? <a href={address("events")}>{Object.entries(d.events).map(([state, n]) => `${state}: ${figure(n)}`).join(", ") || "0"}</a> : "–"}</td></tr>
            ))}</tbody>
          </table>
          <h2>{t.bus}</h2>
          <table><tbody><tr><th scope="row">{value.bus.driver}</th><td><Ok ok={value.bus.ok} /></td></tr>{value.redis && <tr><th scope="row">redis</th><td><Ok ok={value.redis.ok} /></td></tr>}</tbody></table>
        </div>
      )}</>
  );
}

interface Event {
  database: string;
  id: string;
  event: string;
  type: string;
  attempts: number;
  created: string;
  due: string;
  error?: string;
  data: unknown;
}

/** The events that wait, are delivered, or could not be. */
export function Events({ route }: { route: Route }) {
  const state = route.query.get("state") ?? "dead";
  const { value, error, busy, reload } = useLoad(() => (state === "schedules" ? Promise.resolve(undefined) : call<{ items: Event[] }>("GET", `/v1/admin/events?state=${encodeURIComponent(state)}`)), [state]);
  const act = (what: Promise<unknown>, done: string): void => void what.then(() => { say(done); reload(); }, (e: unknown) => say(explain(e), { bad: true }));
  return (
    <div class="page">
      <header class="bar"><h1>{t.events}</h1><span class="grow" /><Button icon="reload" kind="quiet" label={t.reload} onClick={reload} /></header>
      <div class="tabs" role="tablist">
        {([["dead", t.eventsDead], ["pending", t.eventsPending], ["done", t.eventsDone], ["schedules", t.schedules]] as const).map(([one, label]) => <a key={one} role="tab" aria-selected={one === state} href={address("events", "", { state: one })}>{label}</a>)}
      </div>
      {state === "schedules" ? <Schedules /> : error ? <Problem retry={reload}>{explain(error)}</Problem> : value && (value.items.length === 0 ? <Empty icon="events" title={t.noEvents}><p>{state === "dead" && t.noEventsHint}</p></Empty> : (
        <div class="list" tabIndex={0} aria-busy={busy}>
          {value.items.map((e) => (
            <details key={e.id} class="event">
              <summary><b>{e.event}</b><span class="nothing">{e.type}</span><time dateTime={e.created}>{moment(e.created)}</time><span>{e.attempts} {t.attempts}</span>{state === "pending" && <span class="nothing">{t.due} <time dateTime={e.due}>{moment(e.due)}</time></span>}{e.error && <span class="wrong">{e.error}</span>}</summary>
              <pre tabIndex={0}>{JSON.stringify(e.data, null, 2)}</pre>
              <footer class="actions">
                {state === "dead" && <Button icon="reload" onClick={() => act(call("POST", `/v1/admin/events/${encodeURIComponent(e.id)}/replay`), t.replayed)}>{t.replay}</Button>}
                <Button icon="trash" kind="bad" onClick={() => act(call("DELETE", `/v1/admin/events/${encodeURIComponent(e.id)}`), t.removed)}>{t.remove}</Button>
              </footer>
            </details>
          ))}
        </div>
      ))}
    </div>
  );
}

interface Scheduled {
  event: string;
  schedule: string;
  timezone?: string;
  next: string[];
}

/** The events that a time raises, with their next runs. */
function Schedules() {
  const { value, error, reload } = useLoad(() => call<{ items: Scheduled[] }>("GET", "/v1/admin/schedules"), []);
  if (error) return <Problem retry={reload}>{explain(error)}</Problem>;
  if (!value) return null;
  if (value.items.length === 0) return <Empty icon="events" title={t.noSchedules}><p>{t.noSchedulesHint}</p></Empty>;
  return (
    <div class="list" tabIndex={0}>
      <table>
        <thead><tr><th scope="col">{t.event}</th><th scope="col">{t.schedule}</th><th scope="col">{t.nextRuns}</th></tr></thead>
        <tbody>{value.items.map((s) => <tr key={s.event}><th scope="row">{s.event}</th><td><code>{s.schedule}</code> {s.timezone ?? "UTC"}</td><td><ul>{s.next.map((at) => <li key={at}><time dateTime={at}>{moment(at)}</time></li>)}</ul></td></tr>)}</tbody>
      </table>
    </div>
  );
}
