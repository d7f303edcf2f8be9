import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { anonymously, call, explain, server, type Overview } from "./api.js";
import { tryClaims, userAs, type User } from "./caller.js";
import { useAsked, useLoad } from "./load.js";
import { address } from "./router.js";
import { moment, t } from "./strings.js";
import { Button, copy, Icon, Panel, Problem, say } from "./ui.js";

interface Session {
  id: string;
  method: string;
  ip: string;
  agent: string;
  created: string;
  refreshed: string;
}

/** An account as GET /v1/admin/users/{id} has it. */
interface Account extends User {
  password: boolean;
  sessions: Session[];
  passkeys: { id: string; name: string; created: string; used: string | null }[];
  identities: { id: string; provider: string; email: string; created: string }[];
}

interface AuditEvent {
  id: string;
  created: string;
  event: string;
  actor: string;
  ip: string;
  detail: { [name: string]: unknown };
}

interface Props {
  user: User;
  overview: Overview;
  tab: string;
  to: (tab: string) => string;
  onChange: () => void;
  onClose: () => void;
}

/** One account, and what an administrator can do with it. */
export function AccountPanel({ user, overview, tab, to, onChange, onClose }: Props) {
  const path = `/v1/admin/users/${encodeURIComponent(user.id)}`;
  const { value, error, reload } = useLoad(() => call<Account>("GET", path), [user.id, user.disabled, JSON.stringify(user.claims)], { keep: true });
  const [failed, setFailed] = useState("");
  const act = (what: Promise<unknown>, done: string): void => {
    setFailed("");
    what.then(() => { say(done); onChange(); reload(); }, (e: unknown) => setFailed(explain(e)));
  };
  return (
    <Panel title={user.email ?? t.anonymousUser} onClose={onClose} actions={<Button icon="copy" kind="quiet" label={t.copyId} onClick={() => void copy(user.id)} />}>
      <p class="note"><code>{user.id}</code></p>
      <div class="tabs" role="tablist" aria-label={t.users}>
        {([["", t.account], ["sessions", t.sessions], ["trail", t.trail]] as const).map(([one, label]) => <a key={one} role="tab" aria-selected={one === tab} href={to(one)}>{label}{one === "sessions" && value && value.sessions.length > 0 && ` (${value.sessions.length})`}</a>)}
      </div>
      {failed && <Problem>{failed}</Problem>}
      {error ? <Problem retry={reload}>{explain(error)}</Problem> : value && (
        tab === "sessions" ? <Sessions account={value} path={path} act={act} /> : tab === "trail" ? <Trail user={user.id} /> : <Main account={value} overview={overview} path={path} act={act} />
      )}
    </Panel>
  );
}

type Act = (what: Promise<unknown>, done: string) => void;

function Main({ account, overview, path, act }: { account: Account; overview: Overview; path: string; act: Act }) {
  const written = JSON.stringify(account.claims, null, 2);
  const [claims, setClaims] = useState(written);
  const [wrong, setWrong] = useState("");
  return (
    <>
      <form onSubmit={(e) => {
        e.preventDefault();
        if (!tryClaims(claims)) setWrong(t.claimsInvalid);
        else act(call("PATCH", path, { claims: JSON.parse(claims) as unknown }), t.saved);
      }}>
        <label class="field"><span class="name">{t.claims}</span><textarea data-focus class="mono" rows={6} spellcheck={false} value={claims} onInput={(e) => { setClaims(e.currentTarget.value); setWrong(""); }} /></label>
        {wrong && <p class="wrong" role="alert">{wrong}</p>}
        <footer class="actions inline"><Button submit kind="main" disabled={claims === written}>{t.save}</Button></footer>
      </form>
      <Methods account={account} path={path} act={act} />
      <section class="stack">
        {account.email && <Button icon="link" onClick={() => act(anonymously("POST", "/v1/auth/reset", { email: account.email }), t.resetSent)}>{t.sendReset}</Button>}
        <Button icon="lock" kind={account.disabled ? undefined : "bad"} onClick={() => act(call("PATCH", path, { disabled: !account.disabled }), t.saved)}>{account.disabled ? t.enable : t.disable}</Button>
      </section>
      {!account.disabled && <Impersonate account={account} overview={overview} path={path} />}
    </>
  );
}

function Methods({ account, path, act }: { account: Account; path: string; act: Act }) {
  const line = (icon: string, name: string, detail?: ComponentChildren) => <li><Icon name={icon} /><b>{name}</b><span>{detail}</span></li>;
  const none = !account.password && account.passkeys.length === 0 && account.identities.length === 0 && !account.email;
  return (
    <section><h3>{t.waysIn}</h3>
      <ul class="methods">
        {account.password && line("lock", t.password)}
        {account.email && line("link", t.email, account.email_verified ? t.verified : t.unverified)}
        {account.identities.map((i) => line("users", i.provider, `${i.email} · ${moment(i.created)}`))}
        {account.passkeys.map((p) => line("lock", `Passkey ${p.name}`, p.used ? `${t.lastUsed} ${moment(p.used)}` : moment(p.created)))}
        {account.totp && line("lock", t.secondFactor, <Button onClick={() => act(call("PATCH", path, { totp: false }), t.saved)}>{t.remove}</Button>)}
        {none && <li class="note">{t.noWaysIn}</li>}
      </ul>
    </section>
  );
}

/** The name of a browser and its system, as far as it says. */
function device(agent: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\/(\d+)/.exec(agent.replace(/Chrome\/\S+ .*(?=Edg|OPR)/, ""));
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent)?.[1];
  return browser ? `${{ Edg: "Edge", OPR: "Opera" }[browser[1]!] ?? browser[1]} ${browser[2]}${system ? `, ${system}` : ""}` : agent || t.unknownDevice;
}

function Sessions({ account, path, act }: { account: Account; path: string; act: Act }) {
  if (account.sessions.length === 0) return <p class="note">{t.noSessions}</p>;
  return (
    <>
      <ul class="methods">
        {account.sessions.map((s) => (
          <li key={s.id}><Icon name="status" /><div><b title={s.agent}>{device(s.agent)}</b><span>{s.method} · {s.ip}</span><span>{t.lastUsed} <time dateTime={s.refreshed}>{moment(s.refreshed)}</time></span></div>
            <Button icon="out" label={`${t.endSession}: ${device(s.agent)}`} kind="quiet" onClick={() => act(call("DELETE", `${path}/sessions/${encodeURIComponent(s.id)}`), t.sessionEnded)} /></li>
        ))}
      </ul>
      <footer class="stack"><Button icon="out" kind="bad" onClick={() => act(call("POST", `${path}/signout`), t.sessionsEnded)}>{t.signOutAll}</Button></footer>
    </>
  );
}

/** What has happened to an account, the latest first. */
function Trail({ user }: { user: string }) {
  const filter = encodeURIComponent(`user == ${JSON.stringify(user)}`);
  const { value, error, reload } = useLoad(() => call<{ items: AuditEvent[] }>("GET", `/v1/db/_audit?filter=${filter}&sort=-created&limit=100`), [user]);
  if (error) return <Problem retry={reload}>{explain(error)}</Problem>;
  if (!value) return null;
  if (value.items.length === 0) return <p class="note">{t.noTrail}</p>;
  return (
    <ol class="methods trail">
      {value.items.map((e) => {
        const detail = Object.entries(e.detail ?? {}).map(([name, v]) => `${name}: ${typeof v === "string" ? v : JSON.stringify(v)}`).join(", ");
        return <li key={e.id}><div><b>{e.event}</b><span><time dateTime={e.created}>{moment(e.created)}</time>{e.ip && ` · ${e.ip}`}{e.actor && ` · ${t.by} ${e.actor}`}</span>{detail && <span>{detail}</span>}</div></li>;
      })}
    </ol>
  );
}

/** Opens the app as the user, or gives a token to act as them, for a reason that is kept. */
function Impersonate({ account, overview, path }: { account: Account; overview: Overview; path: string }) {
  const [reason, setReason] = useState("");
  const [token, setToken] = useState("");
  const [wrong, setWrong] = useState("");
  const asked = useAsked();
  const as = userAs(account.id, account.email).key;
  const app = overview.app?.startsWith("/") ? server + overview.app : overview.app;
  const failed = (f: unknown): void => setWrong(explain(f));
  const give = (): Promise<void> => {
    setWrong("");
    return call<{ access_token: string }>("POST", `${path}/impersonate`, { reason }).then((made) => setToken(made.access_token), failed);
  };
  /**
   * Opens the app with a code that is good once and for a minute, in the fragment, which no server gets. The tab has nothing of
   * this one: with an opener, the app could read what the console keeps.
   */
  const open = async (at: string): Promise<void> => {
    const still = asked();
    setWrong("");
    try {
      const { server: name } = await anonymously<{ server: string }>("GET", "/v1/auth/server");
      const { code } = await call<{ code: string }>("POST", `${path}/impersonate/code`, { reason });
      if (!still()) return; // no tab comes from a page that was left
      const href = `${at}#${new URLSearchParams({ basalt: "impersonation", server: name, code }).toString()}`;
      Object.assign(document.createElement("a"), { href, target: "_blank", rel: "noopener noreferrer" }).click();
    } catch (e) {
      failed(e);
    }
  };
  return (
    <section>
      <h3>{t.actAs} {account.email ?? account.id}</h3>
      <ul class="choices">{overview.collections.map((c) => <li key={c.name}><a href={address("data", c.name, { as })}><Icon name="table" /><span>{c.name}</span></a></li>)}</ul>
      <form onSubmit={(e) => {
        e.preventDefault();
        void (app ? open(app) : give());
      }}>
        <label class="field"><span class="name">{t.impersonate}<small>{t.impersonateHint}</small></span><input value={reason} placeholder={t.reasonExample} maxLength={500} onInput={(e) => setReason(e.currentTarget.value)} /></label>
        {wrong && <p class="wrong" role="alert">{wrong}</p>}
        {!app && <p class="note">{t.noApp}</p>}
        {token && <><pre class="token" tabIndex={0}>{token}</pre><footer class="actions inline"><Button icon="copy" onClick={() => void copy(token)}>{t.copyToken}</Button><a class="button" href={address("api", "", { as })}><Icon name="code" />{t.api}</a></footer></>}
        {!token && <footer class="actions inline">{app && <Button submit kind="main" icon="open" disabled={!reason.trim()}>{t.openApp}</Button>}<Button submit={!app} disabled={!reason.trim()} onClick={app ? () => void give() : undefined}>{t.getToken}</Button></footer>}
      </form>
    </section>
  );
}
