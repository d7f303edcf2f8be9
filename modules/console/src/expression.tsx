import { useRef, useState } from "preact/hooks";
import type { Collection, Overview } from "./api.js";
import { mended, offered, type Mistake } from "./mistake.js";
import { t } from "./strings.js";
import { Button } from "./ui.js";

interface Choice {
  text: string;
  hint: string;
}

const functions: { [name: string]: string } = {
  exists: "(collection, filter)", get: "(collection, id)", changed: "(field, …)", now: "()", len: "(list)", lower: "(text)", upper: "(text)", trim: "(text)", all: "(list, condition)", any: "(list, condition)", none: "(list, condition)", filter: "(list, condition)", map: "(list, expression)", count: "(list, condition)", duration: "(text)", date: "(text)",
};
const operators: { [name: string]: string } = { "in": "x in list", "not in": "x not in list", contains: "text contains text", startsWith: "text startsWith text", endsWith: "text endsWith text", "nil": "", "true": "", "false": "" };
const claims: { [name: string]: string } = { id: "string", email: "string", email_verified: "bool", role: "claim" };
const request: { [name: string]: string } = { op: "string", time: "time", ip: "string", method: "string" };

/** The claims that the rules of all collections ask for. */
const usedClaims = (overview: Overview): string[] => [...new Set([...JSON.stringify(overview.collections.map((c) => [c.rules, c.fields_readable, c.fields_writable])).matchAll(/auth\.(\w+)/g)].map((m) => m[1]!))];

/** What may stand where the text before the caret ends, and how many characters of it are there already. */
export function choicesAt(before: string, collection: Collection, op: string, overview: Overview): { choices: Choice[]; typed: number } {
  const fits = (all: [string, string][], typed: string): { choices: Choice[]; typed: number } => ({ choices: all.filter(([text]) => text.startsWith(typed) && text !== typed).map(([text, hint]) => ({ text, hint })).slice(0, 8), typed: typed.length });
  const fields = (c: Collection): [string, string][] => c.fields.map((f) => [f.name, f.type]);
  const named = /(?:exists|get)\(\s*["']([\w.-]*)$/.exec(before);
  if (named) return fits(overview.collections.map((c) => [c.name, t.collections]), named[1]!);
  const looked = /exists\(\s*["']([\w.-]+)["'],\s*\{(?:[^{}]*,)?\s*["'](\w*)$/.exec(before);
  const other = looked && overview.collections.find((c) => c.name === looked[1]);
  if (looked && other) return fits(fields(other), looked[2]!);
  const change = /changed\((?:[^()]*,)?\s*["'](\w*)$/.exec(before);
  if (change) return fits(fields(collection), change[1]!);
  if ((before.match(/"/g)?.length ?? 0) % 2 === 1) return { choices: [], typed: 0 };
  const member = /\b(doc|next|auth|request)\.(\w*)$/.exec(before);
  if (member) {
    const of = member[1] === "auth" ? [...Object.entries(claims), ...usedClaims(overview).filter((c) => !(c in claims)).map((c): [string, string] => [c, "claim"])] : member[1] === "request" ? Object.entries(request) : fields(collection);
    return fits(of, member[2]!);
  }
  const word = /(?:^|[^\w.])([A-Za-z]\w*)$/.exec(before)?.[1];
  if (!word) return { choices: [], typed: 0 };
  const variables: [string, string][] = [["auth", t.caller], ["request", "op time ip method"]];
  if (op !== "create") variables.push(["doc", t.storedDocument]);
  if (op === "create" || op === "update") variables.push(["next", t.newDocument]);
  const calls = Object.entries(functions).filter(([name]) => name !== "changed" || op === "update").map(([name, hint]): [string, string] => [name, hint]);
  return fits([...variables, ...calls, ...Object.entries(operators)], word);
}

interface Props {
  label: string;
  hint: string;
  text: string;
  collection: Collection;
  op: string;
  overview: Overview;
  mistakes: Mistake[];
  onText: (text: string) => void;
}

/** Edits a rule, and completes what is typed. */
export function ExpressionEditor({ label, hint, text, collection, op, overview, mistakes, onText }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState<number>();
  const [chosen, setChosen] = useState(0);
  const before = caret === undefined ? "" : text.slice(0, caret);
  const { choices, typed } = caret === undefined ? { choices: [], typed: 0 } : choicesAt(before, collection, op, overview);
  const lines = text.split("\n");
  const take = (choice: Choice): void => {
    const open = choice.text in functions && text[caret!] !== "(" ? "(" : "";
    const edited = area.current!;
    edited.focus();
    edited.setRangeText(choice.text + open, caret! - typed, caret!, "end"); // at once: what is typed next comes behind it
    onText(edited.value);
    setCaret(undefined);
  };
  const at = before.slice(before.lastIndexOf("\n") + 1).length - typed;
  return (
    <div class="field expression">
      <label class="name" for="rule">{label}<small>{hint}</small></label>
      <div class="area">
        <textarea ref={area} id="rule" class="mono" aria-controls="rule-choices" aria-autocomplete="list" aria-activedescendant={choices.length > 0 ? `rule-choice-${chosen}` : undefined}
          rows={Math.max(4, lines.length + 1)} spellcheck={false} value={text} aria-invalid={mistakes.length > 0} aria-describedby="rule-problems"
          onInput={(e) => { onText(e.currentTarget.value); setCaret(e.currentTarget.selectionStart); setChosen(0); }} onBlur={() => setTimeout(() => setCaret(undefined), 150)} onClick={() => setCaret(undefined)}
          onKeyDown={(e) => {
            if (e.key === " " && e.ctrlKey) setCaret(e.currentTarget.selectionStart);
            else if (choices.length === 0) return;
            else if (e.key === "ArrowDown") setChosen((chosen + 1) % choices.length);
            else if (e.key === "ArrowUp") setChosen((chosen + choices.length - 1) % choices.length);
            else if (e.key === "Tab" || e.key === "Enter") take(choices[chosen]!);
            else if (e.key === "Escape") setCaret(undefined);
            else {
              if (e.key.startsWith("Arrow") || e.key === "Home" || e.key === "End") setCaret(undefined);
              return;
            }
            e.preventDefault();
            e.stopPropagation();
          }} />
        <ul class="suggestions" id="rule-choices" role="listbox" aria-label={t.completions} hidden={choices.length === 0} style={{ left: `min(${at + 1}ch, 50%)`, top: `${before.split("\n").length * 18 + 10}px` }}>
          {choices.map((c, n) => <li key={c.text} id={`rule-choice-${n}`} role="option" aria-selected={n === chosen} onMouseDown={(e) => { e.preventDefault(); take(c); }}><code>{c.text}</code><small>{c.hint}</small></li>)}
        </ul>
      </div>
      <div id="rule-problems" role="status">
        {mistakes.map((m) => (
          <div class="wrong" key={m.detail}><pre>{lines[m.line - 1]}{"\n"}{" ".repeat(m.column - 1)}^</pre><p>{m.line}:{m.column}: {m.detail}</p>
            {offered(m) && <Button onClick={() => { onText(mended(text, m)); area.current?.focus(); }}>{t.replaceBy} {offered(m)}</Button>}</div>
        ))}
      </div>
    </div>
  );
}
