import { useMutation, useQuery, useUser } from "@basalt-dev/react";
import type { FormEvent } from "react";
import { auth, db } from "./basalt.js";

export function App() {
  const { user, loading } = useUser(auth);
  if (loading) return null;
  return (
    <>
      <header>
        <h1>Notes</h1>
        {user && <div className="row"><span id="email">{user.email}</span> <button className="quiet" onClick={() => void auth.signOut()}>Sign out</button></div>}
      </header>
      {user ? <Notes /> : <SignIn />}
    </>
  );
}

function SignIn() {
  const { mutate, pending, error } = useMutation((up: boolean, email: string, password: string) =>
    up ? auth.signUp(email, password) : auth.signIn(email, password));
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const button = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement | null;
    void mutate(button?.value === "up", String(form.get("email")), String(form.get("password")));
  }
  return (
    <form id="sign" onSubmit={submit}>
      <label>E-mail address <input name="email" type="email" autoComplete="username" required /></label>
      <label>Password, 8 characters or more <input name="password" type="password" autoComplete="current-password" minLength={8} required /></label>
      <div className="row"><button disabled={pending}>Sign in</button> <button className="quiet" value="up" disabled={pending}>Create an account</button></div>
      {error && <p id="message" role="alert">{error.message}</p>}
    </form>
  );
}

function Notes() {
  const notes = db.collection("notes");
  const { docs, loading, error } = useQuery(notes.orderBy("created", "desc").limit(50)); // live: it follows every change
  const add = useMutation((text: string) => notes.add({ text }));
  const remove = useMutation((id: string) => notes.doc(id).delete());
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    if (await add.mutate(String(new FormData(form).get("text")))) form.reset();
  }
  const failure = error ?? add.error ?? remove.error;
  return (
    <section aria-label="Your notes">
      <form id="add" className="row" onSubmit={submit}>
        <input name="text" placeholder="Write something" aria-label="New note" maxLength={2000} autoComplete="off" required /> <button disabled={add.pending}>Add</button>
      </form>
      <ul>
        {docs.map((note) => (
          <li key={note.id}>
            <span>{note.text}</span>
            <button className="quiet" title="Delete" aria-label={`Delete “${note.text}”`} onClick={() => void remove.mutate(note.id)}>✕</button>
          </li>
        ))}
      </ul>
      {!loading && docs.length === 0 && <p id="empty">No notes yet. Add one, and open this page in a second window: both stay the same.</p>}
      {failure && <p id="message" role="alert">{failure.message}</p>}
    </section>
  );
}
