import { figure, t } from "./strings.js";

/** A condition of a rule, and how often it was true and false. */
export interface Covered {
  source: string;
  true: number;
  false: number;
}

interface Token {
  text: string;
  from: number;
  to: number;
}

/** The words of an expression, without parentheses, and with one kind of quotes: as its text and its parser agree on them. */
function words(text: string): Token[] {
  return [...text.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w.]+|&&|\|\||[!=<>]=|\?\?|[^\s()]/g)].map((m) => ({ text: m[0].startsWith("'") ? `"${m[0].slice(1, -1)}"` : m[0], from: m.index, to: m.index + m[0].length }));
}

const kindOf = (c: Covered): string => (c.true > 0 && c.false > 0 ? "both" : c.true > 0 ? "yes" : c.false > 0 ? "no" : "none");

/** Where the conditions are in a rule: those that are in no other, which are the ones that decide. */
function marks(rule: string, coverage: Covered[]): { from: number; to: number; covered: Covered }[] {
  const all = words(rule);
  const out: { from: number; to: number; covered: Covered }[] = [];
  for (const covered of coverage) {
    const want = words(covered.source);
    for (let n = 0; want.length > 0 && n + want.length <= all.length; n++) {
      if (!want.every((w, k) => all[n + k]!.text === w.text)) continue;
      const [from, to] = [all[n]!.from, all[n + want.length - 1]!.to];
      if (!out.some((m) => m.from < to && from < m.to)) { // inner ones come first
        out.push({ from, to, covered });
        break;
      }
    }
  }
  return out.sort((a, b) => a.from - b.from);
}

/** A rule with marks: which of its conditions were true, false, or never reached, by what the label says; for the table, how often. */
export function Coverage({ rule, coverage, label }: { rule: string; coverage: Covered[]; label?: string }) {
  const labels: { [kind: string]: string } = { both: t.bothOutcomes, yes: t.onlyTrue, no: t.onlyFalse, none: t.neverReached };
  const signs: { [kind: string]: string } = { both: "✓✗", yes: "✓", no: "✗", none: "∅" };
  const found = marks(rule, coverage);
  const parts = found.flatMap((m, n) => {
    const kind = kindOf(m.covered);
    const title = label ? labels[kind]! : `${labels[kind]!}: ${figure(m.covered.true)} ✓, ${figure(m.covered.false)} ✗`;
    return [rule.slice(found[n - 1]?.to ?? 0, m.from), <mark key={m.from} class={kind} title={title}>{rule.slice(m.from, m.to)}<sup aria-hidden="true">{signs[kind]}</sup><span class="hear">, {title} </span></mark>];
  });
  const used = [...new Set(found.map((m) => kindOf(m.covered)))];
  return (
    <div class="coverage">
      <pre tabIndex={0} aria-label={label ?? t.coverage}>{parts}{rule.slice(found.at(-1)?.to ?? 0)}</pre>
      <p class="note">{used.map((kind) => <span key={kind}><mark class={kind}>{signs[kind]}</mark> {labels[kind]}</span>)}</p>
      {!label && used.includes("none") && <p class="note">{t.neverReachedHint}</p>}
    </div>
  );
}
