import type { Collection, Field } from "./api.js";

/** What the page of a collection asks: one call, with what is typed for it. */
export interface Ask {
  op: string;
  filter: string;
  sort: string;
  limit: string;
  id: string;
  body: string;
}

export interface Request {
  method: string;
  path: string;
  body?: string;
}

export const operations = ["list", "get", "create", "update", "delete", "count", "live"] as const;

/** The rule that an operation needs. */
export const ruleOf = (op: string): string => (op === "create" || op === "update" || op === "delete" ? op : "read");

/** A document that may be created, by the fields of a collection. */
export function sample(collection: Collection, patch: boolean): string {
  const forced = { ...collection.set?.create };
  const fields = collection.fields.filter((f) => f.name !== "id" && !(f.name in forced) && !f.served && f.default === undefined);
  const wanted = fields.filter((f) => f.required);
  const chosen = patch ? (wanted.length > 0 ? wanted : fields).slice(0, 1) : wanted.length > 0 ? wanted : fields.slice(0, 2);
  return JSON.stringify(Object.fromEntries(chosen.map((f) => [f.name, value(f)])), null, 2);
}

function value(field: Field): unknown {
  if (field.enum?.length) return field.enum[0];
  switch (field.type) {
    case "int": case "float": return field.min ?? 1;
    case "decimal": return 1.5;
    case "bool": return true;
    case "json": return {};
    case "list": return [];
    case "time": return "2026-01-31T12:00:00Z";
    case "date": return "2026-01-31";
    case "uuid": return "00000000-0000-4000-8000-000000000000";
    case "bytes": return "";
    default: return field.name;
  }
}

/** The call as HTTP has it. */
export function request(collection: Collection, ask: Ask): Request {
  const base = `/v1/db/${encodeURIComponent(collection.name)}`;
  const one = `${base}/${encodeURIComponent(ask.id)}`;
  const query = new URLSearchParams();
  if (ask.filter) query.set("filter", ask.filter);
  if (ask.op === "list" || ask.op === "live") {
    if (ask.sort) query.set("sort", ask.sort);
    query.set("limit", ask.limit || "20");
  }
  if (ask.op === "count") {
    query.set("limit", "1");
    query.set("count", "true");
  }
  const asked = query.size > 0 ? `?${query.toString()}` : "";
  switch (ask.op) {
    case "get": return { method: "GET", path: one };
    case "create": return { method: "POST", path: base, body: ask.body };
    case "update": return { method: "PATCH", path: one, body: ask.body };
    case "delete": return { method: "DELETE", path: one };
    case "live": return { method: "GET", path: `${base}/live${asked}` };
    default: return { method: "GET", path: base + asked };
  }
}

const js = (text: string): string => JSON.stringify(text);
const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const goText = (text: string): string => (text.includes("`") || text.includes("\n") ? JSON.stringify(text) : `\`${text}\``);

/** The name of a collection as a variable, and as a type of Go. */
function names(collection: string): { variable: string; type: string } {
  const words = collection.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const type = words.map((w) => w[0]!.toUpperCase() + w.slice(1)).join("").replace(/^(?=\d|$)/, "Docs");
  return { variable: type[0]!.toLowerCase() + type.slice(1), type };
}

const direction = (sort: string): [string, boolean] => [sort.replace(/^-/, ""), sort.startsWith("-")];

/** The body as an object of JavaScript, as it was typed where it is no JSON. */
const object = (text: string): string => text.trim().replace(/^(\s*)"([A-Za-z_$][\w$]*)":/gm, "$1$2:");

export function javascript(server: string, collection: Collection, ask: Ask): string {
  const { variable } = names(collection.name);
  const start = `import { createClient } from "@basalt-dev/client"; // or "${server}/v1/sdk.js"\n\nconst { auth, db } = createClient(${js(server)});\nconst ${variable} = db.collection(${js(collection.name)});\n`;
  let query = variable;
  if (ask.filter) query += `.filter(${js(ask.filter)})`;
  const [field, down] = direction(ask.sort);
  const listed = `${query}${field ? `.orderBy(${js(field)}, "${down ? "desc" : "asc"}")` : ""}.limit(${ask.limit || "20"})`;
  const doc = `${variable}.doc(${js(ask.id)})`;
  switch (ask.op) {
    case "get": return `${start}const doc = await ${doc}.get();`;
    case "create": return `${start}const made = await ${variable}.add(${object(ask.body)});`;
    case "update": return `${start}const changed = await ${doc}.update(${object(ask.body)});`;
    case "delete": return `${start}await ${doc}.delete();`;
    case "count": return `${start}const { total } = await ${query}.limit(1).withCount().get();`;
    case "live": return `${start}const end = ${listed}.onSnapshot(({ docs }) => console.log(docs)); // now, and at every change`;
    default: return `${start}const { items, next } = await ${listed}.get();`;
  }
}

export function go(server: string, collection: Collection, ask: Ask): string {
  const { variable, type } = names(collection.name);
  const start = `import (\n\tbasalt "github.com/basalt-dev/basalt/sdk/go"\n\n\t"example.com/app/types" // basalt gen types --lang go --out types/types.go\n)\n\nclient := basalt.New(${js(server)})\n${variable} := basalt.Collection[types.${type}](client, ${js(collection.name)})\n`;
  let query = variable;
  if (ask.filter) query += `.Filter(${goText(ask.filter)}, nil)`;
  const [field, down] = direction(ask.sort);
  const listed = `${query}${field ? `.OrderBy(${js(field)}, basalt.${down ? "Desc" : "Asc"})` : ""}.Limit(${ask.limit || "20"})`;
  const doc = `${variable}.Doc(${js(ask.id)})`;
  const decoded = (name: string, of: string): string => `var ${name} ${of}\nif err := json.Unmarshal([]byte(${goText(ask.body)}), &${name}); err != nil {\n\treturn err\n}\n`;
  switch (ask.op) {
    case "get": return `${start}doc, err := ${doc}.Get(ctx)`;
    case "create": return `${start}${decoded("doc", `types.${type}`)}made, err := ${variable}.Add(ctx, doc)`;
    case "update": return `${start}${decoded("patch", "basalt.Patch")}changed, err := ${doc}.Update(ctx, patch)`;
    case "delete": return `${start}err := ${doc}.Delete(ctx)`;
    case "count": return `${start}n, err := ${query}.Count(ctx)`;
    case "live": return `${start}for snapshot, err := range ${listed}.Snapshots(ctx) { // now, and at every change\n\tfmt.Println(len(snapshot.Items), err)\n}`;
    default: return `${start}page, err := ${listed}.Get(ctx)`;
  }
}

export function curl(server: string, collection: Collection, ask: Ask, anonymous: boolean): string {
  const r = request(collection, ask);
  const parts = [`curl ${ask.op === "live" ? "-N " : ""}${r.method === "GET" ? "" : `-X ${r.method} `}${shell(server + r.path)}`];
  if (!anonymous) parts.push(`-H "Authorization: Bearer $TOKEN"`);
  if (ask.op === "live") parts.push(`-H 'Accept: text/event-stream'`);
  if (r.body !== undefined) parts.push(`-H 'Content-Type: application/json'`, `-d ${shell(r.body)}`);
  return parts.join(" \\\n  ");
}
