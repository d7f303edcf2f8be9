import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { FieldError } from "../../../sdk/js/src/basalt.js";
import { explain, type Collection } from "./api.js";
import { choicesFor } from "./filtering.js";
import { mended, offered, type Mistake } from "./mistake.js";
import { t } from "./strings.js";
import { Button, Icon } from "./ui.js";

/** A filter that shows how one is written, for the fields of a collection. */
function sample(collection: Collection): string {
  const of = (...types: string[]) => collection.fields.find((f) => f.name !== "id" && types.includes(f.type) && !f.encrypt && !f.hash)?.name;
  const text = of("string"), number = of("int", "float", "decimal"), flag = of("bool");
  return [number && `${number} >= 3`, flag && `!${flag}`, text && `${text} contains "a"`].filter(Boolean).slice(0, 2).join(" && ") || `id == "…"`;
}

/** Where a filter is wrong. */
interface Spot {
  before: string;
  wrong: string;
  mistake: Mistake;
}

/** The place that the server names, in the text as it stands in the box: the filter has no spaces around it. */
function spotOf(error: unknown, text: string): Spot | undefined {
  const found = (error as { errors?: FieldError[] }).errors?.find((e) => e.column);
  if (!found) return undefined;
  const characters = [...text];
  const begins = text.length - text.trimStart().length + found.column! - 1;
  return {
    before: characters.slice(0, begins).join(""),
    wrong: characters.slice(begins, begins + (found.length ?? 0)).join("") || "\u00a0", // it ends too early: what follows is missing
    mistake: { line: 1, column: begins + 1, detail: found.detail },
  };
}

interface FilterProps {
  collection: Collection;
  filter: string;
  error: unknown;
  onFilter: (text: string) => void;
}

/** Takes a filter as text, completes fields, operators and values, and shows what the server says of it. */
export function FilterBox({ collection, filter, error, onFilter }: FilterProps) {
  const [text, setText] = useState(filter);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(0);
  const [shift, setShift] = useState(0); // by how much the text has moved out of the box at the left
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useLayoutEffect(() => {
    if (document.activeElement !== input.current) setText(filter);
  }, [filter]);
  const latest = useRef(onFilter); // the rest of the address may change while it is waited
  latest.current = onFilter;
  const apply = (value: string, wait: number): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => latest.current(value.trim()), wait);
  };
  useEffect(() => () => clearTimeout(timer.current), []); // else it would lead back here
  const { choices, typed } = open ? choicesFor(text.slice(0, input.current?.selectionStart ?? text.length), collection) : { choices: [], typed: 0 };
  const take = (name: string): void => {
    const end = input.current?.selectionStart ?? text.length;
    const value = text.slice(0, end - typed) + name + text.slice(end);
    setText(value);
    setOpen(name.endsWith(" ")); // a value comes next
    apply(value, 400);
    input.current?.focus();
  };
  const message = error ? explain(error) : "";
  const spot = error && text.trim() === filter ? spotOf(error, text) : undefined;
  return (
    <div class="filter">
      <div class={message ? "search invalid" : "search"}>
        <Icon name="search" />
        <input ref={input} id="filter" class="mono" type="text" role="combobox" aria-expanded={choices.length > 0} aria-controls="filter-choices" aria-autocomplete="list" aria-label={t.filter} aria-invalid={message !== ""} aria-describedby={message ? "filter-wrong" : undefined}
          placeholder={`${t.filter}: ${sample(collection)}`} autocomplete="off" spellcheck={false} value={text}
          onInput={(e) => { setText(e.currentTarget.value); setOpen(true); setChosen(0); apply(e.currentTarget.value, 400); }}
          onScroll={(e) => setShift(e.currentTarget.scrollLeft)}
          onBlur={() => setTimeout(() => setOpen(false), 150)}
          onKeyDown={(e) => {
            if (choices.length > 0 && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
              setChosen((chosen + (e.key === "ArrowDown" ? 1 : choices.length - 1)) % choices.length);
              e.preventDefault();
            } else if (choices.length > 0 && e.key === "Tab") {
              take(choices[chosen]!.text);
              e.preventDefault();
            } else if (e.key === "Enter") {
              setOpen(false);
              apply(text, 0);
            } else if (e.key === "Escape") {
              if (choices.length > 0) setOpen(false);
              else {
                setText("");
                apply("", 0);
              }
            }
          }} />
        {spot && <div class="under mono" aria-hidden="true"><span style={{ marginLeft: `${-shift}px` }}>{spot.before}<u>{spot.wrong}</u></span></div>}
        {text && <Button icon="close" kind="quiet" label={t.clearFilter} onClick={() => { setText(""); apply("", 0); }} />}
      </div>
      {choices.length > 0 && <ul class="suggestions" id="filter-choices" role="listbox">{choices.map((c, n) => <li key={c.text} role="option" aria-selected={n === chosen} onMouseDown={(e) => { e.preventDefault(); take(c.text); }}><code>{c.text}</code><small>{c.hint}</small></li>)}</ul>}
      {message && (
        <div class={spot ? "spot mono" : ""} style={spot && { "--at": [...spot.before].length, "--shift": `${shift}px` }}>
          <p class="wrong" id="filter-wrong" role="alert">{message}</p>
          {spot && offered(spot.mistake) && <Button onClick={() => {
            const better = mended(text, spot.mistake);
            setText(better);
            apply(better, 0);
            input.current?.focus();
          }}>{t.replaceBy} {offered(spot.mistake)}</Button>}
        </div>
      )}
    </div>
  );
}
