import { useEffect, useState } from "preact/hooks";
import { anonymously, client, explain, mistake, signInWithKey } from "./api.js";
import { go } from "./router.js";
import { t } from "./strings.js";
import { Button, Icon, Problem } from "./ui.js";

interface Providers {
  password?: unknown;
  [name: string]: unknown;
}

/** The page of whoever is not signed in: with an account, or a key. */
export function SignIn({ note, onDone }: { note?: string; onDone: () => void }) {
  const [byKey, setByKey] = useState<boolean>();
  const [second, setSecond] = useState(false);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    void anonymously<Providers>("GET", "/v1/auth/providers").then((p) => setByKey(!p.password), () => setByKey(true));
  }, []);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const { email, password, totp, key } = Object.fromEntries(new FormData(form)) as { [name: string]: string };
    setBusy(true);
    try {
      if (byKey) await signInWithKey(key!.trim());
      else await client.auth.signIn(email!, password!, totp ? { totp } : {});
      onDone();
    } catch (e) {
      if ((e as { errors?: { field: string }[] }).errors?.some((one) => one.field === "totp")) setSecond(true);
      setError(e);
      setBusy(false);
    }
  };
  return (
    <Gate title={t.signIn}>
      {note && <p class="note">{note}</p>}
      {byKey !== undefined && <form onSubmit={(e) => { e.preventDefault(); void submit(e.currentTarget); }} onInput={() => setError(undefined)}>
        {byKey
          ? <Input name="key" type="password" label={t.key} autocomplete="off" focus />
          : <>
            <Input name="email" type="email" label={t.email} autocomplete="username" focus />
            <Input name="password" type="password" label={t.password} autocomplete="current-password" />
            {second && <Input name="totp" type="text" label={t.code} autocomplete="one-time-code" focus />}
          </>}
        {Boolean(error) && <Problem>{explain(error)}</Problem>}
        <Button submit kind="main" disabled={busy}>{t.signIn}</Button>
        <Button kind="quiet" onClick={() => { setByKey(!byKey); setError(undefined); }}>{byKey ? t.usePassword : t.useKey}</Button>
      </form>}
      <p class="note small">{t.signInHint}</p>
    </Gate>
  );
}

/** The page of the link that the server prints at its first start. */
export function First({ code, onDone }: { code: string; onDone: () => void }) {
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const finish = async (how: () => Promise<void>): Promise<void> => {
    setBusy(true);
    try {
      await how();
      go("#/", true);
      onDone();
    } catch (e) {
      setError(e);
      setBusy(false);
    }
  };
  const account = (form: HTMLFormElement): Promise<void> => finish(async () => {
    const { email, password } = Object.fromEntries(new FormData(form)) as { [name: string]: string };
    await anonymously("POST", "/v1/auth/first", { code, email, password });
    await client.auth.signIn(email!, password!);
  });
  const pass = (): Promise<void> => finish(async () => {
    const answer = await anonymously<{ access_token: string; expires_in: number }>("POST", "/v1/auth/first", { code });
    await signInWithKey(answer.access_token, answer.expires_in);
  });
  return (
    <Gate title={t.first}>
      <p class="note">{t.firstHint}</p>
      <form onSubmit={(e) => { e.preventDefault(); void account(e.currentTarget); }} onInput={() => setError(undefined)}>
        <Input name="email" type="email" label={t.email} autocomplete="username" wrong={mistake(error, "email")} focus />
        <Input name="password" type="password" label={t.password} autocomplete="new-password" wrong={mistake(error, "password")} hint={t.passwordHint} />
        {Boolean(error) && !mistake(error, "email") && !mistake(error, "password") && <Problem>{explain(error)}</Problem>}
        <Button submit kind="main" disabled={busy}>{t.create}</Button>
        <Button kind="quiet" disabled={busy} onClick={() => void pass()}>{t.firstPass}</Button>
      </form>
    </Gate>
  );
}

/** A page with one thing to do. */
export function Gate({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return <main class="gate"><div class="card"><div class="brand"><img src="icon.svg" alt="" width="24" height="24" />Basalt</div><h1>{title}</h1>{children}</div></main>;
}

function Input({ name, type, label, autocomplete, focus, wrong, hint }: { name: string; type: string; label: string; autocomplete: string; focus?: boolean; wrong?: string; hint?: string }) {
  return (
    <label class={wrong ? "field invalid" : "field"}><span class="name">{label}</span>
      <input ref={(e) => { if (focus && e && document.activeElement === document.body) e.focus(); }} name={name} type={type as "text"} autocomplete={autocomplete as never} required aria-invalid={wrong !== undefined} />
      {wrong ? <span class="wrong" role="alert">{wrong}</span> : hint && <small class="hint">{hint}</small>}
    </label>
  );
}

export function Locked({ message, onSignOut }: { message: string; onSignOut: () => void }) {
  return <Gate title={t.notAllowed}><p class="note"><Icon name="lock" /> {message || t.notAllowedHint}</p><Button icon="out" onClick={onSignOut}>{t.signOut}</Button></Gate>;
}
