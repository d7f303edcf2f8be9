// A program that works with the data as one of the users: it shows the notes as they change, and adds one.
//
//   npm start -- "Buy milk"
import { createClient } from "@basalt-dev/client";
import WebSocket from "ws"; // Node has one of its own from version 22 on
import { dates, type Collections, type NewNotes } from "./collections.js";

const { auth, db } = createClient<Collections>(process.env["BASALT_URL"] ?? "http://localhost:4122", { dates, WebSocket });
await auth.signIn(process.env["BASALT_EMAIL"] ?? "ann@example.com", process.env["BASALT_PASSWORD"] ?? "correct horse");

const notes = db.collection("notes");
notes.orderBy("created", "desc").limit(20).onSnapshot(({ docs }) => {
  console.log(docs.map((note) => `${note.created.toISOString()}  ${note.text}`).join("\n"));
});

const text = process.argv[2];
if (text) {
  const note: NewNotes = { text };
  await notes.add(note);
}
process.on("SIGINT", () => process.exit());
