import { useEffect, useState } from "preact/hooks";
import { client, explain, mistake, server, type Collection, type Field, type Overview, type Row } from "./api.js";
import { BackReferences, FileOf, Preview } from "./related.js";
import { curl, javascript, type Ask } from "./snippets.js";
import { sameAddress, useAsked } from "./load.js";
import { TreeField } from "./tree.js";
import { address } from "./router.js";
import { blank, asText, Editor, fromText } from "./value.js";
import { t } from "./strings.js";
import { Button, copy, Panel, Problem, say } from "./ui.js";

interface RecordProps {
  overview: Overview;
  collection: Collection;
  /** The document, or undefined for a new one. */
  id?: string;
  /** What a new one begins with. */
  from?: Row;
  readOnly: boolean;
  onClose: () => void;
  onDelete: (id: string) => void;
  onDuplicate: (row: Row) => void;
  onCreated: (id: string) => void;
}

/** Shows and edits one document; it stays what is stored, apart from what is being typed. */
export function Record({ overview, collection, id, from, readOnly, onClose, onDelete, onDuplicate, onCreated }: RecordProps) {
  const [stored, setStored] = useState<Row | null | undefined>(id === undefined ? blank(collection) : undefined);
  const [base, setBase] = useState<Row>({}); // what was stored when a field was touched first
  const [typed, setTyped] = useState<{ [field: string]: string }>(() => typedFrom(collection, from));
  const [whole, setWhole] = useState<string>();
  const [error, setError] = useState<unknown>();
  const [warned, setWarned] = useState(false);
  const [busy, setBusy] = useState(false);
  const asked = useAsked([collection, id]);

  useEffect(() => {
    if (id === undefined) return undefined;
    const doc = client.db.collection<Row>(collection.name).doc(id);
    if (collection.realtime) return doc.onSnapshot((row) => setStored(row), (e) => setError(e));
    const still = asked();
    void doc.get().then((row) => still() && setStored(row), (e: { status?: number }) => still() && (e.status === 404 ? setStored(null) : setError(e)));
    return undefined;
  }, [collection, id]);

  const type = (field: Field, text: string): void => {
    setTyped({ ...typed, [field.name]: text });
    setError(undefined);
    setWarned(false);
    if (!(field.name in base)) setBase({ ...base, [field.name]: stored?.[field.name] });
  };

  /** What was changed, as a patch or a new document. */
  const patch = (): Row => {
    const out: Row = {};
    if (whole !== undefined) {
      const edited = JSON.parse(whole) as Row;
      for (const name of Object.keys({ ...(id === undefined ? {} : stored), ...edited })) {
        if (JSON.stringify(edited[name]) !== JSON.stringify(stored?.[name])) out[name] = merging(stored?.[name], edited[name] ?? null);
      }
      return out;
    }
    for (const f of collection.fields) {
      const text = typed[f.name];
      if (text === undefined || (id !== undefined && text === asText(stored?.[f.name], f, true)) || (id === undefined && text === "")) continue;
      try {
        out[f.name] = merging(stored?.[f.name], fromText(text, f, stored?.[f.name]));
      } catch {
        throw { message: `${f.name}: ${t.invalidJson}`, errors: [{ field: f.name, code: "json", detail: t.invalidJson }] };
      }
    }
    return out;
  };

  const save = async (): Promise<void> => {
    const still = sameAddress(asked());
    try {
      const change = patch();
      const collided = Object.keys(change).some((name) => name in base && JSON.stringify(base[name]) !== JSON.stringify(stored?.[name]));
      if (id !== undefined && collided && !warned) {
        setWarned(true);
        return;
      }
      setBusy(true);
      const documents = client.db.collection<Row>(collection.name);
      if (id === undefined) {
        const made = await documents.add(change);
        if (still()) onCreated(String((made as Row)["id"])); // else the page was left, and is not come back to
      } else if (Object.keys(change).length > 0) {
        const updated = await documents.doc(id).update(change);
        if (!collection.realtime) setStored(updated);
      }
      // What was typed meanwhile stays.
      setTyped((now) => Object.fromEntries(Object.entries(now).filter(([name, text]) => text !== typed[name])));
      setBase({});
      setWhole((now) => (now === whole ? undefined : now));
      setError(undefined);
      say(t.saved);
    } catch (e) {
      setError(e instanceof SyntaxError ? { message: t.invalidJson } : e);
    } finally {
      setBusy(false);
      setWarned((was) => was && false);
    }
  };

  const title = id === undefined ? `${t.newRow}: ${collection.name}` : `${collection.name} / ${id}`;
  if (stored === null) return <Panel title={title} onClose={onClose}><p class="note">{t.gone}</p></Panel>;
  if (stored === undefined) return <Panel title={title} onClose={onClose}>{error ? <Problem>{explain(error)}</Problem> : <p class="note">{t.loading}…</p>}</Panel>;
  const fieldErrors = collection.fields.some((f) => mistake(error, f.name));
  const dirty = whole !== undefined || Object.keys(typed).length > 0;
  return (
    <Panel title={title} onClose={onClose} actions={id !== undefined && <>
      <Button icon="link" kind="quiet" label={t.copyLink} onClick={() => void copy(location.href)} />
      <Button icon="copy" kind="quiet" label={t.copyJson} onClick={() => void copy(JSON.stringify(stored, null, 2))} />
      <Button icon="code" kind="quiet" label={`${t.copyAs} JavaScript`} onClick={() => void copy(javascript(server, collection, ask(id)))} />
      <Button icon="terminal" kind="quiet" label={`${t.copyAs} curl`} onClick={() => void copy(curl(server, collection, ask(id), false))} />
      {!readOnly && <Button icon="plus" kind="quiet" label={t.duplicate} onClick={() => onDuplicate(stored)} />}
      {!readOnly && <Button icon="trash" kind="quiet" label={t.remove} onClick={() => onDelete(id)} />}
    </>}>
      <div class="tabs" role="tablist">
        <button type="button" role="tab" aria-selected={whole === undefined} onClick={() => setWhole(undefined)}>{t.fields}</button>
        <button type="button" role="tab" aria-selected={whole !== undefined} onClick={() => {
          try {
            setWhole(JSON.stringify({ ...stored, ...patch() }, null, 2));
          } catch (e) {
            setError(e);
          }
        }}>{t.json}</button>
      </div>
      <form onSubmit={(e) => { e.preventDefault(); void save(); }} onKeyDown={(e) => {
        if (e.key === "Enter" && (e.metaKey || e.ctrlKey)) void save();
      }}>
        {collection.files && id !== undefined && <FileOf collection={collection} row={stored} />}
        {whole !== undefined
          ? <textarea class="mono whole" aria-label={t.json} spellcheck={false} readOnly={readOnly} value={whole} rows={24} onInput={(e) => { setWhole(e.currentTarget.value); setError(undefined); }} />
          : collection.fields.map((f) => <FieldRow key={f.name} overview={overview} collection={collection} field={f} fresh={id === undefined} readOnly={readOnly}
            text={typed[f.name] ?? asText(stored[f.name], f, true)} wrong={mistake(error, f.name)} onText={(text) => type(f, text)} />)}
        {Boolean(error) && (whole !== undefined || !fieldErrors) && <Problem>{explain(error)}</Problem>}
        {warned && <Problem>{t.changedElsewhere}</Problem>}
        {!readOnly && <footer class="actions"><Button submit kind="main" disabled={busy || (!dirty && id !== undefined)}>{id === undefined ? t.create : t.save}</Button>{dirty && id !== undefined && <Button onClick={() => { setTyped({}); setBase({}); setWhole(undefined); setError(undefined); }}>{t.cancel}</Button>}</footer>}
      </form>
      {id !== undefined && <BackReferences overview={overview} collection={collection} id={id} />}
    </Panel>
  );
}

const ask = (id: string): Ask => ({ op: "get", filter: "", sort: "", limit: "", id, body: "" });

/** What makes one json value another, as a merge patch: a member that is gone is null there. */
function merging(before: unknown, now: unknown): unknown {
  const isObject = (v: unknown): v is Row => typeof v === "object" && v !== null && !Array.isArray(v) && (JSON as { isRawJSON?: (v: unknown) => boolean }).isRawJSON?.(v) !== true;
  if (!isObject(before) || !isObject(now)) return now;
  const gone = Object.keys(before).filter((name) => !(name in now));
  return Object.fromEntries([...Object.entries(now).map(([name, v]) => [name, merging(before[name], v)]), ...gone.map((name) => [name, null])]);
}

/** A new document begins with what another one has, besides its id and what is unique. */
function typedFrom(collection: Collection, from?: Row): { [field: string]: string } {
  const out: { [field: string]: string } = {};
  for (const f of from ? collection.fields : []) {
    if (!collection.key.includes(f.name) && f.name !== "id" && !f.unique && !f.served) out[f.name] = asText(from![f.name], f, true);
  }
  return out;
}

interface FieldRowProps {
  overview: Overview;
  collection: Collection;
  field: Field;
  fresh: boolean;
  readOnly: boolean;
  text: string;
  wrong?: string;
  onText: (text: string) => void;
}

/** What is declared inside a json field: city: string*, geo: { lat: float*, … }. */
function members({ fields, open }: Field): string {
  const named = (fields ?? []).map((f) => `${f.name}: ${f.fields ? `{ ${members(f)} }` : f.type}${f.required ? "*" : ""}`);
  return [...named, ...(open ? ["…"] : [])].join(", ");
}

function FieldRow({ overview, collection, field, fresh, readOnly, text, wrong, onText }: FieldRowProps) {
  const key = field.name === "id" || collection.key.includes(field.name);
  const forced = collection.set && (fresh ? collection.set.create : collection.set.update)[field.name];
  const hint = forced !== undefined ? `${t.setByServer}: ${forced}`
    : fresh && field.name === "id" && field.type === "id" ? t.generated
    : fresh && field.default !== undefined ? `${t.defaultIs}: ${JSON.stringify(field.default)}` : members(field);
  const id = `f-${field.name}`;
  const referred = field.to && text ? overview.collections.find((c) => c.name === field.to) : undefined;
  const editor = <Editor field={field} text={text} nothing={fresh && field.default !== undefined ? t.defaultIs : undefined} label={field.name} invalid={wrong !== undefined} describedBy={wrong ? `${id}-wrong` : hint ? `${id}-hint` : undefined} readOnly={readOnly || field.served === true || (!fresh && key)} onText={onText} />;
  return (
    <div class={wrong ? "field invalid" : "field"}>
      <span class="name" id={id}>{field.name}{field.required && <abbr title={t.required}>*</abbr>}<small>{field.type}{field.to && ` → ${field.to}`}</small>
        {field.to && text && <a href={address("data", field.to, { doc: text })}>{t.openRef}</a>}</span>
      {field.type === "json" ? <TreeField text={text} label={field.name} readOnly={readOnly || field.served === true} onText={onText}>{editor}</TreeField> : editor}
      {referred && !readOnly && <Preview key={text} collection={referred} id={text} />}
      {hint && <small class="hint" id={`${id}-hint`}>{hint}</small>}
      {wrong && <p class="wrong" id={`${id}-wrong`} role="alert">{wrong}</p>}
    </div>
  );
}
