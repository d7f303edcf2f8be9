// A program with the client that @hey-api/openapi-ts makes of /openapi.json. It is compiled, and run against a server.
import { client } from "./client/client.gen.js";
import { aggregateNotes, createNote, deleteNote, getNote, listNotes, queryNotes, replaceNote, updateNote, type NewNote, type NotePatch } from "./client/index.js";

client.setConfig({ baseUrl: process.argv[2]!, throwOnError: true });

// @ts-expect-error no such field
export const wrong: NewNote = { titel: "a" };
// @ts-expect-error a string is not added to
export const change: NotePatch = { title: { $inc: 1 } };

const made = await createNote({ body: { title: "generated", stars: 3 }, headers: { "Idempotency-Key": "generated" }, throwOnError: true });
const id = "id" in made.data ? String(made.data.id) : "";
const got = await getNote({ path: { id }, throwOnError: true });
// @ts-expect-error no such field
void got.data.titel;
const stars: number | null | undefined = got.data.stars;
const updated = await updateNote({ path: { id }, body: { stars: { $inc: 2 } }, headers: { "If-Match": got.response.headers.get("etag")! }, throwOnError: true });
const stale = await updateNote({ path: { id }, body: { stars: 0 }, headers: { "If-Match": got.response.headers.get("etag")! }, throwOnError: false });
const page = await listNotes({ query: { filter: 'title == "generated"', limit: 1, count: true }, throwOnError: true });
const found = await queryNotes({ body: { where: { title: "generated", stars: { $gte: 5 } } }, throwOnError: true });
const figures = await aggregateNotes({ body: { where: { title: "generated" }, count: true, sum: ["stars"] }, throwOnError: true });
const replaced = await replaceNote({ path: { id }, body: { title: "replaced" }, throwOnError: true });
await deleteNote({ path: { id }, throwOnError: true });
const gone = await getNote({ path: { id }, throwOnError: false });
process.stdout.write(JSON.stringify({
  stars, updated: updated.data.stars, stale: stale.error?.code, page: page.data.items.length, found: found.data.items[0]?.stars, figures: figures.data.items[0], replaced: replaced.data.title, gone: gone.error?.code,
}));
