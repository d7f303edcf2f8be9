import { call, explain } from "./api.js";
import { useLoad } from "./load.js";
import { t } from "./strings.js";
import { Panel, Problem } from "./ui.js";

interface Condition {
  source: string;
  outcome: string;
}

/** What POST /v1/admin/explain answers. */
export interface Explanation {
  rule: string;
  verdict: "allow" | "deny" | "filter";
  conditions: Condition[];
  residual: string;
  statement?: string;
  parameters?: string[];
  plan?: string[];
  fields?: { [field: string]: string };
  document?: { found: boolean; allowed: boolean; conditions?: Condition[] };
}

/** Says why a caller sees a document or does not. */
export function Why({ collection, id, claims, label, onClose }: { collection: string; id: string; claims: unknown; label: string; onClose: () => void }) {
  return <Panel title={`${label}: ${collection} / ${id}`} onClose={onClose}><Reason collection={collection} id={id} claims={claims} /></Panel>;
}

export function Reason({ collection, id, claims }: { collection: string; id: string; claims: unknown }) {
  const { value, error } = useLoad(() => call<Explanation>("POST", "/v1/admin/explain", { as: claims ?? null, op: "read", collection, id }), [collection, id, JSON.stringify(claims)]);
  return error ? <Problem>{explain(error)}</Problem> : value ? <Verdict explanation={value} /> : <p class="note">{t.loading}…</p>;
}

/** An explanation, from its outcome to its details. */
export function Verdict({ explanation: e }: { explanation: Explanation }) {
  const document = e.document;
  const verdict = { allow: t.verdictAllow, deny: t.verdictDeny, filter: t.verdictFilter }[e.verdict];
  return (
    <div class="verdict">
      {document
        ? <p class={document.allowed ? "outcome good" : "outcome bad"}>{!document.found ? t.isNotThere : document.allowed ? t.isVisible : t.isHidden}</p>
        : <p class={`outcome ${e.verdict === "allow" ? "good" : e.verdict === "deny" ? "bad" : ""}`}>{verdict}</p>}
      {e.rule === "" ? <p class="note">{t.noRule}</p> : <Code title={t.ruleIs} text={e.rule} />}
      {document?.conditions && document.conditions.length > 0 && <Conditions title={`${t.thisDocument}: ${t.conditions}`} all={document.conditions} />}
      {!document && e.conditions.length > 0 && <Conditions title={t.conditions} all={e.conditions} />}
      {e.rule !== "" && <Code title={t.comesTo} text={e.residual} />}
      {e.fields && Object.keys(e.fields).length > 0 && <Conditions title={t.fieldRules} all={Object.entries(e.fields).map(([source, outcome]) => ({ source, outcome }))} />}
      {e.statement && <Code title={t.statement} text={e.statement + (e.parameters?.length ? `\n-- ${e.parameters.join(", ")}` : "")} />}
      {e.plan && e.plan.length > 0 && <Code title={t.plan} text={e.plan.join("\n")} />}
    </div>
  );
}

function Code({ title, text }: { title: string; text: string }) {
  return <section><h3>{title}</h3><pre tabIndex={0}>{text}</pre></section>;
}

function Conditions({ title, all }: { title: string; all: Condition[] }) {
  return (
    <section><h3>{title}</h3>
      <ul class="conditions">{all.map((c, n) => <li key={n} class={c.outcome === "true" ? "good" : c.outcome === "false" ? "bad" : ""}><code>{c.source}</code><span>{c.outcome}</span></li>)}</ul>
    </section>
  );
}
