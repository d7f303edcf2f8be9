import { useState } from "preact/hooks";
import { call, explain } from "./api.js";
import { useDelayed, useLoad } from "./load.js";
import { t } from "./strings.js";
import { Button, Icon } from "./ui.js";

export interface User {
  id: string;
  email: string | null;
  email_verified: boolean;
  anonymous: boolean;
  totp: boolean;
  created: string;
  claims: { [name: string]: unknown };
  disabled: boolean;
}

/** How many characters a search of users has at most. */
export const longest = 100;

/** Another caller: a user, claims, or an anonymous caller. */
export interface As {
  /** Names the caller in an address. */
  key: string;
  label: string;
  body: { user: string } | { as: { [claim: string]: unknown } | null };
}

export const anonymous: As = { key: "anonymous", label: t.anonymous, body: { as: null } };

export const userAs = (id: string, email?: string | null): As => ({ key: `user:${id}:${email ?? ""}`, label: email || id, body: { user: id } });

export const claimsAs = (claims: { [claim: string]: unknown }): As => ({ key: `claims:${JSON.stringify(claims)}`, label: String(claims["sub"] ?? t.claims), body: { as: claims } });

/** The caller that an address names. */
export function readAs(key: string | null): As | undefined {
  if (key === "anonymous") return anonymous;
  const user = /^user:([^:]*):(.*)$/s.exec(key ?? "");
  if (user) return userAs(user[1]!, user[2]);
  const claims = /^claims:(.*)$/s.exec(key ?? "");
  return claims ? tryClaims(claims[1]!) : undefined;
}

export function tryClaims(text: string): As | undefined {
  try {
    const claims = JSON.parse(text) as unknown;
    return typeof claims === "object" && claims !== null && !Array.isArray(claims) ? claimsAs(claims as { [claim: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}

/** Chooses a caller: from the accounts, anonymous, or by claims. */
export function CallerPicker({ accounts, claims: typed = true, onPick }: { accounts: boolean; claims?: boolean; onPick: (as: As) => void }) {
  const [text, setText] = useState("");
  const [claims, setClaims] = useState(`{"sub": "ann", "role": "editor"}`);
  const [wrong, setWrong] = useState("");
  const [sought, find] = useState("");
  const found = useLoad(() => (accounts ? call<{ items: User[] }>("GET", `/v1/admin/users?limit=20${sought ? `&search=${encodeURIComponent(sought)}` : ""}`) : Promise.resolve({ items: [] })), [accounts, sought], { keep: true });
  const seek = useDelayed((to: string) => find(to.trim()));
  const error = wrong || (found.error !== undefined ? explain(found.error) : "");
  return (
    <div class="picker">
      {accounts && (
        <form class="search" onSubmit={(e) => { e.preventDefault(); seek(text, 0); }}>
          <Icon name="search" />
          <input data-focus type="search" maxLength={longest} placeholder={t.findUser} aria-label={t.findUser} autocomplete="off" spellcheck={false} value={text} onInput={(e) => { setText(e.currentTarget.value); seek(e.currentTarget.value); }} />
        </form>
      )}
      <ul class="choices" aria-busy={found.busy}>
        <li><button type="button" onClick={() => onPick(anonymous)}><Icon name="eye" /><span>{t.anonymous}</span></button></li>
        {found.value?.items.map((u) => (
          <li key={u.id}><button type="button" onClick={() => onPick(userAs(u.id, u.email))}><Icon name="users" /><span>{u.email ?? t.anonymousUser}</span><code>{Object.keys(u.claims).length > 0 ? JSON.stringify(u.claims) : u.id.slice(0, 8)}</code></button></li>
        ))}
      </ul>
      {typed && <label class="field"><span class="name">{t.typeClaims}</span>
        <textarea class="mono" rows={4} spellcheck={false} value={claims} onInput={(e) => setClaims(e.currentTarget.value)} />
      </label>}
      {error && <p class="wrong" role="alert">{error}</p>}
      {typed && <Button kind="main" onClick={() => {
        const as = tryClaims(claims);
        if (as) onPick(as);
        else setWrong(t.claimsInvalid);
      }}>{t.show}</Button>}
    </div>
  );
}
