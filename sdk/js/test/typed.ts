// What the types of `basalt gen types` allow and forbid. It is compiled, not run. collections.ts is what is generated
// for sdk/gen/testdata/basalt.yaml; a test of sdk/gen says when it is stale.
import { createClient, increment, now, push, type Collection } from "../dist/basalt.js";
import { dates, type Collections, type NewNotes, type Notes, type NotesPatch } from "./collections.js";

const { db } = createClient<Collections>("http://localhost:4122");
const notes = db.collection("notes");

// @ts-expect-error no such collection
db.collection("note");
// @ts-expect-error the types are those of the configuration
db.collection<{ titel: string }>("notes");

export async function reads(): Promise<void> {
  const note: Notes | null = await notes.first();
  note?.created.slice(0, 10); // the server fills it in
  note?.owner.trim();
  note?.state satisfies "open" | "closed" | undefined;
  note?.stars.toFixed();
  // @ts-expect-error may be null
  note?.body.trim();
  // @ts-expect-error a string, without dates: true
  note?.created.getTime();
  // @ts-expect-error no such field
  note?.titel;
  const person = await db.collection("people").first();
  // @ts-expect-error a rule of the field may hide it
  person?.mail.trim();
  const part = await notes.select("title").orderBy("created").first();
  part?.title.trim();
  // @ts-expect-error not selected
  part?.stars;
}

export async function writes(): Promise<void> {
  const added = await notes.add({ title: "a" });
  added.owner.trim();
  await notes.add({ title: "a", due: new Date(), created: "2026-02-28T10:00:00Z", body: null });
  await notes.add([{ title: "a" }, { title: "b", stars: 3, state: "closed" }]);
  // @ts-expect-error title is required
  await notes.add({ body: "a" });
  // @ts-expect-error no such field
  await notes.add({ title: "a", titel: "b" });
  // @ts-expect-error not one of the values
  await notes.add({ title: "a", state: "opened" });
  // @ts-expect-error a field with a default is never null
  await notes.add({ title: "a", stars: null });
  await notes.doc("x").update({ stars: increment(), due: now(), body: null, title: "b", created: new Date() });
  // @ts-expect-error a string is not added to
  await notes.doc("x").update({ title: increment() });
  // @ts-expect-error a number is no list
  await notes.doc("x").update({ stars: push(1) });
  await notes.doc("x").update({ tags: push("x") });
  // @ts-expect-error a required field cannot be cleared
  await notes.doc("x").update({ title: null });
  // @ts-expect-error no such field
  await notes.doc("x").update({ titel: "b" });
  await notes.doc("x").set({ title: "a" });
  // @ts-expect-error title is required
  await notes.doc("x").set({ body: "a" });
  await notes.filter("stars > 3").update({ stars: 0 });
  // @ts-expect-error a wrong type
  await notes.filter("stars > 3").update({ stars: "0" });
  await db.batch().create("notes", { title: "a" }).update("people", "x", { name: "b" }).replace("comments", "x", { note: "x", text: "y" }).delete("notes", "x").commit();
  // @ts-expect-error no such collection
  db.batch().create("note", { title: "a" });
  // @ts-expect-error no such field
  db.batch().create("notes", { titel: "a" });
  // @ts-expect-error a wrong type
  db.batch().update("people", "x", { name: 3 });
  // @ts-expect-error no such collection
  db.batch().delete("note", "x");
  const made: NewNotes = { title: "a" };
  const change: NotesPatch = { stars: { $inc: 1 } };
  await notes.add(made);
  await notes.doc("x").update(change);
}

export function queries(): void {
  notes.where("title", "==", "a").where("body", "==", null).where("stars", ">=", 3).where("state", "in", ["open"]).where("due", "<", new Date());
  notes.where("title", "startsWith", "a").where("due", "exists", true).where("created", ">", "2026-02-28T10:00:00Z").where("id", "!=", "x");
  notes.where("tags.color", "==", "red").where("author.name", "==", "Ada").where("tags", "contains", 3);
  // @ts-expect-error no such field
  notes.where("titel", "==", "a");
  // @ts-expect-error no such field to go through
  notes.where("autor.name", "==", "a");
  // @ts-expect-error a wrong type
  notes.where("stars", "==", "3");
  // @ts-expect-error not one of the values
  notes.where("state", "==", "opened");
  // @ts-expect-error a list is due
  notes.where("state", "in", "open");
  // @ts-expect-error a wrong type in the list
  notes.where("stars", "in", ["3"]);
  // @ts-expect-error nothing is smaller than null
  notes.where("stars", "<", null);
  // @ts-expect-error a string begins with a string
  notes.where("title", "startsWith", 3);
  // @ts-expect-error exists takes true or false
  notes.where("title", "exists", "yes");
  // @ts-expect-error undefined is no value; it would be left out
  notes.where("title", "==", undefined);
  notes.where({ title: "a", stars: { $gte: 3, $lt: 10 }, $or: [{ body: null }, { state: { $in: ["open"] } }], "tags.color": "red" });
  // @ts-expect-error no such field
  notes.where({ titel: "a" });
  // @ts-expect-error a wrong type
  notes.where({ stars: "3" });
  // @ts-expect-error a wrong type in a condition
  notes.where({ stars: { $gte: "3" } });
  // @ts-expect-error no such operator
  notes.where({ stars: { $gt3: 3 } });
  // @ts-expect-error no such field within $or
  notes.where({ $or: [{ titel: "a" }] });
  notes.orderBy("created", "desc");
  // @ts-expect-error no such field to order by
  notes.orderBy("titel");
  // @ts-expect-error no such field to select
  notes.select("titel");
  // @ts-expect-error no such field to add up
  void notes.aggregate({ sum: ["starz"] });
}

export async function expansions(): Promise<void> {
  const note = await notes.expand("author", "comments(limit:3)").first();
  note?.expand.author?.name.trim();
  note?.expand.comments[0]?.text.trim();
  note?.title.trim();
  // @ts-expect-error a document that cannot be read is null
  note?.expand.author.name;
  // @ts-expect-error no such field of it
  note?.expand.comments[0]?.body;
  // @ts-expect-error was not expanded
  note?.expand.people;
  // @ts-expect-error neither a ref nor a collection that points here
  notes.expand("autor");
  const one = await notes.doc("x").get({ expand: ["author"] });
  one.expand.author?.name.trim();
  // @ts-expect-error was not expanded
  (await notes.doc("x").get()).expand;
  const deep = await notes.expand("comments(expand:note)").first();
  deep?.expand.comments[0]?.expand?.["note"];
  notes.expand("author").onSnapshot(({ docs }) => docs[0]?.expand.author?.name.trim());
}

export async function withDates(): Promise<void> {
  for (const options of [{ dates: true as const }, { dates }]) {
    const dated = createClient<Collections>("http://localhost:4122", options).db;
    const note = await dated.collection("notes").first();
    note?.created.getTime();
    note?.due?.getTime();
    // @ts-expect-error a Date
    note?.created.slice(0, 10);
    const comment = await dated.collection("comments").expand("note").first();
    comment?.expand.note?.created.getTime();
    await dated.collection("notes").add({ title: "a", due: note?.due });
    dated.collection("notes").where("due", "<", new Date());
  }
}

/** Snippets are of the fields that were named. */
export async function snippets(): Promise<void> {
  const { db } = createClient<Collections>("http://localhost:4122");
  const note = await db.collection("notes").search("milk", { typos: true, snippets: ["title"] }).first();
  note?.snippets.title?.trim();
  // @ts-expect-error was not asked for
  note?.snippets.due;
  // @ts-expect-error no such field
  db.collection("notes").search("milk", { snippets: ["titel"] });
  // @ts-expect-error no snippets were asked for
  (await db.collection("notes").search("milk", { typos: true }).first())?.snippets;
}

/** One type for each collection will do, too. */
export async function plainTypes(): Promise<void> {
  const plain = createClient<{ todos: { title: string; done?: boolean; due?: string } }>("http://localhost:4122").db;
  const todo = await plain.collection("todos").where("done", "==", false).where("due", "<", new Date()).first();
  todo?.title.trim();
  // @ts-expect-error no such collection
  plain.collection("todo");
  // @ts-expect-error no such field
  plain.collection("todos").where("titel", "==", "a");
  await plain.collection("todos").add({ title: "a", due: new Date() });
  const untyped = createClient("http://localhost:4122").db.collection("anything");
  await untyped.add({ any: 1 });
  untyped.where("any", "==", 1).where("some", "in", [1, "2"]).where({ any: { $gt: 3 } }).orderBy("any");
  const any: Collection = untyped;
  any.limit(1);
}

// An open collection has other fields too, of any type.
export async function opened(): Promise<void> {
  const things = db.collection("things");
  const added = await things.add({ name: "a", color: "red", size: { w: 1 } });
  added.name.trim();
  // @ts-expect-error of unknown type
  added.color.trim();
  await things.doc(added.id).update({ name: "b", color: null, views: increment() });
  // @ts-expect-error name is required
  await things.add({ color: "red" });
  await things.where("color", "==", "red").first();
}
