import { createClient } from "/v1/sdk.js";

const { auth, db } = createClient(location.origin);
const todos = db.collection("todos");
const $ = (id) => document.getElementById(id);

const step = 50;

let show = "all";
let limit = step;
let end = () => {};

/** Shows an error where people can read it. */
function fail(error) {
  $("message").textContent = error.errors?.[0] ? `${error.errors[0].field}: ${error.errors[0].detail}` : error.message;
}

/** Runs a handler and shows its error where people can read it. */
function handle(f) {
  return async (event) => {
    event?.preventDefault();
    $("message").textContent = "";
    try {
      await f(event);
    } catch (error) {
      fail(error);
    }
  };
}

function selected() {
  const all = todos.orderBy("created", "desc").limit(limit);
  return show === "all" ? all : all.where("done", "==", show === "done");
}

/** Shows the selected todos, and keeps them as the database has them: other windows write too. */
function watch() {
  end();
  const ends = [
    selected().onSnapshot(({ docs }) => {
      $("list").replaceChildren(...docs.map(render));
      $("more").hidden = docs.length < limit;
      $("empty").hidden = docs.length > 0;
    }, fail),
    todos.where("done", "==", false).onAggregate({ count: true }, ([row]) => {
      $("left").textContent = `${row?.count ?? 0} left`;
    }, fail),
  ];
  end = () => ends.forEach((stop) => stop());
}

function render(todo) {
  const item = $("item").content.cloneNode(true).firstElementChild;
  const [tick, remove] = [item.querySelector("input"), item.querySelector("button")];
  item.querySelector("span").textContent = todo.title;
  item.classList.toggle("done", todo.done);
  tick.checked = todo.done;
  tick.onchange = handle(() => todos.doc(todo.id).update({ done: tick.checked }));
  remove.setAttribute("aria-label", `Delete “${todo.title}”`);
  remove.onclick = handle(() => todos.doc(todo.id).delete());
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
});

$("more").onclick = handle(() => {
  limit += step;
  watch();
});

$("filters").onclick = handle((event) => {
  if (!event.target.dataset.show) return;
  show = event.target.dataset.show;
  for (const b of $("filters").querySelectorAll("button")) b.setAttribute("aria-pressed", b.dataset.show === show);
  limit = step;
  watch();
});

auth.onChange((user) => {
  $("who").hidden = $("app").hidden = !user;
  $("sign").hidden = !!user;
  $("email").textContent = user?.email ?? "";
  $("list").replaceChildren();
  end();
  end = () => {};
  if (user) watch();
});
