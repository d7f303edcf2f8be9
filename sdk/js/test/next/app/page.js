import { cookies } from "next/headers";
import { createServerClient } from "@basalt-dev/client";

// A Server Component cannot set cookies: there is no setAll, and middleware.js refreshes the session.
export default async function Page() {
  const store = await cookies();
  const { auth, db } = createServerClient(process.env.BASALT_URL, { cookies: { getAll: () => store.getAll() } });
  await auth.ready;
  const { items } = await db.collection("todos").get();
  return <main><h1>{auth.user?.email ?? "signed out"}</h1><ul>{items.map((todo) => <li key={todo.id}>{todo.title}</li>)}</ul></main>;
}
