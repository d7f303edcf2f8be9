// What the types allow and forbid. It is compiled, not run.
import WS from "ws";
import { createClient, increment, BasaltError, type Doc, type Page } from "../dist/basalt.js";

interface Todo {
  title: string;
  done?: boolean;
  stars?: number;
}

const { auth, channel, db, functions } = createClient("http://localhost:4122");
const todos = db.collection<Todo>("todos");

export async function calls(): Promise<void> {
  const receipt = await functions.call<{ paid: number }>("billing.charge", { amount: 1 });
  receipt.paid.toFixed();
  for await (const n of functions.stream<number>("billing.count", { to: 3 })) n.toFixed();
  const id: string = await functions.emit("import", { file: "/a" }, { delay: 1 });
  id.trim();
  // @ts-expect-error a function has a name
  await functions.call(1);
}

export async function uses(): Promise<void> {
  const page: Page<Todo> = await todos.where("done", "==", false).orderBy("stars", "desc").limit(20).get();
  const first: Doc<Todo> | undefined = page.items[0];
  first?.title.toUpperCase();
  const added = await todos.add({ title: "a" });
  added.id.length.toFixed();
  await todos.doc(added.id).update({ stars: increment(), done: null });
  const part = await todos.select("title").get();
  part.items[0]?.title;
  // @ts-expect-error a field that was not selected
  part.items[0]?.stars;
  // @ts-expect-error no such field
  await todos.add({ titel: "a" });
  // @ts-expect-error a wrong type
  await todos.doc("x").update({ title: 3 });
  // @ts-expect-error no such field to order by
  todos.orderBy("titel");
  // @ts-expect-error no such operator
  todos.where("done", "===", true);
  const end = todos.select("title").onSnapshot(({ docs, docChanges }) => {
    docs[0]?.title.toUpperCase();
    // @ts-expect-error a field that was not selected
    docs[0]?.stars;
    docChanges().map((c) => c.doc.title);
  });
  end();
  todos.doc("x").onSnapshot((doc) => doc?.stars?.toFixed());
  todos.onAggregate({ sum: ["stars"] }, ([row]) => row?.sum?.["stars"]);
  for await (const { docs } of todos.snapshots()) docs[0]?.id.length;
  // @ts-expect-error a message of another type
  await channel<{ text: string }>("room:1").publish({ txt: "x" });
  const user = await auth.signIn("a@example.com", "12345678");
  user.email?.length;
  await auth.signUp("a@example.com", "12345678", { profile: { name: "Ada" } });
  await auth.signUp<Todo>("a@example.com", "12345678", { profile: { title: "a" } });
  // @ts-expect-error no such field
  await auth.signUp<Todo>("a@example.com", "12345678", { profile: { titel: "a" } });
  // @ts-expect-error a profile is an object
  await auth.signInAnonymously({ profile: "Ada" });
  user.profile?.["name"];
  const error = new BasaltError("forbidden", "no");
  // @ts-expect-error no such code
  if (error.code === "nope") return;
}

export function options(): void {
  createClient("http://localhost:4122", { WebSocket: WS });
  createClient("http://localhost:4122", { WebSocket: globalThis.WebSocket, name: "second" });
  const { signal } = new AbortController();
  void todos.get({ signal });
  void todos.aggregate({ count: true }, { signal });
  void todos.doc("x").get({ signal, expand: ["y"] });
  void functions.call("billing.charge", {}, { signal });
  const gone: BasaltError["code"] = "aborted";
  gone.length.toFixed();
}
