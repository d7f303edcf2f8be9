"use client";
import { useMutation, useQuery } from "@basalt-dev/react";
import { useActionState } from "react";
import { db } from "../browser";
import type { Notes as Note } from "../collections";

const notes = db.collection("notes");

/** A live list, which shows what the server has made until its own first answer is there. */
export function Notes({ first, away }: { first: Note<Date>[]; away: string | undefined }) {
  const { docs, loading, error } = useQuery(notes.orderBy("created", "desc").limit(50));
  const remove = useMutation((id: string) => notes.doc(id).delete());
  const [failed, add, pending] = useActionState(async (_: unknown, form: FormData) => {
    const text = String(form.get("text"));
    try {
      await notes.add({ text });
      return null;
    } catch (error) {
      return { text, message: (error as Error).message };
    }
  }, null);
  const shown = loading ? first : docs;
  const message = error?.message ?? failed?.message ?? remove.error?.message ?? (loading ? away : undefined);
  return (
    <section aria-label="Your notes">
      <form id="add" className="row" action={add}>
        <input name="text" placeholder="Write something" aria-label="New note" maxLength={2000} autoComplete="off" defaultValue={failed?.text} required /> <button disabled={pending}>Add</button>
      </form>
      <ul>
        {shown.map((note) => (
          <li key={note.id}>
            <span>{note.text}</span>
            <button className="quiet" title="Delete" aria-label={`Delete “${note.text}”`} onClick={() => void remove.mutate(note.id)}>✕</button>
          </li>
        ))}
      </ul>
      {shown.length === 0 && !loading && <p id="empty">No notes yet. Add one, and open this page in a second window: both stay the same.</p>}
      {message && <p id="message" role="alert">{message}</p>}
    </section>
  );
}
