// The same list in a browser, with what @basalt-dev/supabase has besides: it is live, and goes on without a network.
// A bundler makes one file of this: npx esbuild page/app.js --bundle --format=esm --outfile=public/app.js
import { createClient } from "@basalt-dev/supabase";

const $ = (id) => document.getElementById(id);
const supabase = createClient(location.origin, document.documentElement.dataset.key, { offline: ["todos"] });
const todos = () => supabase.from("todos");
let rows = [], of, end = () => undefined;

/** What a call brings; its error is shown. */
function ok({ data, error, statusText }) {
  $("message").textContent = error?.message ?? "";
  return { data, kept: statusText === "Kept" };
}

function show(now, snapshot) {
  rows = now;
  $("todos").replaceChildren(...now.map((todo) => {
    const item = document.createElement("li");
    item.textContent = `${todo.done ? "☑" : "☐"} ${todo.task}`;
    item.classList.toggle("waits", supabase.outbox.isPending("todos", todo.id));
    return item;
  }));
  $("state").textContent = `${supabase.outbox.pending} waiting${snapshot.connected ? "" : ", not connected"}`;
}
supabase.outbox.onRefused(({ mutation, error }) => {
  const tasks = (mutation.parts ?? [mutation]).map((part) => part.body?.task).filter(Boolean);
  $("message").textContent = `Not taken: ${tasks.join(", ")}. ${error.message}`;
});
supabase.auth.onAuthStateChange((_event, session) => {
  $("sign").hidden = session !== null;
  $("app").hidden = session === null;
  if (of === session?.user.id) return;
  of = session?.user.id;
  end();
  end = of ? supabase.live("todos", (all) => all.orderBy("task"), show, (error) => ok({ error })) : () => undefined;
});

$("sign").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  event.target.reset();
  const { error } = await supabase.auth.signInWithPassword({ email, password });
  if (error?.code === "invalid_credentials") ok(await supabase.auth.signUp({ email, password }));
  else ok({ error });
});
$("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const tasks = new FormData(event.target).get("tasks").split(",").map((task) => ({ task: task.trim() }));
  event.target.reset();
  ok(await todos().insert(tasks));
});
$("done").addEventListener("click", async () => ok(await todos().upsert(rows.map(({ id, task }) => ({ id, task, done: true })))));
$("clear").addEventListener("click", async () => ok(await todos().delete().in("id", rows.filter((todo) => todo.done).map((todo) => todo.id))));
$("read").addEventListener("click", async () => {
  const { data, kept } = ok(await todos().select("task").order("task"));
  $("answer").textContent = `${(data ?? []).map((todo) => todo.task).join(", ")}${kept ? " (kept)" : ""}`;
});
$("leave").addEventListener("click", () => supabase.auth.signOut({ scope: "local" }));
