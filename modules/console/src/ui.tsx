import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "./strings.js";

/** The outlines of the icons, on a grid of 16. */
const outlines: { [name: string]: string } = {
  table: "M2 3.5h12v9H2zM2 6.5h12M6 6.5v6",
  users: "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M10.5 2.8a2.5 2.5 0 0 1 0 4.4M12 9.8c1.5.5 2.5 1.8 2.5 3.7",
  rules: "M8 1.5 13.5 4v4c0 3-2.2 5.3-5.5 6.5C4.7 13.3 2.5 11 2.5 8V4zM5.7 7.9l1.7 1.7 3-3.2",
  status: "M1.5 8.5h3l2-5 3 9 2-4h3",
  events: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  check: "M3.5 2.5h9a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1ZM5 8.2l2 2 4-4.4",
  plus: "M8 3v10M3 8h10", close: "M4 4l8 8M12 4l-8 8", menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.5 10.5l3 3", out: "M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z",
  trash: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9", copy: "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3", link: "M6.5 9.5l3-3M7 4.5l1.5-1.5a2.6 2.6 0 0 1 4 4L11 8.5M9 11.5 7.5 13a2.6 2.6 0 0 1-4-4L5 7.5",
  up: "M8 13V3M4 7l4-4 4 4", down: "M8 3v10M4 9l4 4 4-4", reload: "M13.5 8A5.5 5.5 0 1 1 11.7 4M13.5 2v3h-3", lock: "M3.5 7.5h9v6h-9zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2",
  schema: "M2 2.5h5v4H2zM9 9.5h5v4H9zM4.5 6.5v5H9",
  code: "M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5",
  live: "M8 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM4.8 11.2a4.5 4.5 0 0 1 0-6.4M11.2 4.8a4.5 4.5 0 0 1 0 6.4M2.7 13.3a7.5 7.5 0 0 1 0-10.6M13.3 2.7a7.5 7.5 0 0 1 0 10.6",
  terminal: "M2.5 3h11v10h-11zM5 6l2 2-2 2M8.5 10.5H11",
  logs: "M3 3.5h10M3 6.5h10M3 9.5h7M3 12.5h5", pause: "M5.5 3.5v9M10.5 3.5v9", play: "M4.5 3l8 5-8 5z",
  open: "M6.5 3h-4v10.5H13v-4M9 2.5h4.5V7M13.5 2.5 7 9",
};

export function Icon({ name }: { name: string }) {
  return <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d={outlines[name]} /></svg>;
}

interface ButtonProps {
  children?: ComponentChildren;
  icon?: string;
  kind?: "main" | "quiet" | "bad";
  label?: string;
  pressed?: boolean;
  disabled?: boolean;
  submit?: boolean;
  onClick?: (event: MouseEvent) => void;
}

/** A button; one of an icon alone has a label. */
export function Button({ children, icon, kind, label, pressed, disabled, submit, onClick }: ButtonProps) {
  return (
    <button type={submit ? "submit" : "button"} class={`button ${kind ?? ""} ${children ? "" : "bare"}`} aria-label={label} title={label} aria-pressed={pressed} disabled={disabled} onClick={onClick}>
      {icon && <Icon name={icon} />}{children && <span>{children}</span>}
    </button>
  );
}

/** What a page says when it has nothing to show, and what to do then. */
export function Empty({ icon, title, children }: { icon: string; title: string; children?: ComponentChildren }) {
  return <div class="empty"><Icon name={icon} /><h2>{title}</h2><div>{children}</div></div>;
}

export function Problem({ children, retry }: { children: ComponentChildren; retry?: () => void }) {
  return <div class="problem" role="alert"><span>{children}</span>{retry && <Button onClick={retry}>{t.retry}</Button>}</div>;
}

/** Says whether the focus may move into a part of the page, or back from it: not away from where somebody has gone meanwhile. */
export function mayTakeFocus(part: Element | null): boolean {
  const { activeElement: at } = document;
  return !at || at === document.body || part?.contains(at) === true;
}

/** A panel beside the page, or over it on a phone. Escape closes it, and the focus goes back to where it was. */
export function Panel({ title, children, onClose, actions, wide }: { title: string; children: ComponentChildren; onClose: () => void; actions?: ComponentChildren; wide?: boolean }) {
  const panel = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    (panel.current?.querySelector<HTMLElement>("[data-focus]") ?? panel.current)?.focus();
    return () => void (before?.isConnected && mayTakeFocus(panel.current) && before.focus());
  }, []);
  return (
    <div class={wide ? "panel wide" : "panel"} ref={panel} role="dialog" aria-label={title} tabIndex={-1} onKeyDown={(e) => {
      if (e.key === "Escape") {
        e.stopPropagation();
        onClose();
      }
    }}>
      <header><h2>{title}</h2><span class="grow" />{actions}<Button icon="close" kind="quiet" label={t.close} onClick={onClose} /></header>
      <div class="body">{children}</div>
    </div>
  );
}

interface Toast {
  id: number;
  text: string;
  undo?: () => void;
  bad?: boolean;
}

let toasts: Toast[] = [];
let count = 0;
let changed: () => void = () => undefined;

/** Says something for a while. It returns what takes it back. */
export function say(text: string, options: { undo?: () => void; bad?: boolean; time?: number } = {}): () => void {
  const id = ++count;
  const end = (): void => {
    toasts = toasts.filter((one) => one.id !== id);
    changed();
  };
  toasts = [...toasts, { id, text, bad: options.bad, undo: options.undo && (() => { end(); options.undo!(); }) }];
  changed();
  setTimeout(end, options.time ?? (options.bad ? 8000 : 3000));
  return end;
}

export function Toasts() {
  const [, draw] = useState(0);
  useEffect(() => {
    changed = () => draw((n) => n + 1);
  }, []);
  return (
    <div class="toasts" role="status">
      {toasts.map((one) => <div key={one.id} class={one.bad ? "toast bad" : "toast"}><span>{one.text}</span>{one.undo && <Button kind="quiet" onClick={one.undo}>{t.undo}</Button>}</div>)}
    </div>
  );
}

export async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text).then(() => say(t.copied), (e: Error) => say(e.message, { bad: true }));
}
