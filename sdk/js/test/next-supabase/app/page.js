import { createClient } from "../client.js";
import { add, signIn, signOut, signUp } from "./actions.js";

const Sign = ({ name, action }) => <form id={name} action={action}><input name="email" /><input name="password" /><button>{name}</button></form>;

export default async function Page({ searchParams }) {
  const supabase = await createClient();
  const { data: { user } } = await supabase.auth.getUser();
  const { data: todos } = await supabase.from("todos").select("id, title").order("title");
  const { error } = await searchParams;
  return (
    <main>
      <h1>{user?.email ?? "signed out"}</h1>
      {error && <p>{`error ${error}`}</p>}
      <ul>{todos?.map((todo) => <li key={todo.id}>{todo.title}</li>)}</ul>
      {user ? <><form id="add" action={add}><input name="title" /></form><form id="out" action={signOut} /></> : <><Sign name="up" action={signUp} /><Sign name="in" action={signIn} /></>}
    </main>
  );
}
