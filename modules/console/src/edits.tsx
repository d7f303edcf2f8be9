import { useLayoutEffect, useState } from "preact/hooks";
import { call, explain } from "./api.js";
import { useAsked, useLoad } from "./load.js";
import { t } from "./strings.js";
import { Button, copy, Panel, Problem, say } from "./ui.js";

/** A change of basalt.yaml, as POST /v1/admin/configuration/edit takes it. */
export interface Edit {
  do: "set" | "remove" | "rename";
  path: string[];
  to?: string;
  value?: unknown;
}

interface State {
  writable: boolean;
  why?: string;
  loading: boolean;
  failed?: string;
}

interface Proposal extends State {
  hash: string;
  diff: { op: string; line?: number; text: string }[];
  problems: { line: number; column: number; detail: string }[];
  plan: { database: string; collection: string; why: string; sql: string; destructive: boolean }[];
  written: boolean;
}

const at = "/v1/admin/configuration/edit";

/** What the running server has is asked for again. */
export const refresh = (): void => void dispatchEvent(new Event("basalt.refresh"));

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Waits until the server runs with what was written, or has taken it back. */
async function loaded(): Promise<string | undefined> {
  for (;;) {
    const state = await call<State>("GET", at);
    if (!state.loading) return state.failed;
    await pause(200);
  }
}

/** The difference that edits make in basalt.yaml, what is wrong with it, and what the databases need; and writes it. */
export function Review({ edits, onClose, onDiscard, onDone }: { edits: Edit[]; onClose: () => void; onDiscard?: () => void; onDone: () => void }) {
  const { value: proposal, error: refused, busy: looking, reload } = useLoad(() => call<Proposal>("POST", at, { edits }), [edits]);
  const [failed, setFailed] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const asked = useAsked([edits]);
  const error = failed ?? refused;
  useLayoutEffect(() => setFailed(undefined), [edits]);
  const write = async (): Promise<void> => {
    const still = asked();
    setBusy(true);
    setFailed(undefined);
    try {
      await call("POST", at, { edits, write: true, hash: proposal!.hash });
      const why = await loaded();
      if (why) throw new Error(`${t.takenBack} ${why}`);
      refresh();
      say(t.written);
      onDone();
    } catch (e) {
      if (!still()) return void say(explain(e), { bad: true });
      reload();
      setFailed(e);
    } finally {
      setBusy(false);
    }
  };
  const loses = proposal?.plan.some((s) => s.destructive) ?? false;
  const text = (proposal?.diff ?? []).map((l) => (l.op === "…" ? `@@ … @@${l.text && ` ${l.text}`}` : l.op + l.text)).join("\n");
  return (
    <Panel title={t.changesOfFile} onClose={onClose} wide actions={proposal && <Button icon="copy" kind="quiet" label={t.copyDifference} onClick={() => void copy(text)} />}>
      {error !== undefined && <Problem>{explain(error)}</Problem>}
      {proposal && <>
        {proposal.diff.length === 0 && <p class="note">{t.nothingChanges}</p>}
        {proposal.problems.length > 0 && <div role="alert"><ul class="findings">{proposal.problems.map((p, n) => <li key={n} class="wrong"><code>{p.line > 0 && `${p.line}:${p.column}`}</code><span>{p.detail}</span></li>)}</ul></div>}
        <pre class="diff" tabIndex={0} aria-label={t.difference}>{proposal.diff.map((l, n) => <span key={n} class={l.op === "+" ? "plus" : l.op === "-" ? "minus" : l.op === "…" ? "head" : ""}><i aria-hidden="true">{l.line ?? ""}</i>{l.op} {l.text}{"\n"}</span>)}</pre>
        {proposal.problems.length === 0 && <section><h3>{t.migrationPlan}</h3>
          {proposal.plan.length === 0 ? <p class="note">{t.noSteps}</p> : <ol class="statements">{proposal.plan.map((s, n) => <li key={n}><p>{s.collection}: {s.why}{s.destructive && <span class="tag bad">{t.losesData}</span>}</p><pre tabIndex={0}>{s.sql}</pre></li>)}</ol>}
        </section>}
        {!proposal.writable && <p class="note">{t.notWritten} {proposal.why}</p>}
        {loses && <p class="note">{t.losesDataHint}</p>}
        <footer class="actions">
          {proposal.writable && <Button kind="main" disabled={busy || looking || loses || proposal.problems.length > 0 || proposal.diff.length === 0} onClick={() => void write()}>{t.writeFile}</Button>}
          {onDiscard && <Button onClick={onDiscard}>{t.discard}</Button>}
        </footer>
      </>}
    </Panel>
  );
}
