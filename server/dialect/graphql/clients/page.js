// What the apps of all clients look like: a list, a form that adds to it, a live figure, and a button for more.
import { createElement as h, useState } from "react";
import { createRoot } from "react-dom/client";

export const token = location.hash.slice(1);
export const url = `${location.origin}/v1/graphql`;
export const socketURL = url.replace("http", "ws");
export const headers = { Authorization: `Bearer ${token}` };

export function Page({ notes, count, error, add, more }) {
  const [title, setTitle] = useState("");
  const send = (event) => {
    event.preventDefault();
    add(title);
    setTitle("");
  };
  return h("main", null,
    h("p", null, "Notes: ", h("b", { id: "count" }, count ?? "…")),
    h("ul", null, notes.map((note) => h("li", { key: note.id }, `${note.title} by ${note.author?.name ?? "no one"}`))),
    h("form", { onSubmit: send }, h("input", { value: title, onChange: (event) => setTitle(event.target.value) })),
    more && h("button", { id: "more", onClick: more }, "More"),
    error && h("pre", { id: "error" }, String(error)));
}

export const show = (app) => createRoot(document.getElementById("app")).render(app);
