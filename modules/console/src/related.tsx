import { useEffect, useState } from "preact/hooks";
import { call, client, type Collection, type Overview, type Row } from "./api.js";
import { useLoad } from "./load.js";
import { address } from "./router.js";
import { figure, t } from "./strings.js";
import { bytesOf, isImage, pathOf } from "./thumb.js";
import { Button, Icon } from "./ui.js";

const telling = ["title", "name", "text", "label", "subject", "email", "path"];

/** What tells a document apart for people: the text that is its name, as far as there is one. */
export function nameOf(row: Row, collection: Collection): string {
  const field = collection.fields.find((f) => f.type === "string" && f.name !== "id" && telling.includes(f.name)) ?? collection.fields.find((f) => f.type === "string");
  const value = field && row[field.name];
  return typeof value === "string" ? value : "";
}

/** The document that a field refers to, by its name. */
export function Preview({ collection, id }: { collection: Collection; id: string }) {
  const { value, error } = useLoad(() => client.db.collection<Row>(collection.name).doc(id).get(), [collection, id]);
  if (error) return <small class="hint">{t.gone}</small>;
  return value ? <small class="hint preview">{nameOf(value as Row, collection) || JSON.stringify(value).slice(0, 80)}</small> : null;
}

/** The documents that refer to one, by the collections and fields that can. */
export function BackReferences({ overview, collection, id }: { overview: Overview; collection: Collection; id: string }) {
  const all = overview.collections.flatMap((c) => c.fields.filter((f) => f.to === collection.name).map((f) => ({ from: c, field: f.name })));
  const filter = (field: string): string => `${field} == ${JSON.stringify(id)}`;
  const { value } = useLoad(() => Promise.all(all.map(({ from, field }) => call<{ total: number }>("GET", `/v1/db/${encodeURIComponent(from.name)}?limit=1&count=true&filter=${encodeURIComponent(filter(field))}`).then((p) => p.total, () => undefined))), [collection, id]);
  if (all.length === 0) return null;
  return (
    <section><h3>{t.referredBy}</h3>
      <ul class="conditions">{all.map(({ from, field }, n) => <li key={`${from.name}.${field}`}><a href={address("data", from.name, { filter: filter(field) })}>{from.name}.{field}</a><span>{value?.[n] === undefined ? "–" : figure(value[n])}</span></li>)}</ul>
    </section>
  );
}

/** The file of a document: an image as one, all others to save. It is fetched as who is signed in: no link leaves the page. */
export function FileOf({ collection, row }: { collection: Collection; row: Row }) {
  const [url, setUrl] = useState<string>();
  const id = String(row["id"]);
  const path = pathOf(collection, row);
  useEffect(() => {
    let mine: string | undefined;
    let gone = false;
    if (isImage(row)) void bytesOf(`${path}?width=760`).catch(() => bytesOf(path)).then((made) => { mine = made; if (gone) URL.revokeObjectURL(made); else setUrl(made); }, () => undefined);
    return () => {
      gone = true;
      if (mine) URL.revokeObjectURL(mine);
    };
  }, [id, row["sha256"]]);
  const save = (): void => void bytesOf(path).then((made) => {
    const link = Object.assign(document.createElement("a"), { href: made, download: String(row["name"] ?? id) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(made), 10_000);
  }, () => undefined);
  return (
    <figure class="file-of">
      {url ? <img src={url} alt={String(row["name"] ?? id)} /> : <Icon name="logs" />}
      <figcaption><b>{String(row["name"] ?? "")}</b><span>{String(row["type"] ?? "")} · {figure(Number(row["size"] ?? 0))} B</span><Button icon="down" onClick={save}>{t.download}</Button></figcaption>
    </figure>
  );
}
