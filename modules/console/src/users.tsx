import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { call, explain, type Overview } from "./api.js";
import { AccountPanel } from "./account.js";
import { longest, type User } from "./caller.js";
import { ImportUsers } from "./importusers.js";
import { useDelayed, useLoad } from "./load.js";
import { address, go, type Route } from "./router.js";
import { moment, t } from "./strings.js";
import { Button, Empty, Icon, Problem, say } from "./ui.js";

interface Page {
  items: User[];
  next: string | null;
}

/** The accounts. */
export function Users({ overview, route }: { overview: Overview; route: Route }) {
  const search = route.query.get("search") ?? "";
  const chosen = route.query.get("user") ?? undefined;
  const [text, setText] = useState(search);
  const [importing, setImporting] = useState(false);
  const ask = (after?: string | null) => call<Page>("GET", `/v1/admin/users?limit=50${search ? `&search=${encodeURIComponent(search)}` : ""}${after ? `&after=${encodeURIComponent(after)}` : ""}`);
  const { value, error, busy, reload, extend } = useLoad(() => ask(), [search], { keep: true });
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (document.activeElement !== input.current) setText(search);
  }, [search]);
  const find = useDelayed((to: string) => go(address("users", "", { search: to.trim() }), true));
  if (!overview.accounts) return <div class="page"><header class="bar"><h1>{t.users}</h1></header><Empty icon="users" title={t.noUsers}><p>{t.noAuth}</p></Empty></div>;
  const users = value?.items ?? [];
  const more = (): void => extend("more", ({ next }) => ask(next), (now, page) => ({ ...page, items: [...now.items, ...page.items] }), (e) => say(explain(e), { bad: true }));
  const user = users.find((u) => u.id === chosen);
  return (
    <div class="page">
      <header class="bar"><h1>{t.users}</h1><span class="grow" /><Button icon="down" onClick={() => { setImporting(true); go(address("users", "", { search })); }}>{t.import}</Button><Button icon="reload" kind="quiet" label={t.reload} onClick={reload} /></header>
      <form class="filter" onSubmit={(e) => { e.preventDefault(); find(text, 0); }}>
        <div class="search"><Icon name="search" /><input ref={input} type="search" maxLength={longest} aria-label={t.userSearch} placeholder={t.userSearch} autocomplete="off" spellcheck={false} value={text} onInput={(e) => { setText(e.currentTarget.value); find(e.currentTarget.value); }} /></div>
      </form>
      <div class="split">
        {error ? <Problem retry={reload}>{explain(error)}</Problem> : value && users.length === 0 ? <Empty icon="users" title={search ? t.noMatch : t.noUsers}><p>{!search && t.noUsersHint}</p></Empty> : (
          <div class="list" tabIndex={-1} aria-busy={busy}>
            <table>
              <thead><tr><th scope="col">{t.email}</th><th scope="col">{t.claims}</th><th scope="col">{t.status}</th><th scope="col">{t.created}</th></tr></thead>
              <tbody>
                {users.map((u) => (
                  <tr key={u.id} class={u.id === chosen ? "at" : ""}>
                    <th scope="row"><a href={address("users", "", { search, user: u.id })}>{u.email ?? t.anonymousUser}</a><code>{u.id}</code></th>
                    <td>{Object.keys(u.claims).length > 0 ? <code>{JSON.stringify(u.claims)}</code> : <span class="nothing">–</span>}</td>
                    <td><span class="tags">{u.disabled && <span class="tag bad">{t.disabled}</span>}{u.email && <span class={u.email_verified ? "tag good" : "tag"}>{u.email_verified ? t.verified : t.unverified}</span>}{u.totp && <span class="tag good">{t.secondFactor}</span>}</span></td>
                    <td><time dateTime={u.created}>{moment(u.created)}</time></td>
                  </tr>
                ))}
              </tbody>
            </table>
            {value?.next && <Button onClick={more}>{t.more}</Button>}
          </div>
        )}
        {importing && !user && <ImportUsers onClose={() => setImporting(false)} onDone={reload} />}
        {user && <AccountPanel key={user.id} user={user} overview={overview} tab={route.query.get("tab") ?? ""} to={(tab) => address("users", "", { search, user: user.id, tab })} onChange={reload} onClose={() => go(address("users", "", { search }))} />}
      </div>
    </div>
  );
}
