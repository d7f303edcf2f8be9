import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "./strings.js";
import { Button } from "./ui.js";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** A value as it is typed: text that is JSON is that, all else is text. What was text stays text. */
const typed = (text: string, before: Json): Json => {
  if (typeof before === "string" && !/^(true|false|null|-?\d+(\.\d+)?)$/.test(before)) return text;
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === "object" && value !== null ? text : value;
  } catch {
    return text;
  }
};

/** Whether a tree shows all digits of a text: larger numbers are edited as text alone. */
const exact = (text: string): boolean => !/(?<![\w."])-?\d{16,}/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, '""'));

/** Edits a json value member by member, or as text. */
export function TreeField({ text, label, readOnly, onText, children }: { text: string; label: string; readOnly: boolean; onText: (text: string) => void; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const parsed = ((): { value: Json } | undefined => {
    try {
      return exact(text) ? { value: text === "" ? {} : (JSON.parse(text) as Json) } : undefined;
    } catch {
      return undefined;
    }
  })();
  const can = parsed !== undefined && typeof parsed.value === "object" && parsed.value !== null;
  return (
    <>
      <div class="tree-switch"><Button kind="quiet" pressed={open && can} disabled={!can} onClick={() => setOpen(!open)}>{t.tree}</Button></div>
      {open && can ? <div class="tree" role="group" aria-label={label}><Branch value={parsed.value} path={label} readOnly={readOnly} onValue={(next) => onText(JSON.stringify(next, null, 2))} /></div> : children}
    </>
  );
}

function Branch({ value, path, readOnly, onValue }: { value: Json; path: string; readOnly: boolean; onValue: (next: Json) => void }) {
  const [name, setName] = useState("");
  const list = Array.isArray(value);
  const entries: [string, Json][] = list ? value.map((v, n) => [String(n), v]) : Object.entries(value as { [name: string]: Json });
  const put = (key: string, next: Json): void => onValue(list ? value.map((v, n) => (String(n) === key ? next : v)) : { ...(value as object), [key]: next });
  const drop = (key: string): void => onValue(list ? value.filter((_, n) => String(n) !== key) : Object.fromEntries(entries.filter(([k]) => k !== key)));
  return (
    <ul>
      {entries.map(([key, v]) => {
        const at = `${path}.${key}`;
        const deep = typeof v === "object" && v !== null;
        return (
          <li key={key} class={deep ? "deep" : ""}><span>{key}</span>
            {deep ? <Branch value={v} path={at} readOnly={readOnly} onValue={(next) => put(key, next)} /> : <input aria-label={at} class="mono" readOnly={readOnly} autocomplete="off" spellcheck={false} value={v === null ? "null" : String(v)} onInput={(e) => put(key, typed(e.currentTarget.value, v))} />}
            {!readOnly && <Button icon="close" kind="quiet" label={`${t.remove}: ${at}`} onClick={() => drop(key)} />}
          </li>
        );
      })}
      {!readOnly && <li class="more">{!list && <input aria-label={`${path}: ${t.name}`} placeholder={t.name} class="mono" autocomplete="off" spellcheck={false} value={name} onInput={(e) => setName(e.currentTarget.value)} />}
        <Button icon="plus" kind="quiet" label={`${t.addMember}: ${path}`} disabled={!list && (name === "" || Object.hasOwn(value as object, name))} onClick={() => { onValue(list ? [...value, ""] : { ...(value as object), [name]: "" }); setName(""); }} /></li>}
    </ul>
  );
}
