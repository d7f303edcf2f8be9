import { createClient } from "/v1/sdk.js";

const { auth, db } = createClient(location.origin);
const todos = db.collection("todos");
const $ = (id) => document.getElementById(id);

let show = "all";
let next = null;

/** Runs a handler and shows its error where people can read it. */
function handle(f) {
  return async (event) => {
    event?.preventDefault();
    $("message").textContent = "";
    try {
      await f(event);
    } catch (error) {
      $("message").textContent = error.errors?.[0] ? `${error.errors[0].field}: ${error.errors[0].detail}` : error.message;
    }
  };
}

function selected() {
  const all = todos.orderBy("created", "desc").limit(50);
  return show === "all" ? all : all.where("done", "==", show === "done");
}

async function load(after = null) {
  const [page, left] = await Promise.all([selected().after(after).get(), todos.where("done", "==", false).count()]);
  const items = page.items.map(render);
  if (after) $("list").append(...items);
  else $("list").replaceChildren(...items);
  next = page.next;
  $("more").hidden = !next;
  $("empty").hidden = $("list").childElementCount > 0;
  $("left").textContent = `${left} left`;
}

function render(todo) {
  const item = $("item").content.cloneNode(true).firstElementChild;
  const [tick, remove] = [item.querySelector("input"), item.querySelector("button")];
  item.querySelector("span").textContent = todo.title;
  item.classList.toggle("done", todo.done);
  tick.checked = todo.done;
  tick.onchange = handle(async () => {
    await todos.doc(todo.id).update({ done: tick.checked });
    await load();
  });
  remove.setAttribute("aria-label", `Delete “${todo.title}”`);
  remove.onclick = handle(async () => {
    await todos.doc(todo.id).delete();
    await load();
  });
  return item;
}

$("sign").onsubmit = handle(async (event) => {
  const { email, password } = Object.fromEntries(new FormData(event.target));
  await (event.submitter?.value === "up" ? auth.signUp(email, password) : auth.signIn(email, password));
  event.target.reset();
});

$("signout").onclick = handle(() => auth.signOut());

$("add").onsubmit = handle(async (event) => {
  await todos.add({ title: event.target.title.value.trim() });
  event.target.reset();
  await load();
});

$("more").onclick = handle(() => load(next));

$("filters").onclick = handle(async (event) => {
  if (!event.target.dataset.show) return;
  show = event.target.dataset.show;
  for (const b of $("filters").querySelectorAll("button")) b.setAttribute("aria-pressed", b.dataset.show === show);
  await load();
});

auth.onChange((user) => {
  $("who").hidden = $("app").hidden = !user;
  $("sign").hidden = !!user;
  $("email").textContent = user?.email ?? "";
  $("list").replaceChildren();
  if (user) handle(() => load())();
});
