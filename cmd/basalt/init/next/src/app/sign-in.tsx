"use client";
import { useRouter } from "next/navigation";
import { useActionState } from "react";
import { auth } from "../browser";

export function SignIn() {
  const router = useRouter();
  const [failed, submit, pending] = useActionState(async (_: unknown, form: FormData) => {
    const email = String(form.get("email")), password = String(form.get("password"));
    try {
      await (form.has("up") ? auth.signUp(email, password) : auth.signIn(email, password));
    } catch (error) {
      return { email, message: (error as Error).message };
    }
    router.refresh(); // the page is made again, as this user
    return null;
  }, null);
  return (
    <form id="sign" action={submit}>
      <label>E-mail address <input name="email" type="email" autoComplete="username" defaultValue={failed?.email} required /></label>
      <label>Password, 8 characters or more <input name="password" type="password" autoComplete="current-password" minLength={8} required /></label>
      <div className="row"><button disabled={pending}>Sign in</button> <button className="quiet" name="up" value="up" disabled={pending}>Create an account</button></div>
      {failed && <p id="message" role="alert">{failed.message}</p>}
    </form>
  );
}
