import { Component } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { explain, mistake, type Collection, type Field, type Row } from "./api.js";
import type { Chosen } from "./bulk.js";
import { idOf, type Rows } from "./rows.js";
import { t } from "./strings.js";
import { isImage, pictured, Thumb } from "./thumb.js";
import { Icon, mayTakeFocus } from "./ui.js";
import { asText, Editor, fromText, isLarge, isNumber, Value, widthOf } from "./value.js";

/** The height of a row, in pixels; style.css has the same. A browser makes nothing higher than 2^25 pixels: a million rows fit. */
const height = 32;
/** How many rows are drawn beyond those that are in view. */
const beyond = 10;
/** After how many rows it is drawn again: what a drawing costs is mostly the same for one row as for some. */
const step = 8;

interface GridProps {
  collection: Collection;
  rows: Rows;
  /** Whether the rows are still those of another query. */
  stale: boolean;
  without: Set<string>;
  sort: string;
  readOnly: boolean;
  /** The id of the document that is shown beside it. */
  opened?: string;
  /** The documents that are chosen; undefined where none can be. */
  chosen?: Chosen;
  onChoose: (chosen: Chosen) => void;
  onSort: (sort: string) => void;
  onOpen: (id: string) => void;
  onWhy?: (id: string) => void;
  save: (id: string, patch: Row) => Promise<void>;
}

interface Place {
  row: number;
  column: number;
}

/** A table of which the rows in view are drawn. The arrows go from cell to cell, Enter edits one. */
export function Grid({ collection, rows, stale, without, sort, readOnly, opened, chosen, onChoose, onSort, onOpen, onWhy, save }: GridProps) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const [at, setAt] = useState<Place>({ row: 0, column: 0 });
  const [editing, setEditing] = useState<{ id: string; column: number }>();
  const shown = without.size > 0 ? rows.rows.filter((row) => !without.has(idOf(row))) : rows.rows;
  const { fields } = collection;

  useLayoutEffect(() => {
    const element = box.current!;
    let room = element.clientHeight; // it is read again when it changes: a page that scrolls is asked for nothing that has to be laid out first
    const measure = (): void => setView((was) => {
      const now = { top: Math.floor(element.scrollTop / (step * height)) * step * height, height: room + step * height };
      return was.top === now.top && was.height === now.height ? was : now;
    });
    const observer = new ResizeObserver(() => {
      room = element.clientHeight;
      measure();
    });
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, []);
  // What has come into view is drawn in the elements of what has gone, in their order: nothing is made, moved or removed while it is scrolled.
  const slots = Math.ceil(view.height / height) + 2 * beyond;
  const first = Math.max(0, Math.min(Math.floor(view.top / height) - beyond, shown.length - slots));
  const last = Math.min(shown.length, first + slots);
  const drawn = Array.from({ length: slots }, (_, slot) => first + ((slot - first) % slots + slots) % slots).filter((index) => index < last);
  useEffect(() => {
    if (last >= shown.length - 40) rows.more();
  });

  const gone = at.row < first || at.row >= last;
  useLayoutEffect(() => { // another row is there now; the keys still go on from the one that had the focus
    if (gone && box.current!.querySelector(".rows")!.contains(document.activeElement)) box.current!.focus({ preventScroll: true });
  }, [gone]);

  const focus = (place: Place): void => {
    const row = Math.max(0, Math.min(shown.length - 1, place.row));
    const column = Math.max(0, Math.min(fields.length - 1, place.column));
    setAt({ row, column });
    const element = box.current!;
    const top = row * height;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * height > element.scrollTop + element.clientHeight) element.scrollTop = top + 2 * height - element.clientHeight;
    const take = (tries: number): void => void requestAnimationFrame(() => { // a row that was far away is drawn after it has been scrolled to
      const cell = element.querySelector<HTMLElement>(`[aria-rowindex="${row + 2}"] > [aria-colindex="${column + 1}"]`);
      if (!cell && tries > 0) take(tries - 1);
      else if (mayTakeFocus(element)) cell?.focus();
    });
    take(5);
  };

  const edit = (place: Place): void => {
    const row = shown[place.row];
    const field = fields[place.column];
    if (!row || !field) return;
    if (readOnly || place.column === 0 || isLarge(field) || field.served) onOpen(idOf(row));
    else setEditing({ id: idOf(row), column: place.column });
  };

  const keys = (event: KeyboardEvent): void => {
    if (editing) return;
    const by: { [key: string]: [number, number] } = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
      PageUp: [step - Math.floor(view.height / height), 0], PageDown: [Math.floor(view.height / height) - step, 0], Home: [0, -fields.length], End: [0, fields.length],
    };
    const move = by[event.key];
    if (move) focus({ row: at.row + move[0], column: at.column + move[1] });
    else if (event.key === "Enter" || event.key === "F2") edit(at);
    else if (event.key === "x" && chosen && shown[at.row]) acts.choose(idOf(shown[at.row]!));
    else if (event.key === " " && shown[at.row]) onOpen(idOf(shown[at.row]!));
    else return;
    event.preventDefault();
  };

  const acts = useRef<Acts>({} as Acts).current; // the same for all drawings, so that a row that is the same is not drawn again
  Object.assign(acts, {
    save,
    choose: (id: string) => {
      const now = new Set(chosen === "all" ? rows.rows.map(idOf) : chosen);
      if (!now.delete(id)) now.add(id);
      onChoose(now);
    },
    end: (row: number, column: number, move?: number) => {
      setEditing(undefined);
      if (move !== undefined) focus({ row: row + move, column });
    },
  });
  // The rows have no listeners of their own: they are drawn faster without.
  const place = (event: Event): Place | undefined => {
    const cell = (event.target as Element).closest(".row > .cell");
    return cell ? { row: Number(cell.parentElement!.ariaRowIndex) - 2, column: Number(cell.ariaColIndex) - 1 } : undefined;
  };
  const focused = (event: Event): void => {
    const now = place(event);
    if (now && (now.row !== at.row || now.column !== at.column)) setAt(now);
  };
  const doubled = (event: Event): void => {
    const now = place(event);
    if (now && !editing) edit(now);
  };
  const clicked = (event: Event): void => {
    const button = (event.target as Element).closest(".open, .why");
    const id = button?.closest<HTMLElement>("[data-id]")?.dataset["id"];
    if (id === undefined) return;
    if (button!.classList.contains("why")) onWhy?.(id);
    else onOpen(id);
  };
  const width = fields.reduce((sum, f) => sum + widthOf(f), 0);
  return (
    <div class={stale ? "grid stale" : "grid"} ref={box} role="grid" aria-label={collection.name} aria-rowcount={rows.ended ? shown.length + 1 : -1} aria-colcount={fields.length} aria-busy={stale || rows.loading} tabIndex={-1} onKeyDown={keys} onFocusIn={focused} onDblClick={doubled} onClick={clicked}>
      <div class="head" role="row" aria-rowindex={1} style={{ minWidth: `${width}px` }}>
        {fields.map((f) => <Head key={f.name} field={f} sort={sort} onSort={onSort} />)}
      </div>
      <div class="rows" role="presentation" style={{ height: `${shown.length * height}px`, minWidth: `${width}px` }}>
        {drawn.map((index) => {
          const row = shown[index]!;
          const id = idOf(row);
          const edited = id === editing?.id; // its element is its own: what was typed stays when rows come before it
          return <Line key={edited ? "edits" : index % slots} index={index} id={id} row={row} collection={collection} hidden={rows.hidden.has(id)} masked={rows.masked[id]} flash={rows.flashes.get(id)} opened={id === opened} chosen={chosen && (chosen === "all" || chosen.has(id))} why={onWhy !== undefined}
            at={index === at.row ? at.column : -1} editing={edited ? editing!.column : -1} acts={acts} />;
        })}
      </div>
      {rows.loading && <div class="more" role="status">{rows.rows.length > 0 ? t.loadMore : t.loading}…</div>}
    </div>
  );
}

/** What can be done in a row. */
interface Acts {
  save: (id: string, patch: Row) => Promise<void>;
  choose: (id: string) => void;
  end: (row: number, column: number, move?: number) => void;
}

interface LineProps {
  index: number;
  id: string;
  row: Row;
  collection: Collection;
  hidden: boolean;
  masked?: string[];
  flash?: Set<string>;
  opened: boolean;
  chosen?: boolean;
  why: boolean;
  /** The columns that have the focus and the editor, -1 for none. */
  at: number;
  editing: number;
  acts: Acts;
}

/** A row, which is drawn again when something of it has changed. */
class Line extends Component<LineProps> {
  override shouldComponentUpdate(next: LineProps): boolean {
    return (Object.keys(next) as (keyof LineProps)[]).some((name) => next[name] !== this.props[name]);
  }

  override render({ index, id, row, collection, hidden, masked, flash, opened, chosen, why, at, editing, acts }: LineProps) {
    const picture = isImage(row) ? pictured(collection) : undefined;
    return (
      <div class={`row ${hidden ? "hidden" : ""} ${flash?.has("*") ? "flash" : ""} ${opened ? "opened" : ""} ${editing >= 0 ? "edits" : ""}`} role="row" aria-selected={chosen} aria-rowindex={index + 2} style={{ top: `${index * height}px` }} data-id={id}>
        {collection.fields.map((f, column) => {
          const covered = masked?.includes(f.name) ?? false;
          return (
            <div key={f.name} role="gridcell" aria-colindex={column + 1} class={`cell ${flash?.has(f.name) ? "flash" : ""} ${covered ? "masked" : ""} ${column === editing ? "edits" : column === 0 || covered || f === picture ? "" : "plain"} ${isNumber(f) ? "right" : ""}`}
              style={{ width: `${widthOf(f)}px` }} data-field={f.name} tabIndex={column === at ? 0 : -1}>
              {column === editing
                ? <CellEditor key={id} row={row} field={f} save={(patch) => acts.save(id, patch)} onEnd={(move) => acts.end(index, column, move)} />
                : column === 0
                  ? <>{chosen !== undefined && <input type="checkbox" class="choice" tabIndex={-1} aria-label={`${t.choose} ${id}`} checked={chosen} onChange={() => acts.choose(id)} />}<button type="button" class="open" tabIndex={-1} aria-label={`${t.edit} ${id}`}><Icon name={hidden ? "lock" : "open"} /><code title={id}>{id}</code></button>{why && <button type="button" class="why" tabIndex={-1}>{hidden ? t.hidden : t.whyHidden}</button>}</>
                  : <>{covered && <span class="mark" title={t.masked}><Icon name="lock" /></span>}{f === picture && <Thumb key={id} collection={collection} row={row} />}<Value value={row[f.name]} field={f} collection={collection} /></>}
            </div>
          );
        })}
      </div>
    );
  }
}

function Head({ field, sort, onSort }: { field: Field; sort: string; onSort: (sort: string) => void }) {
  const state = sort === field.name ? "ascending" : sort === `-${field.name}` ? "descending" : "none";
  const sortable = !["json", "list", "bytes"].includes(field.type) && !field.encrypt && !field.hash;
  const next = state === "none" ? field.name : state === "ascending" ? `-${field.name}` : "";
  return (
    <div role="columnheader" class={`cell ${isNumber(field) ? "right" : ""}`} aria-sort={state} style={{ width: `${widthOf(field)}px` }}>
      <button type="button" disabled={!sortable} onClick={() => onSort(next)} title={field.to ? `${field.type} → ${field.to}` : field.type}>
        <span>{field.name}</span><small>{field.type}</small>{state !== "none" && <Icon name={state === "ascending" ? "up" : "down"} />}
      </button>
    </div>
  );
}

/** Edits one cell. What the server says of it stands below it, and what was typed stays. */
function CellEditor({ row, field, save, onEnd }: { row: Row; field: Field; save: (patch: Row) => Promise<void>; onEnd: (move?: number) => void }) {
  const before = asText(row[field.name], field);
  const [text, setText] = useState(before);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const done = useRef(false);
  useLayoutEffect(() => {
    const element = box.current?.querySelector<HTMLInputElement>("[data-edit]");
    element?.focus();
    if (element instanceof HTMLInputElement) element.select();
  }, []);
  const end = (move?: number): void => {
    if (done.current) return;
    done.current = true;
    onEnd(move);
  };
  const commit = async (move: number | undefined, value = text): Promise<void> => {
    if (busy || done.current) return;
    if (value === before) return end(move);
    setBusy(true);
    try {
      await save({ [field.name]: fromText(value, field, row[field.name]) });
      end(move);
    } catch (error) {
      setWrong(mistake(error, field.name) ?? explain(error));
      setBusy(false);
    }
  };
  return (
    <div class="editing" ref={box} onKeyDown={(e) => {
      e.stopPropagation();
      if (e.key === "Escape") end(0);
      else if (e.key === "Enter") void commit(1);
      else return;
      e.preventDefault();
    }} onFocusOut={(e) => {
      if (!wrong && !box.current?.contains(e.relatedTarget as Node)) void commit(undefined);
    }}>
      <Editor inline field={field} text={text} label={field.name} invalid={wrong !== ""} describedBy={wrong ? "cell-wrong" : undefined} onText={(value) => {
        setText(value);
        setWrong("");
        if (field.enum || field.type === "bool") void commit(0, value);
      }} />
      {wrong && <p class="wrong" id="cell-wrong" role="alert">{wrong}</p>}
    </div>
  );
}
