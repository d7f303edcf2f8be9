import { call, explain, type Overview } from "./api.js";
import { useEvery, useLoad } from "./load.js";
import { address, go, type Route } from "./router.js";
import { clockTime, t } from "./strings.js";
import { Empty, Problem } from "./ui.js";

interface Change {
  id: number;
  time: string;
  database: string;
  collection: string;
  document: string;
  by?: { user?: string; actor?: string; admin?: boolean; call?: string };
}

interface Tail {
  items: Change[];
  /** The id of the latest. */
  last: number;
}

/** How many are shown, and how often it is asked for more, in milliseconds. */
const shown = 300;
const every = 1500;

/** The changes of documents as they are committed, by whoever made them. */
export function Changes({ overview, route }: { overview: Overview; route: Route }) {
  const collection = route.query.get("collection") ?? "";
  const ask = (after: number): Promise<Tail> => call<{ items: Change[] }>("GET", `/v1/admin/changes?limit=${shown}&after=${after}${collection ? `&collection=${encodeURIComponent(collection)}` : ""}`)
    .then(({ items }) => ({ items, last: items[0]?.id ?? after }));
  const { value, error, busy, extend } = useLoad(() => ask(0), [collection]);
  useEvery(every, () => extend("newer", ({ last }) => ask(last), (now, more) => (more.items.length === 0 ? now : { items: [...more.items, ...now.items].slice(0, shown), last: more.last })));
  const items = value?.items;
  return (
    <div class="list" tabIndex={0} aria-busy={busy}>
      <div class="bar small"><select aria-label={t.chooseCollection} value={collection} onChange={(e) => go(address("live", "changes", { collection: e.currentTarget.value }), true)}>
        <option value="">{t.allCollections}</option>{overview.collections.map((c) => <option key={c.name} value={c.name}>{c.name}</option>)}
      </select></div>
      {error !== undefined && <Problem>{explain(error)}</Problem>}
      {items && (items.length === 0 ? <Empty icon="live" title={t.noChanges}><p>{t.noChangesHint}</p></Empty> : (
        <table>
          <thead><tr><th scope="col">{t.document}</th><th scope="col">{t.time}</th><th scope="col">{t.who}</th><th scope="col">{t.requestName}</th></tr></thead>
          <tbody>{items.map((c) => (
            <tr key={c.id} class="flash"><th scope="row">{c.document ? <a href={address("data", c.collection, { doc: c.document })}>{c.collection} / {c.document}</a> : <>{c.collection} <span class="nothing">{t.severalDocuments}</span></>}</th>
              <td><time dateTime={c.time}>{clockTime(c.time)}</time></td><td>{c.by ? <>{c.by.user ?? (c.by.admin ? t.adminKey : t.anonymous)}{c.by.actor && <small class="nothing"> {t.by} {c.by.actor}</small>}</> : <span class="nothing">{t.unknownWriter}</span>}</td><td>{c.by?.call ? <code>{c.by.call}</code> : "–"}</td></tr>
          ))}</tbody>
        </table>
      ))}
    </div>
  );
}
