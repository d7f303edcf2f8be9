import { createClient } from "/v1/sdk.js";

// Messages are shown before the server has them, and kept in IndexedDB while it cannot be reached.
const { auth, db, channel, outbox } = createClient(location.origin, { optimistic: { offline: true } });
const rooms = db.collection("rooms"), members = db.collection("members"), messages = db.collection("messages");
const $ = (id) => document.getElementById(id);
const name = () => localStorage.getItem("chat.name") ?? "";

/** Runs a handler and shows its error where people can read it. */
function handle(f) {
  return async (event) => {
    event?.preventDefault();
    $("message").textContent = "";
    try {
      await f(event);
    } catch (error) {
      $("message").textContent = error.message;
    }
  };
}

const element = (tag, text, properties = {}) => Object.assign(document.createElement(tag), { textContent: text }, properties);

let ends = []; // of what the open room listens to
let open = null;
let here = null;

function closeRoom() {
  for (const end of ends) end();
  ends = [];
  open = here = null;
  $("room").hidden = $("people").hidden = true;
  $("messages").replaceChildren();
}

/** Opens a room: becomes a member, and listens to what is said, who is a member, and who is there. */
async function enter(room) {
  closeRoom();
  open = room.id;
  const mine = members.where("room", "==", room.id).where("user", "==", auth.user.id);
  if (!(await mine.first())) await members.add({ room: room.id, name: name() });
  if (open !== room.id) return; // another one was opened meanwhile
  $("title").textContent = room.name;
  $("room").hidden = $("people").hidden = false;
  for (const button of $("rooms").querySelectorAll("button")) button.ariaCurrent = String(button.dataset.id === room.id);

  const shown = ({ connected }) => ($("offline").hidden = connected);
  const gone = (error) => {
    closeRoom();
    $("message").textContent = error.message;
  };
  const newest = messages.where("room", "==", room.id).orderBy("created", "desc").limit(100);
  ends.push(newest.onSnapshot((s) => {
    shown(s);
    $("messages").replaceChildren(...s.docs.toReversed().map((m) => {
      const item = element("li", m.text, { className: m.author === undefined ? "own pending" : m.author === auth.user.id ? "own" : "" });
      if (item.className === "") item.prepend(element("b", m.name));
      return item;
    }));
    $("messages").scrollTop = $("messages").scrollHeight;
  }, gone));
  let was = false;
  ends.push(members.where("room", "==", room.id).orderBy("name").onSnapshot((s) => {
    $("members").replaceChildren(...s.docs.map((m) => element("li", m.name)));
    const am = s.docs.some((m) => m.user === auth.user.id);
    if (was && !am && !s.hasPendingWrites) gone({ message: "You are not in this room any more." });
    was = was || am;
  }, gone));
  here = channel(`room:${room.id}`).join({
    presence: (all) => {
      const people = new Map(all.map((m) => [m.user, m.state.name]));
      $("here").replaceChildren(...[...people.values()].sort().map((n) => element("li", n)));
    },
    message: ({ from, data }) => from !== auth.user.id && data.typing && typing(data.typing),
    error: gone,
  }, { name: name() });
  ends.push(() => here?.leave());
}

const typers = new Map();
/** Shows who is typing, for three seconds. */
function typing(who) {
  clearTimeout(typers.get(who));
  const show = () => ($("typing").textContent = typers.size ? `${[...typers.keys()].join(", ")} is typing…` : "");
  typers.set(who, setTimeout(() => { typers.delete(who); show(); }, 3000));
  show();
}

let announced = 0;
$("say").addEventListener("input", () => {
  if (Date.now() - announced < 1500 || !open) return;
  announced = Date.now();
  channel(`room:${open}`).publish({ typing: name() }).catch(() => {}); // a lost one does not matter
});
$("say").addEventListener("submit", handle(async (event) => {
  const { text } = event.target.elements;
  const message = { room: open, name: name(), text: text.value, created: new Date().toISOString() };
  text.value = "";
  await messages.add(message);
}));
$("make").addEventListener("submit", handle(async (event) => {
  const room = await rooms.add({ name: event.target.elements.name.value });
  event.target.reset();
  await enter(room);
}));
$("leave").addEventListener("click", handle(async () => {
  const mine = await members.where("room", "==", open).where("user", "==", auth.user.id).first();
  closeRoom();
  if (mine) await members.doc(mine.id).delete();
}));
$("sign").addEventListener("submit", handle(async (event) => {
  localStorage.setItem("chat.name", event.target.elements.name.value);
  await auth.signInAnonymously();
}));
outbox.onRefused(({ error }) => ($("message").textContent = error.message));

let endRooms;
auth.onChange((user) => {
  endRooms?.();
  closeRoom();
  $("sign").hidden = user !== null;
  $("app").hidden = user === null;
  if (!user) return;
  $("me").textContent = `You are ${name()}.`;
  endRooms = rooms.orderBy("created").limit(100).onSnapshot(({ docs }) => {
    $("rooms").replaceChildren(...docs.map((room) => {
      const item = element("li", "");
      item.append(element("button", room.name, { onclick: handle(() => enter(room)), ariaCurrent: String(open === room.id) }));
      item.firstChild.dataset.id = room.id;
      return item;
    }));
  });
});
