// What the types that openapi-typescript makes of /openapi.json allow and forbid, with openapi-fetch. It is compiled, not
// run. schema.d.ts is generated from notes.json, and a test says when that is stale.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const api = createClient<paths>({ baseUrl: "http://localhost:4122" });
const n1 = { path: { id: "n1" } };
type NewNote = components["schemas"]["NewNote"];
type NotePatch = components["schemas"]["NotePatch"];

export async function reads(): Promise<void> {
  const { data, error } = await api.GET("/v1/db/notes/{id}", { params: n1 });
  data?.title?.trim();
  data?.id?.trim(); // a selection may leave it out
  // @ts-expect-error no such field
  data?.titel;
  // @ts-expect-error may be null
  data?.text.trim();
  const code: components["schemas"]["problem"]["code"] | undefined = error?.code;
  if (code === "precondition_failed") error?.errors?.[0]?.field.trim();
  // @ts-expect-error no such code
  if (code === "gone") return;
  const page = await api.GET("/v1/db/notes", { params: { query: { filter: "stars > 3", limit: 20, count: true } } });
  page.data?.items[0]?.stars?.toFixed();
  page.data?.next?.trim();
  // @ts-expect-error no such parameter
  await api.GET("/v1/db/notes", { params: { query: { filtre: "stars > 3" } } });
  await api.POST("/v1/db/notes/query", { body: { where: { stars: { $gte: 3 } }, sort: ["-created"] } });
  // @ts-expect-error a wrong type
  await api.POST("/v1/db/notes/query", { body: { sort: "-created" } });
  // @ts-expect-error no such collection
  await api.GET("/v1/db/note");
}

export async function writes(): Promise<void> {
  await api.POST("/v1/db/notes", { body: { title: "a", stars: 3 }, params: { header: { "Idempotency-Key": "k" } } });
  await api.POST("/v1/db/notes", { body: [{ title: "a" }, { title: "b" }] });
  // @ts-expect-error no such field
  const wrong: NewNote = { titel: "a" };
  await api.POST("/v1/db/notes", { body: wrong });
  // @ts-expect-error a wrong type
  await api.POST("/v1/db/notes", { body: { stars: "3" } });
  await api.PATCH("/v1/db/notes/{id}", { params: n1, body: { stars: { $inc: 1 }, created: { $now: true }, text: null } });
  // @ts-expect-error a string is not added to
  await api.PATCH("/v1/db/notes/{id}", { params: n1, body: { title: { $inc: 1 } } });
  // @ts-expect-error no such field
  const change: NotePatch = { titel: "b" };
  await api.PATCH("/v1/db/notes/{id}", { params: n1, body: change });
  await api.PUT("/v1/db/notes/{id}", { params: { ...n1, header: { "If-Match": "*" } }, body: { title: "a" } });
  // @ts-expect-error the id of the path is missing
  await api.DELETE("/v1/db/notes/{id}", {});
  const { data } = await api.DELETE("/v1/db/notes", { params: { query: { filter: "done" } } });
  data?.count.toFixed();
}
