import { call, explain } from "./api.js";
import { useLoad } from "./load.js";
import { t } from "./strings.js";
import { Button, copy, Problem } from "./ui.js";

interface Finding {
  file: string;
  line: number;
  column: number;
  detail: string;
}

interface Answer {
  version: string;
  configuration: { [section: string]: unknown };
  warnings: Finding[];
  notes: Finding[];
}

const plain = /^([A-Za-z_][\w./@-]*|\d+(ms|s|m|h|d|KiB|MiB|GiB)|\d+\/\w+)$/;
const meant = /^(true|false|null|yes|no|on|off|~)$/i;

/** Text as YAML has it; in quotes where it would be read as something else. */
const scalar = (value: unknown): string =>
  typeof value !== "string" ? JSON.stringify(value) : plain.test(value) && !meant.test(value) ? value : value.includes("'") || value.includes("\n") ? JSON.stringify(value) : `'${value}'`;

const isNothing = (value: unknown): boolean => value === "" || value === null || (typeof value === "object" && Object.keys(value as object).length === 0);

/** An object as YAML, without what is empty. */
export function yaml(value: { [name: string]: unknown }, indent = ""): string {
  return Object.entries(value).filter(([, v]) => !isNothing(v)).map(([name, v]) => {
    const key = `${indent}${scalar(name)}:`;
    if (Array.isArray(v)) {
      const simple = v.every((one) => typeof one !== "object" || one === null);
      return `${key} ${simple ? `[${v.map(scalar).join(", ")}]` : JSON.stringify(v)}\n`;
    }
    return typeof v === "object" ? `${key}\n${yaml(v as { [name: string]: unknown }, `${indent}  `)}` : `${key} ${scalar(v)}\n`;
  }).join("");
}

/** The configuration that runs, and what `basalt check` says of it. */
export function Configuration() {
  const { value, error, reload } = useLoad(() => call<Answer>("GET", "/v1/admin/configuration"), []);
  if (error) return <Problem retry={reload}>{explain(error)}</Problem>;
  if (!value) return null;
  const text = yaml(value.configuration);
  return (
    <div class="list" tabIndex={0}>
      <h2>{t.findings}</h2>
      {value.warnings.length === 0 ? <p class="fine">{t.noFindings}</p> : <Findings all={value.warnings} />}
      {value.notes.length > 0 && <><h2>{t.whoMayWhat}</h2><Findings all={value.notes} /></>}
      <header class="bar small"><h2>{t.configurationRuns}</h2><Button icon="copy" onClick={() => void copy(text)}>{t.copyRule}</Button></header>
      <p class="note">{t.configurationHint}</p>
      <pre class="file" tabIndex={0}>{text}</pre>
    </div>
  );
}

const Findings = ({ all }: { all: Finding[] }) => <ul class="findings">{all.map((f, n) => <li key={n}><code>{f.file}:{f.line}:{f.column}</code><span>{f.detail}</span></li>)}</ul>;
