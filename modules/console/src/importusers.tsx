import { useState } from "preact/hooks";
import { call, explain, type Refused } from "./api.js";
import { figure, t } from "./strings.js";
import { Button, Panel, Problem } from "./ui.js";

/** How many accounts, and how many characters of them, one call has. */
const perCall = 200;
const longest = 300_000;
/** How large a file may be, in bytes: it is read as a whole. */
const largest = 64 << 20;
const shownProblems = 50;

interface Outcome {
  made: number;
  there: number;
  refused: { account: number; email?: string; id?: string; reason: string }[];
}

/** The accounts of a file, each as its text, and what has written it. */
interface Accounts {
  from: "basalt" | "firebase";
  items: string[];
}

/** Reads JSON Lines of `basalt users export`, or a file of `firebase auth:export`. */
function read(text: string): Accounts {
  if (!/^\s*\{\s*"users"\s*:\s*\[/.test(text)) return { from: "basalt", items: text.split(/\r?\n/).filter((line) => line.trim() !== "") };
  return { from: "firebase", items: (JSON.parse(text) as { users: unknown[] }).users.map((u) => JSON.stringify(u)) };
}

/** Imports accounts, as `basalt users import` does. */
export function ImportUsers({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [accounts, setAccounts] = useState<Accounts>();
  const [hash, setHash] = useState("");
  const [error, setError] = useState<unknown>();
  const [outcome, setOutcome] = useState<Outcome & { dry: boolean }>();
  const [done, setDone] = useState<number>(); // while it runs

  const open = async (file: File | undefined): Promise<void> => {
    setAccounts(undefined);
    setOutcome(undefined);
    setError(undefined);
    if (!file) return;
    try {
      if (file.size > largest) throw new Error(t.usersTooLarge);
      setAccounts(read(await file.text()));
    } catch (e) {
      setError(e instanceof SyntaxError ? new Error(`${t.notFirebase} ${e.message}`) : e);
    }
  };

  const run = async ({ from, items }: Accounts, dry: boolean): Promise<void> => {
    const all = { made: 0, there: 0, refused: [] as Outcome["refused"], dry };
    const send = async (first: number, some: string[]): Promise<void> => {
      const text = from === "firebase" ? `{"users":[${some.join(",")}]}` : some.join("\n");
      try {
        const o = await call<Outcome>("POST", "/v1/admin/users/import", { from, text, dry, ...(hash.trim() && { hash_config: hash }) });
        all.made += o.made;
        all.there += o.there;
        all.refused.push(...o.refused.map((r) => ({ ...r, account: r.account + first })));
      } catch (e) {
        if ((e as Partial<Refused>).status !== 413) throw e;
        if (some.length === 1) return void all.refused.push({ account: first + 1, reason: explain(e) });
        const half = Math.ceil(some.length / 2); // the server takes less at once
        await send(first, some.slice(0, half));
        await send(first + half, some.slice(half));
      }
    };
    setError(undefined);
    setOutcome(undefined);
    setDone(0);
    try {
      for (let n = 0; n < items.length;) {
        const some: string[] = [];
        for (let length = 0; n + some.length < items.length && some.length < perCall && (some.length === 0 || length < longest); length += some.at(-1)!.length) some.push(items[n + some.length]!);
        await send(n, some);
        setDone(n += some.length);
      }
    } catch (e) {
      setError(e);
    }
    setDone(undefined);
    setOutcome(all);
    if (!dry && all.made > 0) onDone();
  };

  const busy = done !== undefined;
  const count = accounts?.items.length ?? 0;
  return (
    <Panel title={t.importUsers} onClose={onClose} wide>
      <p class="note">{t.importUsersHint}</p>
      <label class="field"><span class="name">{t.file}<small>JSON Lines, Firebase</small></span><input data-focus type="file" accept=".jsonl,.ndjson,.json,.txt" disabled={busy} onChange={(e) => void open(e.currentTarget.files?.[0])} /></label>
      {accounts?.from === "firebase" && <label class="field"><span class="name">{t.hashConfig}<small>{t.hashConfigHint}</small></span><textarea class="mono" rows={7} spellcheck={false} value={hash} disabled={busy} onInput={(e) => setHash(e.currentTarget.value)} /></label>}
      {error !== undefined && <Problem>{explain(error)}</Problem>}
      {accounts && <p role="status"><b>{figure(count)}</b> {t.accountsInFile}</p>}
      {busy && <progress max={count || 1} value={done} aria-label={t.importUsers} />}
      {outcome && <p role="status" class={outcome.refused.length > 0 ? "outcome warn" : "outcome good"}>{outcome.dry ? t.wouldBeImported : t.imported}: {figure(outcome.made)}, {t.wereThere}: {figure(outcome.there)}, {t.refusedAccounts}: {figure(outcome.refused.length)}</p>}
      {outcome && outcome.refused.length > 0 && <ul class="conditions wrongs">{outcome.refused.slice(0, shownProblems).map((one, n) => <li key={n}><b>{t.account} {figure(one.account)}{(one.email ?? one.id) && `, ${one.email ?? one.id}`}</b><span>{one.reason}</span></li>)}{outcome.refused.length > shownProblems && <li><span>+ {figure(outcome.refused.length - shownProblems)}</span></li>}</ul>}
      {accounts && <footer class="actions"><Button kind="main" disabled={busy || count === 0} onClick={() => void run(accounts, false)}>{t.import}</Button><Button disabled={busy || count === 0} onClick={() => void run(accounts, true)}>{t.tryOnServer}</Button></footer>}
    </Panel>
  );
}
