import { useEffect, useRef, useState } from "preact/hooks";
import type { Collection, Field, Overview } from "./api.js";
import { Review, type Edit } from "./edits.js";
import { address, go, type Route } from "./router.js";
import { figure, t } from "./strings.js";
import { Button, Empty, Panel } from "./ui.js";

const types = ["string", "int", "float", "decimal", "bool", "time", "date", "uuid", "json", "list", "bytes", "ref"];
const elements = ["string", "int", "float", "decimal", "bool", "time", "date", "uuid"];

/** The measures of the diagram, in pixels. */
const width = 232;
const between = 88;
const line = 24;
const headHeight = 40;
const shownFields = 14;
const gap = 24;

/** A draft outlives a look at another page. */
let draft: Edit[] = [];

/** The collections with their fields and references, and what changes them in basalt.yaml. */
export function Collections({ overview, route }: { overview: Overview; route: Route }) {
  const [edits, setEdits] = useState(draft);
  const [adding, setAdding] = useState(false);
  const [reviewing, setReviewing] = useState(false);
  const keep = (next: Edit[]): void => { draft = next; setEdits(next); setReviewing(next.length > 0); setAdding(false); };
  const add = (more: Edit[]): void => keep([...edits, ...more]);
  const chosen = overview.collections.find((c) => c.name === route.name);
  const close = (): void => go(address("schema"));
  return (
    <div class="page">
      <header class="bar"><h1>{t.schemaPage}</h1><span class="grow" />
        {edits.length > 0 && <Button onClick={() => setReviewing(true)}>{t.unwritten}: {figure(edits.length)}</Button>}
        <Button icon="plus" onClick={() => setAdding(true)}>{t.addCollection}</Button>
      </header>
      <div class="split">
        {overview.collections.length === 0 ? <Empty icon="table" title={t.noCollections}><p>{t.noCollectionsHint}</p></Empty> : <Diagram collections={overview.collections} chosen={chosen?.name} />}
        {reviewing && edits.length > 0 ? <Review edits={edits} onClose={() => setReviewing(false)} onDiscard={() => keep([])} onDone={() => keep(draft.filter((one) => !edits.includes(one)))} />
          : adding ? <NewCollection databases={[...new Set(overview.collections.map((c) => c.database))]} onClose={() => setAdding(false)} onEdits={add} />
          : chosen && <One key={chosen.name} overview={overview} collection={chosen} proposed={route.query.get("index") ?? ""} onClose={close} onEdits={add} />}
      </div>
    </div>
  );
}

interface Placed {
  collection: Collection;
  x: number;
  y: number;
  height: number;
}

/** Puts what is referred to beside what refers to it: each column has what the ones before it refer to. */
function place(collections: Collection[]): Placed[] {
  const depth = new Map<string, number>();
  const deepen = (name: string, at: number, seen: string[]): void => {
    if (seen.includes(name) || at <= (depth.get(name) ?? -1)) return;
    depth.set(name, at);
    for (const f of collections.find((c) => c.name === name)?.fields ?? []) if (f.to && f.to !== name) deepen(f.to, at + 1, [...seen, name]);
  };
  for (const c of collections) deepen(c.name, 0, []);
  const heights: number[] = [];
  return collections.map((collection) => {
    const column = depth.get(collection.name) ?? 0;
    const height = headHeight + (Math.min(collection.fields.length, shownFields) + (collection.fields.length > shownFields ? 1 : 0)) * line + 8;
    const y = heights[column] ?? 0;
    heights[column] = y + height + gap;
    return { collection, x: column * (width + between), y, height };
  });
}

function Diagram({ collections, chosen }: { collections: Collection[]; chosen?: string }) {
  const placed = place(collections);
  const right = Math.max(...placed.map((p) => p.x + width));
  const bottom = Math.max(...placed.map((p) => p.y + p.height));
  const lines = placed.flatMap((from) => from.collection.fields.flatMap((f, n) => {
    const to = f.to ? placed.find((p) => p.collection.name === f.to) : undefined;
    if (!to) return [];
    const y = from.y + headHeight + (Math.min(n, shownFields) + 0.5) * line;
    const [x1, x2] = to.x > from.x ? [from.x + width, to.x] : [from.x + width, to.x + width];
    const bend = to.x > from.x ? [x1 + between / 2, x2 - between / 2] : [x1 + between / 2, x2 + between / 2];
    return [{ key: `${from.collection.name}.${f.name}`, d: `M${x1} ${y}C${bend[0]} ${y} ${bend[1]} ${to.y + headHeight / 2} ${x2} ${to.y + headHeight / 2}`, on: from.collection.name === chosen || f.to === chosen }];
  }));
  const area = useRef<HTMLDivElement>(null);
  useEffect(() => area.current?.querySelector(".at")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [chosen]);
  return (
    <div class="diagram" ref={area} tabIndex={0} role="region" aria-label={t.schemaPage}>
      <div style={{ width: `${right + between / 2}px`, height: `${bottom + gap}px` }}>
        <svg width={right + between / 2} height={bottom + gap} aria-hidden="true">{lines.map((l) => <path key={l.key} d={l.d} class={l.on ? "on" : ""} />)}</svg>
        {placed.map(({ collection: c, x, y, height }) => (
          <section key={c.name} class={c.name === chosen ? "at" : ""} style={{ left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` }}>
            <h2><a href={address("schema", c.name)} aria-current={c.name === chosen ? "true" : undefined}>{c.name}</a><small>{c.database}</small></h2>
            <ul>{c.fields.slice(0, shownFields).map((f) => <li key={f.name}><span>{f.name}{f.required && <abbr title={t.required}>*</abbr>}</span><small>{typeOf(f)}{f.unique ? " · unique" : f.index ? " · index" : ""}</small></li>)}
              {c.fields.length > shownFields && <li><small>+ {figure(c.fields.length - shownFields)}</small></li>}</ul>
          </section>
        ))}
      </div>
    </div>
  );
}

const typeOf = (f: Field): string => (f.to ? `→ ${f.to}` : f.of ? `list of ${f.of}` : f.type);

/** A collection: its fields, indexes and rules, each to be changed. */
function One({ overview, collection, proposed, onClose, onEdits }: { overview: Overview; collection: Collection; proposed: string; onClose: () => void; onEdits: (edits: Edit[]) => void }) {
  const [field, setField] = useState<Field | "new">();
  const path = ["collections", collection.name];
  const indexes = collection.indexes ?? [];
  if (field) return <FieldForm key={field === "new" ? "" : field.name} overview={overview} path={path} field={field === "new" ? undefined : field} onClose={() => setField(undefined)} onEdits={onEdits} />;
  return (
    <Panel title={collection.name} onClose={onClose} wide actions={<a class="button quiet" href={address("data", collection.name)}>{t.openRef}</a>}>
      <header class="bar small"><h3>{t.fields}</h3><Button icon="plus" onClick={() => setField("new")}>{t.addField}</Button></header>
      <ul class="choices fields">{collection.fields.map((f) => {
        const fixed = f.name === "id" || f.served === true;
        const what = <><b>{f.name}</b><span>{typeOf(f)}</span><span class="tags">{f.required && <em class="tag">{t.required}</em>}{f.unique && <em class="tag">unique</em>}{f.index && <em class="tag">index</em>}{f.default !== undefined && <em class="tag">{t.defaultIs} {JSON.stringify(f.default)}</em>}</span></>;
        return <li key={f.name}>{fixed ? <div>{what}</div> : <button type="button" onClick={() => setField(f)}>{what}</button>}</li>;
      })}</ul>
      <Indexes key={proposed} indexes={indexes} proposed={proposed} onSet={(next) => onEdits([next.length === 0 ? { do: "remove", path: [...path, "indexes"] } : { do: "set", path: [...path, "indexes"], value: next }])} />
      <h3>{t.rules}</h3>
      <ul class="conditions">{["read", "create", "update", "delete"].map((op) => <li key={op}><a href={address("rules", collection.name, { op })}>{op}</a>{collection.rules?.[op] ? <code>{collection.rules[op]}</code> : <span>{t.noRule}</span>}</li>)}</ul>
    </Panel>
  );
}

interface Index {
  fields: string[];
  unique?: boolean;
  where?: string;
}

/** What an index is in the file: without what is not said. */
const said = ({ fields, unique, where }: Index): Index => ({ fields, ...(unique && { unique }), ...(where && { where }) });

function Indexes({ indexes, proposed, onSet }: { indexes: Index[]; proposed: string; onSet: (next: Index[]) => void }) {
  const [fields, setFields] = useState(proposed);
  const [unique, setUnique] = useState(false);
  const names = fields.split(",").map((one) => one.trim()).filter((one) => one !== "");
  return (
    <section><h3>{t.indexes}</h3>
      <ul class="conditions">{indexes.map((x, n) => <li key={n}><code>{x.fields.join(", ")}{x.unique && " · unique"}{x.where && ` · ${x.where}`}</code><Button icon="trash" kind="quiet" label={`${t.remove}: ${x.fields.join(", ")}`} onClick={() => onSet(indexes.filter((_, k) => k !== n).map(said))} /></li>)}</ul>
      <form class="pair" onSubmit={(e) => { e.preventDefault(); if (names.length > 0) onSet([...indexes.map(said), said({ fields: names, unique })]); }}>
        <label class="field"><span class="name">{t.fields}<small>owner, -created</small></span><input name="index" class="mono" autocomplete="off" spellcheck={false} value={fields} onInput={(e) => setFields(e.currentTarget.value)} /></label>
        <footer class="actions inline"><label class="check"><input type="checkbox" checked={unique} onChange={(e) => setUnique(e.currentTarget.checked)} />unique</label><Button submit icon="plus" disabled={names.length === 0}>{t.addIndex}</Button></footer>
      </form>
    </section>
  );
}

type Typed = { [key: string]: string };
const keys = ["type", "of", "to", "on_delete", "required", "unique", "index", "default", "min", "max", "pattern", "enum"] as const;
const flags = ["required", "unique", "index"] as const;

const typedOf = (f: Field | undefined): Typed => Object.fromEntries(keys.map((key) => {
  const value = f?.[key];
  return [key, value === undefined || value === null || value === false ? "" : key === "enum" ? (value as unknown[]).map(String).join(", ") : key === "default" && typeof value !== "string" ? JSON.stringify(value) : String(value)];
}));

/** The value of a key as the file has it. A number stays one, text stays text, as the type of the field says. */
function valueOf(key: string, text: string, type: string): unknown {
  const literal = (one: string): unknown => {
    if (["int", "float", "decimal"].includes(type) && /^-?\d+(\.\d+)?$/.test(one)) return (JSON as { rawJSON?: (s: string) => unknown }).rawJSON?.(one) ?? Number(one);
    if (type === "bool" && /^(true|false)$/.test(one)) return one === "true";
    if (type === "list" && one.startsWith("[")) return JSON.parse(one) as unknown;
    return one;
  };
  if ((flags as readonly string[]).includes(key)) return true;
  if (key === "min" || key === "max") return /^-?\d+$/.test(text) ? Number(text) : text;
  if (key === "enum") return text.split(",").map((one) => literal(one.trim())).filter((one) => one !== "");
  return key === "default" ? literal(text) : text;
}

/** A form for a field: a new one, or what there is. It makes edits of what differs. */
function FieldForm({ overview, path, field, onClose, onEdits }: { overview: Overview; path: string[]; field?: Field; onClose: () => void; onEdits: (edits: Edit[]) => void }) {
  const before = typedOf(field);
  const [name, setName] = useState(field?.name ?? "");
  const [typed, setTyped] = useState<Typed>(field ? before : { ...before, type: "string" });
  const [wrong, setWrong] = useState("");
  const type = typed["type"]!;
  const set = (key: string, text: string): void => setTyped({ ...typed, [key]: text });
  const edits = (): Edit[] => {
    const at = [...path, "fields", name];
    const has = (key: string): boolean => typed[key] !== "" && (key !== "of" || type === "list") && (key !== "to" && key !== "on_delete" || type === "ref");
    if (!field) return [{ do: "set", path: at, value: Object.fromEntries(keys.filter(has).map((key) => [key, valueOf(key, typed[key]!, type)])) }];
    const out: Edit[] = name === field.name ? [] : [{ do: "rename", path: [...path, "fields", field.name], to: name }];
    for (const key of keys) {
      const now = has(key) ? typed[key] : "";
      if (now === before[key]) continue;
      out.push(now === "" ? { do: "remove", path: [...at, key] } : { do: "set", path: [...at, key], value: valueOf(key, now!, type) });
    }
    return out;
  };
  const input = (key: string, label: string, hint?: string) => <label class="field"><span class="name">{label}{hint && <small>{hint}</small>}</span><input name={key} class="mono" autocomplete="off" spellcheck={false} value={typed[key]} onInput={(e) => set(key, e.currentTarget.value)} /></label>;
  const choice = (key: string, label: string, all: string[], none: boolean) => <label class="field"><span class="name">{label}</span><select name={key} value={typed[key]} onChange={(e) => set(key, e.currentTarget.value)}>{none && <option value="">–</option>}{all.map((one) => <option key={one} value={one}>{one}</option>)}</select></label>;
  const range = ["int", "float", "decimal", "string", "list", "date"].includes(type);
  return (
    <Panel title={field ? `${path[1]}.${field.name}` : `${t.addField}: ${path[1]}`} onClose={onClose} actions={field && <Button icon="trash" kind="quiet" label={t.removeField} onClick={() => onEdits([{ do: "remove", path: [...path, "fields", field.name] }])} />}>
      <form onSubmit={(e) => {
        e.preventDefault();
        try {
          const all = edits();
          if (all.length === 0) onClose();
          else onEdits(all);
        } catch {
          setWrong(t.invalidJson);
        }
      }}>
        <label class="field"><span class="name">{t.name}</span><input data-focus name="name" class="mono" required pattern="[A-Za-z_][A-Za-z0-9_]*" autocomplete="off" spellcheck={false} value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
        {field && name !== field.name && <p class="note">{t.renameHint}</p>}
        {choice("type", t.type, types, false)}
        {type === "list" && choice("of", t.listOf, elements, true)}
        {type === "ref" && <div class="pair">{choice("to", t.refersTo, overview.collections.map((c) => c.name), true)}{choice("on_delete", t.onDelete, ["restrict", "cascade", "null"], true)}</div>}
        <div class="checks">{flags.map((key) => <label key={key} class="check"><input name={key} type="checkbox" checked={typed[key] !== ""} onChange={(e) => set(key, e.currentTarget.checked ? "true" : "")} />{key === "required" ? t.required : key}</label>)}</div>
        {input("default", t.defaultIs, type === "time" || type === "date" ? "now()" : undefined)}
        {range && <div class="pair">{input("min", "min")}{input("max", "max")}</div>}
        {type === "string" && input("pattern", "pattern", "^[A-Z]+$")}
        {["string", "int"].includes(type) && input("enum", "enum", "draft, open, closed")}
        {wrong && <p class="wrong" role="alert">{wrong}</p>}
        <footer class="actions"><Button submit kind="main">{t.showDifference}</Button><Button onClick={onClose}>{t.cancel}</Button></footer>
      </form>
    </Panel>
  );
}

function NewCollection({ databases, onClose, onEdits }: { databases: string[]; onClose: () => void; onEdits: (edits: Edit[]) => void }) {
  const [name, setName] = useState("");
  const [field, setField] = useState("title");
  const [type, setType] = useState("string");
  const [database, setDatabase] = useState(databases[0] ?? "");
  const [read, setRead] = useState("auth != nil");
  return (
    <Panel title={t.addCollection} onClose={onClose}>
      <form onSubmit={(e) => {
        e.preventDefault();
        onEdits([{ do: "set", path: ["collections", name], value: { ...(databases.length > 1 && { database }), fields: { [field]: { type } }, ...(read.trim() !== "" && { rules: { read } }) } }]);
      }}>
        <label class="field"><span class="name">{t.name}</span><input data-focus name="name" class="mono" required pattern="[A-Za-z_][A-Za-z0-9_]*" autocomplete="off" spellcheck={false} value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
        {databases.length > 1 && <label class="field"><span class="name">{t.databases}</span><select value={database} onChange={(e) => setDatabase(e.currentTarget.value)}>{databases.map((one) => <option key={one} value={one}>{one}</option>)}</select></label>}
        <div class="pair">
          <label class="field"><span class="name">{t.firstField}</span><input name="field" class="mono" required pattern="[A-Za-z_][A-Za-z0-9_]*" autocomplete="off" spellcheck={false} value={field} onInput={(e) => setField(e.currentTarget.value)} /></label>
          <label class="field"><span class="name">{t.type}</span><select value={type} onChange={(e) => setType(e.currentTarget.value)}>{types.filter((one) => one !== "ref").map((one) => <option key={one} value={one}>{one}</option>)}</select></label>
        </div>
        <label class="field"><span class="name">{t.ruleIs}: read</span><textarea name="read" class="mono" rows={3} spellcheck={false} value={read} onInput={(e) => setRead(e.currentTarget.value)} /><small class="hint">{t.deniedHint}</small></label>
        <footer class="actions"><Button submit kind="main">{t.showDifference}</Button><Button onClick={onClose}>{t.cancel}</Button></footer>
      </form>
    </Panel>
  );
}
