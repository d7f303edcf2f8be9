import { createClient } from "/v1/sdk.js";

// What is written, and what is dropped here, is kept in IndexedDB until the server has it: over a bad network, and after
// the page was closed.
const { auth, db, outbox } = createClient(location.origin, { optimistic: { offline: true } });
const albums = db.collection("albums"), members = db.collection("members"), invites = db.collection("invites"), photos = db.collection("photos");
const $ = (id) => document.getElementById(id);
const me = () => auth.user.email.split("@")[0].slice(0, 60);
const step = 60;

const fail = (error) => ($("message").textContent = error.errors?.[0] ? `${error.errors[0].field}: ${error.errors[0].detail}` : error.message);

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

let open = null; // the album
let limit = step;
let ends = []; // of what the album listens to

function closeAlbum() {
  for (const end of ends) end();
  ends = [];
  open = null;
  $("album").hidden = $("shared").hidden = true;
  $("viewer").close();
  tiles.clear();
  $("photos").replaceChildren();
}

function enter(album) {
  closeAlbum();
  open = album;
  limit = step;
  $("album").hidden = false;
  $("title").textContent = album.title;
  const mine = album.owner === undefined || album.owner === auth.user.id; // or it waits for the server
  $("share").hidden = $("remove").hidden = !mine;
  $("leave").hidden = mine;
  ends.push(members.where("album", "==", album.id).orderBy("name").onSnapshot(({ docs }) => {
    $("members").textContent = docs.map((m) => m.name).join(", ");
  }, gone));
  watch();
  mark();
}

const gone = (error) => {
  closeAlbum();
  fail(error);
};

/** Shows the newest photos, and keeps them as the members have them. */
function watch() {
  const at = open;
  let end = photos.where("album", "==", at.id).orderBy("created", "desc").limit(limit).onSnapshot(({ docs }) => {
    const known = new Set(docs.map((d) => d.id));
    for (const [id, tile] of tiles) if (!known.has(id)) forget(id, tile);
    arrange($("photos"), docs.map(show));
    $("more").hidden = docs.length < limit;
  }, gone);
  ends.push(() => end());
  $("more").onclick = () => {
    end();
    limit += step;
    watch();
  };
}

/** Puts elements into a box, if they are not there already: what is taken out and put back loses the click that it is about to get. */
function arrange(box, items) {
  if (items.length !== box.children.length || items.some((item, n) => item !== box.children[n])) box.replaceChildren(...items);
}

const tiles = new Map(); // by the id of the photo

function forget(id, tile) {
  tiles.delete(id);
  for (const url of tile.urls) URL.revokeObjectURL(url);
}

/** Shows a photo, or what it will be. */
function show(photo) {
  let tile = tiles.get(photo.id);
  if (!tile) {
    const item = $("tile").content.cloneNode(true).firstElementChild;
    tile = { item, urls: [], shown: null };
    tiles.set(photo.id, tile);
    item.querySelector(".name").textContent = photo.name ?? "";
    item.querySelector(".photo").onclick = handle(() => view(tile.photo));
  }
  tile.photo = photo;
  const waiting = outbox.uploads.find((u) => u.key === photo.id);
  const button = tile.item.querySelector(".photo");
  button.disabled = !photo.sha256;
  button.setAttribute("aria-label", `${photo.caption || photo.name || "A photo"}, by ${photo.by ?? "a member"}`);
  const which = photo.sha256 ?? "waiting";
  if (tile.shown !== which && (photo.sha256 || waiting)) {
    tile.shown = which;
    void thumbnail(tile, photo, waiting);
  }
  sending(tile, waiting);
  return tile.item;
}

/** Shows the small picture of a photo: that of the server, or the file itself while it waits. */
async function thumbnail(tile, photo, waiting) {
  if (!photo.type?.startsWith("image/")) return; // its name is enough
  try {
    const bytes = photo.sha256 ? await photos.download(photo.id, { width: 400, height: 400, fit: "cover", format: "jpeg" }) : waiting.file;
    const url = URL.createObjectURL(bytes);
    tile.urls.push(url);
    const image = Object.assign(new Image(), { src: url, alt: "" }); // the button says what it is
    await image.decode();
    tile.item.querySelector(".photo").replaceChildren(image);
  } catch (error) {
    if (error.code !== undefined && error.code !== "network") tile.item.querySelector(".photo").title = error.message; // the name stays
  }
}

/** Shows how far an upload is, and what can be done with it. */
function sending(tile, upload) {
  const box = tile.item.querySelector(".sending");
  box.hidden = !upload;
  if (!upload) return;
  const { id, name, file, sent, paused, error } = upload;
  const [bar, text, pause, cancel] = ["progress", "small", ".pause", ".cancel"].map((q) => box.querySelector(q));
  bar.value = file.size ? sent / file.size : 0;
  bar.setAttribute("aria-label", `${name} is sent`);
  text.textContent = paused ? "paused" : error ? "waits for the network" : `${Math.floor(100 * bar.value)} %`;
  pause.textContent = paused ? "Resume" : "Pause";
  pause.setAttribute("aria-label", `${pause.textContent} ${name}`);
  pause.onclick = () => (paused ? outbox.resume(id) : outbox.pause(id));
  cancel.setAttribute("aria-label", `Cancel ${name}`);
  cancel.onclick = () => outbox.cancel(id);
}

outbox.onUploads((uploads) => {
  for (const [id, tile] of tiles) sending(tile, uploads.find((u) => u.key === id));
  const going = uploads.filter((u) => !u.paused).length, paused = uploads.length - going;
  $("progress").textContent = [going && `${going} to send`, paused && `${paused} paused`].filter(Boolean).join(", ");
});
outbox.onRefused(({ error }) => error.code !== "aborted" && fail(error));

/** Files go into the open album, each as a photo of its own. */
function send(files) {
  $("message").textContent = "";
  for (const file of files) {
    photos.upload(file, { fields: { album: open.id, by: me() } }).catch(() => undefined); // onRefused tells of it
  }
}

$("pick").onchange = (event) => {
  send(event.target.files);
  event.target.value = "";
};
let over = 0; // elements that a file is held over
for (const [type, by] of [["dragenter", 1], ["dragleave", -1], ["drop", 0], ["dragover", 0]]) {
  addEventListener(type, (event) => {
    if (!open || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // the page stays
    over = type === "drop" ? 0 : over + by;
    $("drop").classList.toggle("over", over > 0);
    if (type === "drop") send(event.dataTransfer.files);
  });
}

/** Shows a photo large. */
async function view(photo) {
  const video = photo.type.startsWith("video/");
  const { url } = await photos.link(photo.id, "1h", video ? {} : { width: 1600, format: "jpeg" }).catch(() => photos.link(photo.id)); // of an image that cannot be read
  const shown = video ? Object.assign(document.createElement("video"), { src: url, controls: true }) : Object.assign(new Image(), { src: url, alt: photo.caption ?? photo.name });
  $("picture").replaceChildren(shown);
  $("caption").textContent = photo.caption || photo.name;
  $("by").textContent = `by ${photo.by}`;
  const mine = photo.owner === auth.user.id;
  $("describe").hidden = !mine;
  $("describe").caption.value = photo.caption ?? "";
  $("describe").onsubmit = handle(async () => {
    $("viewer").close();
    await photos.doc(photo.id).update({ caption: $("describe").caption.value });
  });
  $("delete").hidden = !mine && open.owner !== auth.user.id;
  $("delete").onclick = handle(async () => {
    $("viewer").close();
    await photos.doc(photo.id).delete();
  });
  $("original").href = `${(await photos.link(photo.id)).url}&download=${encodeURIComponent(photo.name)}`;
  $("viewer").showModal();
}
$("close").onclick = () => $("viewer").close();
$("viewer").onclose = () => $("picture").replaceChildren(); // a video stops

$("make").onsubmit = handle(async (event) => {
  const { title } = event.target.elements;
  const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  const album = { id, title: title.value.trim(), created: new Date().toISOString() };
  title.value = "";
  const made = albums.add(album);
  enter(album); // which needs no server
  await made;
  await members.add({ album: id, name: me() });
  if (open?.id === id) enter({ ...album, owner: auth.user.id }); // as a member, there is something to see
});
$("remove").onclick = handle(async () => {
  if (!confirm(`Delete “${open.title}” with all its photos?`)) return;
  const { id } = open;
  closeAlbum();
  await albums.doc(id).delete();
});
$("leave").onclick = handle(async () => {
  const mine = await members.where("album", "==", open.id).where("user", "==", auth.user.id).first();
  closeAlbum();
  if (mine) await members.doc(mine.id).delete();
});

$("share").onclick = handle(async () => {
  const invite = (await invites.where("album", "==", open.id).first()) ?? (await invites.add({ album: open.id }));
  $("link").value = `${location.origin}${location.pathname}#join=${open.id}&invite=${invite.id}`;
  $("shared").hidden = false;
  $("link").select();
});
$("unshare").onclick = handle(async () => {
  $("shared").hidden = true;
  for (const { id } of (await invites.where("album", "==", open.id).get()).items) await invites.doc(id).delete();
});

/** Becomes a member of the album whose link was opened. */
async function join() {
  const asked = new URLSearchParams(location.hash.slice(1)), album = asked.get("join");
  if (!album) return;
  history.replaceState(null, "", location.pathname);
  try {
    await members.add({ album, name: me(), invite: asked.get("invite") });
  } catch (error) {
    if (error.code !== "conflict") throw new Error("This link is not valid any more."); // or who it is is a member
  }
  const found = await albums.doc(album).get();
  if (found) enter(found);
}

function mark() {
  for (const button of $("albums").querySelectorAll("button")) button.setAttribute("aria-current", String(button.dataset.id === open?.id));
}

$("sign").onsubmit = handle(async (event) => {
  const { email, password } = Object.fromEntries(new FormData(event.target));
  await (event.submitter?.value === "up" ? auth.signUp(email, password) : auth.signIn(email, password));
  event.target.reset();
});
$("signout").onclick = handle(() => auth.signOut());

let endAlbums = () => {};
auth.onChange((user) => {
  endAlbums();
  endAlbums = () => {};
  closeAlbum();
  $("who").hidden = $("app").hidden = !user;
  $("sign").hidden = !!user;
  $("email").textContent = user?.email ?? "";
  $("albums").replaceChildren();
  if (!user) return;
  void handle(join)();
  let first = true;
  endAlbums = albums.orderBy("created", "desc").limit(100).onSnapshot(({ docs }) => {
    $("none").hidden = docs.length > 0;
    $("albums").replaceChildren(...docs.map((album) => {
      const item = document.createElement("li"), button = document.createElement("button");
      Object.assign(button, { textContent: album.title, className: "quiet", onclick: () => enter(album) });
      button.dataset.id = album.id;
      item.append(button);
      return item;
    }));
    if (open && !docs.some((a) => a.id === open.id)) closeAlbum(); // it was deleted, or they were taken off
    if (first && !open && docs.length > 0 && !location.hash) enter(docs[0]);
    first = false;
    mark();
  }, fail);
});
