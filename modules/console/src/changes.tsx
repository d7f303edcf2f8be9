import { useEffect, useState } from "preact/hooks";
import { call, explain, type Overview } from "./api.js";
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

/** How many are shown, and how often it is asked for more, in milliseconds. */
const shown = 300;
const every = 1500;

/** The changes of documents as they are committed, by whoever made them. */
export function Changes({ overview, route }: { overview: Overview; route: Route }) {
  const collection = route.query.get("collection") ?? "";
  const [items, setItems] = useState<Change[]>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    let mine = true;
    let last = 0;
    setItems(undefined);
    const ask = async (): Promise<void> => {
      if (document.visibilityState !== "visible") return;
      try {
        const { items: more } = await call<{ items: Change[] }>("GET", `/v1/admin/changes?limit=${shown}&after=${last}${collection ? `&collection=${encodeURIComponent(collection)}` : ""}`);
        if (!mine) return;
        last = more[0]?.id ?? last;
        setItems((was) => [...more, ...(was ?? [])].slice(0, shown));
        setError(undefined);
      } catch (e) {
        if (mine) setError(e);
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), every);
    return () => {
      mine = false;
      clearInterval(timer);
    };
  }, [collection]);
  return (
    <div class="list" tabIndex={0}>
      <div class="bar small"><select aria-label={t.chooseCollection} value={collection} onChange={(e) => go(address("live", "changes", { collection: e.currentTarget.value }), true)}>
        <option value="">{t.allCollections}</option>{overview.collections.map((c) => <option key={c.name} value={c.name}>{c.name}</option>)}
      </select></div>
      {error !== undefined && <Problem>{explain(error)}</Problem>}
      {items && (items.length === 0 ? <Empty icon="live" title={t.noChanges}><p>{t.noChangesHint}</p></Empty> : (
        <table>
          <thead><tr><th scope="col">{t.document}</th><th scope="col">{t.time}</th><th scope="col">{t.by}</th><th scope="col">{t.requestName}</th></tr></thead>
          <tbody>{items.map((c) => (
            <tr key={c.id} class="flash"><th scope="row">{c.document ? <a href={address("data", c.collection, { doc: c.document })}>{c.collection} / {c.document}</a> : <>{c.collection} <span class="nothing">{t.severalDocuments}</span></>}</th>
              <td><time dateTime={c.time}>{clockTime(c.time)}</time></td><td>{c.by ? <>{c.by.user ?? (c.by.admin ? t.adminKey : t.anonymous)}{c.by.actor && <small class="nothing"> {t.by} {c.by.actor}</small>}</> : <span class="nothing">{t.unknownWriter}</span>}</td><td>{c.by?.call ? <code>{c.by.call}</code> : "–"}</td></tr>
          ))}</tbody>
        </table>
      ))}
    </div>
  );
}
