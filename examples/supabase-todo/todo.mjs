// A todo list with supabase-js, as it is written for a project of Supabase: nothing in it knows Basalt.
//
//   SUPABASE_URL=http://localhost:4122 SUPABASE_ANON_KEY=… node todo.mjs ada@example.com "correct horse" add "buy milk"
import { createClient } from "@supabase/supabase-js";

const [email, password, command = "list", ...words] = process.argv.slice(2);
const options = globalThis.WebSocket ? {} : { realtime: { transport: (await import("ws")).default } }; // Node 20 has none
const supabase = createClient(process.env.SUPABASE_URL, process.env.SUPABASE_ANON_KEY, options);

/** What a call brings; its error ends the program. */
function ok({ data, error }) {
  if (!error) return data;
  console.error(error.message);
  process.exit(1);
}

const { error } = await supabase.auth.signInWithPassword({ email, password });
if (error?.code === "invalid_credentials") ok(await supabase.auth.signUp({ email, password }));
else ok({ error });

const todos = supabase.from("todos");
const show = (todo) => console.log(`${todo.done ? "[x]" : "[ ]"} ${todo.task}`);
switch (command) {
  case "add":
    show(ok(await todos.insert({ task: words.join(" ") }).select().single()));
    break;
  case "done":
    ok(await todos.update({ done: true }).ilike("task", words.join(" ")).select()).forEach(show);
    break;
  case "list":
    ok(await todos.select("task, done").order("created_at")).forEach(show);
    break;
  case "watch": { // until one more is added
    const added = await new Promise((resolve) => {
      supabase.channel("todos").on("postgres_changes", { event: "INSERT", schema: "public", table: "todos" }, (change) => resolve(change.new))
        .subscribe((status) => { if (status === "SUBSCRIBED") console.log("watching"); });
    });
    show(added);
    await supabase.removeAllChannels();
    break;
  }
  default:
    console.error("add TASK, done TASK, list or watch");
    process.exitCode = 2;
}
await supabase.auth.signOut({ scope: "local" });
