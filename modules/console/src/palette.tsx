import { useEffect, useRef, useState } from "preact/hooks";
import { go } from "./router.js";
import { t } from "./strings.js";
import { Icon } from "./ui.js";

export interface Goal {
  icon: string;
  label: string;
  hint: string;
  to: string;
}

/** Jumps to a page by its name. */
export function Palette({ goals, onClose }: { goals: Goal[]; onClose: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = goals.filter((g) => words.every((w) => `${g.label} ${g.hint}`.toLowerCase().includes(w))).slice(0, 12);
  const take = (goal: Goal | undefined): void => {
    if (!goal) return;
    onClose();
    go(goal.to);
  };
  return (
    <dialog class="palette" ref={dialog} onClose={onClose} onClick={(e) => e.target === dialog.current && onClose()} aria-label={t.jump}>
      <div class="search"><Icon name="search" />
        <input type="text" role="combobox" aria-expanded="true" aria-controls="goals" aria-label={t.jump} placeholder={t.jump} autocomplete="off" autofocus value={text} onInput={(e) => { setText(e.currentTarget.value); setAt(0); }}
          onKeyDown={(e) => {
            if (e.key === "ArrowDown" || e.key === "ArrowUp") setAt((at + (e.key === "ArrowDown" ? 1 : found.length - 1)) % Math.max(1, found.length));
            else if (e.key === "Enter") take(found[at]);
            else return;
            e.preventDefault();
          }} />
      </div>
      <ul id="goals" role="listbox" aria-label={t.jump}>
        {found.map((g, n) => <li key={g.to} role="option" aria-selected={n === at} onMouseEnter={() => setAt(n)} onClick={() => take(g)}><Icon name={g.icon} /><span>{g.label}</span><small>{g.hint}</small></li>)}
      </ul>
      {found.length === 0 && <p class="note">{t.nothingFound}</p>}
    </dialog>
  );
}
