import { call, explain } from "./api.js";
import { Chart } from "./chart.js";
import { useEvery, useLoad } from "./load.js";
import { figure, t } from "./strings.js";
import { Empty, Problem } from "./ui.js";

/** The figures of a node over one step, as GET /v1/admin/figures has them. */
interface Figures {
  id: number;
  time: string;
  requests: number; refused: number; failed: number;
  p50: number | null; p95: number | null; p99: number | null;
  cpu: number; memory: number; goroutines: number;
  hits: number; misses: number;
  connections: number; subscriptions: number;
  db_used: number; db_idle: number; db_waiting: number; db_calls: number; db_ms: number | null;
}

interface Answer {
  node: string;
  step: number;
  items: Figures[];
}

const most = 360;
const fewest = 30;
/** How often it is asked for more, in milliseconds. */
const every = 5000;

/** The last hour of the node, and what comes while it is looked at. Another node may answer, which has other figures. */
function useFigures(): { answer?: Answer; error?: unknown } {
  const ask = (after: number): Promise<Answer> => call("GET", `/v1/admin/figures?after=${after}`);
  const { value, error, extend } = useLoad(() => ask(0), []);
  useEvery(every, () => extend("newer", ({ items }) => ask(items.at(-1)?.id ?? 0),
    (now, fresh) => (fresh.node !== now.node ? undefined : fresh.items.length === 0 ? now : { ...fresh, items: [...now.items, ...fresh.items].slice(-most) })));
  return { answer: value, error };
}

const number = (digits: number) => (value: number): string => figure(Number(value.toPrecision(digits)));
const perSecond = (value: number): string => `${number(3)(value)}/s`;
const ms = (value: number): string => `${number(3)(value)} ms`;
const mib = (value: number): string => `${figure(Math.round(value / 2 ** 20))} MiB`;
const percent = (value: number): string => `${number(3)(value)} %`;

/** How the node has done in the last hour. */
export function Charts() {
  const { answer, error } = useFigures();
  if (!answer) return error ? <Problem>{explain(error)}</Problem> : null;
  const { items } = answer;
  if (items.length === 0) return <Empty icon="status" title={t.noFigures}><p>{t.noFiguresHint}</p></Empty>;
  const before = Array<null>(Math.max(0, fewest - items.length)).fill(null); // so that the first few are not drawn out over the whole width
  const step = answer.step * 1000;
  const first = Date.parse(items[0]!.time);
  const times = [...before.map((_, n) => new Date(first - (before.length - n) * step).toISOString()), ...items.map((f) => f.time)];
  const each = (value: (f: Figures) => number | null): (number | null)[] => [...before, ...items.map(value)];
  const of = (name: Exclude<keyof Figures, "time">) => each((f) => f[name]);
  const rate = each((f) => (f.hits + f.misses > 0 ? (100 * f.hits) / (f.hits + f.misses) : null));
  return (
    <div class="charts">
      <Chart title={t.requestRate} times={times} show={perSecond} lines={[{ name: t.all, values: of("requests") }, { name: "4xx", values: of("refused"), tone: "warn" }, { name: "5xx", values: of("failed"), tone: "bad" }]} />
      <Chart title={t.latency} times={times} show={ms} lines={[{ name: "p50", values: of("p50") }, { name: "p95", values: of("p95"), tone: "warn" }, { name: "p99", values: of("p99"), tone: "bad" }]} />
      <Chart title={t.processor} times={times} show={percent} least={10} lines={[{ name: "CPU", values: each((f) => f.cpu * 100) }]} />
      <Chart title={t.memory} times={times} show={mib} least={2 ** 26} unit={2 ** 20} lines={[{ name: "RSS", values: of("memory") }]} />
      <Chart title={t.liveConnections} times={times} show={number(3)} lines={[{ name: t.connections, values: of("connections") }, { name: t.subscriptions, values: of("subscriptions"), tone: "soft" }]} />
      <Chart title={t.cacheHits} times={times} show={percent} least={100} lines={[{ name: t.fromCache, values: rate }]} />
      <Chart title={t.databaseCalls} times={times} show={ms} lines={[{ name: t.perCall, values: of("db_ms") }]} />
      <Chart title={t.databasePool} times={times} show={number(3)} lines={[{ name: t.used, values: of("db_used") }, { name: t.idle, values: of("db_idle"), tone: "soft" }, { name: t.waiting, values: of("db_waiting"), tone: "bad" }]} />
    </div>
  );
}
