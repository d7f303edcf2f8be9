import { useState } from "preact/hooks";
import { clockTime } from "./strings.js";

/** One line of a chart. Values that are not there leave a gap. */
export interface Line {
  name: string;
  values: (number | null)[];
  tone?: "bad" | "warn" | "soft";
}

const width = 600;
const height = 100;

/** The line as the path of an outline, in a field of a width and height. */
function outline(values: (number | null)[], top: number): string {
  let path = "";
  let begun = false;
  values.forEach((value, n) => {
    if (value === null) return void (begun = false);
    const x = values.length < 2 ? width : (n / (values.length - 1)) * width;
    path += `${begun ? "L" : "M"}${x.toFixed(1)} ${(height - (value / top) * height).toFixed(1)}`;
    begun = true;
  });
  return path;
}

/** A round number that is not below any value, counted in a unit. */
function ceiling(lines: Line[], least: number, unit: number): number {
  const most = Math.max(least, ...lines.flatMap((l) => l.values.map((v) => v ?? 0)));
  if (unit > 1) return unit * 2 ** Math.ceil(Math.log2(most / unit));
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= most)!;
}

/** Lines over time, with their values at the moment that is pointed at, or else at the end. Arrow keys go through it. */
export function Chart({ title, lines, times, show, least = 1, unit = 1 }: { title: string; lines: Line[]; times: string[]; show: (value: number) => string; least?: number; unit?: number }) {
  const [pointed, point] = useState<number>();
  const last = times.length - 1;
  const at = Math.min(pointed ?? last, last);
  const top = ceiling(lines, least, unit);
  const text = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : show(value));
  const now = lines.map((l) => `${l.name} ${text(l.values[at])}`).join(", ");
  const move = (step: number): void => point(Math.max(0, Math.min(last, at + step)));
  return (
    <figure class="chart">
      <figcaption><b>{title}</b><time>{pointed !== undefined && times[at] ? clockTime(times[at]).slice(0, 8) : ""}</time></figcaption>
      <ul>{lines.map((l) => <li key={l.name} class={l.tone ?? ""}><i aria-hidden="true" /><span>{l.name}</span><b>{text(l.values[at])}</b></li>)}</ul>
      <div class="plot" role="slider" tabIndex={0} aria-label={title} aria-valuemin={0} aria-valuemax={Math.max(last, 0)} aria-valuenow={Math.max(at, 0)} aria-valuetext={`${times[at] ? clockTime(times[at]).slice(0, 8) : ""} ${now}`}
        onPointerMove={(e) => { const box = e.currentTarget.getBoundingClientRect(); point(Math.round(((e.clientX - box.left) / box.width) * last)); }} onPointerLeave={() => point(undefined)} onBlur={() => point(undefined)}
        onKeyDown={(e) => {
          if (e.key === "ArrowLeft" || e.key === "ArrowDown") move(-1);
          else if (e.key === "ArrowRight" || e.key === "ArrowUp") move(1);
          else if (e.key === "Home") point(0);
          else if (e.key === "End") point(last);
          else return;
          e.preventDefault();
        }}>
        <small>{show(top)}</small>
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
          <path class="scale" d={`M0 0H${width}M0 ${height / 2}H${width}M0 ${height}H${width}`} />
          {lines.map((l) => <path key={l.name} class={`line ${l.tone ?? ""}`} d={outline(l.values, top)} />)}
          {pointed !== undefined && last > 0 && <path class="at" d={`M${((at / last) * width).toFixed(1)} 0V${height}`} />}
        </svg>
      </div>
      <footer><small>{clockTime(times.find(Boolean) ?? "").slice(0, 5)}</small><small>{times[last] && clockTime(times[last]!).slice(0, 5)}</small></footer>
    </figure>
  );
}
