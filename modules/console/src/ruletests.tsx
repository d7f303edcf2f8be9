import { useState } from "preact/hooks";
import { call, explain, type Collection } from "./api.js";
import { Coverage } from "./coverage.js";
import { figure, t } from "./strings.js";
import { Button, Problem } from "./ui.js";

interface Tested {
  passed: number;
  failed: { name: string; failure: string }[];
  attacks: number;
  conditions: { collection: string; op: string; source: string; true: boolean; false: boolean }[];
}

/** How large a file may be, in bytes. */
const largest = 1 << 20;

/** The tests of the rules, run with the rule as it is typed, and what they cover of it. */
export function RuleTests({ collection, op, rule }: { collection: Collection; op: string; rule: string }) {
  const [file, setFile] = useState<{ name: string; text: string }>();
  const [tested, setTested] = useState<Tested & { rule: string }>();
  const value = tested?.rule === rule ? tested : undefined; // the rule may have been changed since
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const open = async (chosen: File | undefined): Promise<void> => {
    setTested(undefined);
    setError(undefined);
    if (!chosen) return setFile(undefined);
    if (chosen.size > largest) return setError(new Error(t.testsTooLarge));
    setFile({ name: chosen.name, text: await chosen.text() });
  };
  const run = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      setTested({ ...(await call<Tested>("POST", "/v1/admin/rules/test", { ...(file && { text: file.text }), collection: collection.name, op, rule })), rule });
    } catch (e) {
      setTested(undefined);
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  const covered = (value?.conditions ?? []).filter((c) => c.collection === collection.name && c.op === op).map((c) => ({ source: c.source, true: Number(c.true), false: Number(c.false) }));
  return (
    <section class="matrix">
      <header class="bar small"><h2>{t.tests}</h2><span class="grow" /><Button icon="reload" disabled={busy} onClick={() => void run()}>{t.runTests}</Button></header>
      <p class="note">{t.runTestsHint}</p>
      <label class="field"><span class="name">{t.anotherFile}<small>rules.test.yaml</small></span><input type="file" accept=".yaml,.yml" disabled={busy} onChange={(e) => void open(e.currentTarget.files?.[0])} /></label>
      {error !== undefined && <Problem>{explain(error)}</Problem>}
      {value && <>
        <p role="status" class={value.failed.length > 0 ? "outcome bad" : "outcome good"}>{t.testsPassed}: {figure(value.passed)}, {t.testsFailed}: {figure(value.failed.length)}, {t.attacks}: {figure(value.attacks)}</p>
        {value.failed.length > 0 && <ul class="conditions wrongs">{value.failed.map((one, n) => <li key={n}><b>{one.name}</b><span>{one.failure}</span></li>)}</ul>}
        {value.rule !== "" && <Coverage rule={value.rule} coverage={covered} label={t.testCoverage} />}
      </>}
    </section>
  );
}
