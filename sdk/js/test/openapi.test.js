// Judges /openapi.json with a validator that others wrote, and every call that the documentation shows with it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { startServer } from "./server.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

const config = (port) => `
listen: "127.0.0.1:${port}"
databases: { main: { driver: sqlite, url: "file:test.db" } }
log: { level: error }
admin: { keys: ["an-admin-key-for-this-test"] }
mail: { url: "file:mails", from: "Test <no-reply@example.com>" }
auth: { url: "http://localhost:${port}", providers: { password: {}, email: { signup: true }, anonymous: {}, totp: {}, passkey: { name: Test } } }
collections:
  notes:
    fields:
      text:    { type: string }
      title:   { type: string }
      team:    { type: string }
      done:    { type: bool, default: false }
      stars:   { type: int }
      created: { type: time, default: "now()" }
      owner:   { type: string }
    set: { create: { owner: auth.id } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
  pictures: { files: {}, fields: { alt: { type: string } }, rules: { read: 'true', create: 'true', update: 'true', delete: 'true' } }
  people:   { fields: { team: { type: string } }, rules: { read: 'true' } }
  posts:    { fields: { title: { type: string, search: true }, author: { type: ref, to: people } }, rules: { read: 'true' } }
  comments: { fields: { post: { type: ref, to: posts }, author: { type: ref, to: people }, created: { type: time } }, rules: { read: 'true' } }
services:
  shop:
    driver: http
    url: "http://127.0.0.1:1"
    secret: whsec
    functions:
      price:     { rule: 'true', params: { item: { type: string, required: true }, count: { type: int } } }
      countdown: { rule: 'true', params: { from: { type: int } } }
events: { import: { rule: 'true', params: { file: { type: string } }, call: shop.price } }
channels: { "room:{id}": { subscribe: 'true', publish: 'true' } }
`;

let server, description, ajv;
before(async () => {
  server = await startServer("", config);
  description = await (await fetch(`${server.url}/openapi.json`)).json();
  ajv = new Ajv({ strict: false, allErrors: true });
  formats(ajv);
  ajv.addSchema({ $id: "openapi", ...description });
});
after(async () => {
  assert.equal(await server.stop(), 0, "the server shuts down cleanly");
});

/** The operation of a call, with the path of it in the description. */
function operationOf(method, path) {
  const parts = path.split("/");
  const fits = (template) => {
    const other = template.split("/");
    return other.length === parts.length && other.every((part, i) => part === parts[i] || (part.startsWith("{") && parts[i] !== ""));
  };
  const templates = Object.keys(description.paths).filter(fits).sort((a, b) => a.split("{").length - b.split("{").length);
  const found = templates.find((t) => description.paths[t][method.toLowerCase()]);
  assert.ok(found, `${method} ${path} is not described`);
  return { template: found, operation: description.paths[found][method.toLowerCase()] };
}

const resolve = (x) => (x?.$ref ? x.$ref.slice(2).split("/").reduce((at, name) => at[name.replaceAll("~1", "/")], description) : x);

/** What is wrong with a value, by the schema at a place of the description. */
function wrong(value, ...place) {
  const pointer = place.map((p) => encodeURIComponent(p.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
  const validate = ajv.getSchema(`openapi#/${pointer}`);
  assert.ok(validate, `there is no schema at ${place.join(" ")}`);
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

/** Compares a call, and its answer if there is one, with the description. */
function judge({ method, path, query, body, status, answer }) {
  const call = `${method} ${path}`;
  const { template, operation } = operationOf(method, path);
  const here = ["paths", template, method.toLowerCase()];
  const parameters = [...(description.paths[template].parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
  for (const name of query.keys()) assert.ok(parameters.some((p) => p.in === "query" && p.name === name), `${call}: the parameter ${name} is not described`);
  if (body !== undefined) {
    assert.ok(resolve(operation.requestBody)?.content["application/json"], `${call} is described without a body`);
    assert.equal(wrong(body, ...placeOf([...here, "requestBody"]), "content", "application/json", "schema"), null, `${call} ${JSON.stringify(body)}`);
  }
  if (status === undefined) return;
  const key = operation.responses[status] ? String(status) : status >= 400 && operation.responses.default ? "default" : undefined;
  assert.ok(key, `${call}: the answer ${status} is not described`);
  const content = resolve(operation.responses[key]).content ?? {};
  const type = Object.keys(content).find((t) => t.endsWith("json"));
  if (answer !== undefined && type) assert.equal(wrong(answer, ...placeOf([...here, "responses", key]), "content", type, "schema"), null, `${call} answers ${JSON.stringify(answer)}`);
}

/** The place that a $ref leads to, or the same. */
function placeOf(place) {
  const at = place.reduce((x, name) => x[name], description);
  return at.$ref ? at.$ref.slice(2).split("/").map((p) => p.replaceAll("~1", "/")) : place;
}

/** The calls that the documentation shows: those of curl, and the lines of HTTP. */
function callsOfTheDocs() {
  const calls = [];
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { cwd: root, encoding: "utf8" }).trim().split("\n");
  for (const file of files) {
    if (file.startsWith("examples/guides/")) continue; // they have configurations of their own, and cmd/basalt runs them
    for (const [, block] of readFileSync(join(root, file), "utf8").matchAll(/^```(?:sh|http)\n(.*?)^```/gms)) {
      for (const line of block.split("\n")) {
        const curl = /curl -\w+ "?(?:http:\/\/)?localhost:4122([^" ]+)"?(.*)/.exec(line);
        const get = /^GET (\S+?)(\?.*)?$/.exec(line);
        if (!curl && !get) continue;
        const written = curl ? curl[1] : get[1] + (get[2] ?? "").replace(/=(.*)/, (_, value) => `=${encodeURIComponent(value)}`);
        const url = new URL(written, "http://localhost");
        const data = curl && /-d '([^']*)'/.exec(curl[2])?.[1];
        calls.push({ file, method: data ? "POST" : "GET", path: decodeURIComponent(url.pathname), query: url.searchParams, body: data ? JSON.parse(data) : undefined });
      }
    }
  }
  return calls;
}

/** The part of the description that is about notes, with the components that it refers to. */
function ofNotes() {
  const out = { openapi: description.openapi, info: { title: "notes", version: "test" }, paths: {}, components: {} };
  for (const [path, operations] of Object.entries(description.paths)) if (/^\/v1\/db\/notes(\/|$)/.test(path)) out.paths[path] = operations;
  const take = (x) => {
    if (!x || typeof x !== "object") return;
    if (typeof x.$ref === "string") {
      const [, , kind, name] = x.$ref.split("/");
      if (out.components[kind]?.[name]) return;
      (out.components[kind] ??= {})[name] = description.components[kind][name];
      take(description.components[kind][name]);
    }
    Object.values(x).forEach(take);
  };
  take(out.paths);
  out.components.securitySchemes = description.components.securitySchemes;
  return out;
}

describe("the OpenAPI description", () => {
  test("is valid OpenAPI 3.1", async () => {
    const result = await new Validator().validate(structuredClone(description));
    assert.ok(result.valid, JSON.stringify(result.errors, null, 2));
    assert.match(description.openapi, /^3\.1\./);
  });

  test("has schemas that compile, and every reference in it leads somewhere", () => {
    const visit = (x, place) => {
      if (!x || typeof x !== "object") return;
      if (typeof x.$ref === "string") assert.ok(resolve(x), `${place.join(" ")} refers to ${x.$ref}`);
      if (place.at(-1) === "schema") wrong(null, ...place);
      for (const [name, value] of Object.entries(x)) visit(value, [...place, name]);
    };
    visit(description, []);
  });

  test("is what openapi/schema.d.ts is generated from, with which openapi/client.ts compiles", () => {
    const file = new URL("openapi/notes.json", import.meta.url);
    if (process.env.BASALT_UPDATE) writeFileSync(file, JSON.stringify(ofNotes(), null, 1) + "\n");
    assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), ofNotes(), "run BASALT_UPDATE=1 node --test test/openapi.test.js in sdk/js, then npx openapi-typescript@7 --default-non-nullable=false test/openapi/notes.json -o test/openapi/schema.d.ts");
  });

  test("makes a client with @hey-api/openapi-ts, with which a wrong field does not compile, and which works", () => {
    const dir = fileURLToPath(new URL("openapi", import.meta.url));
    const run = (command, ...args) => execFileSync(command, args, { cwd: dir, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    run("npm", "ci", "--no-audit", "--no-fund", "--silent");
    mkdirSync(join(dir, "out"), { recursive: true });
    writeFileSync(join(dir, "out/description.json"), JSON.stringify(description));
    run("node", "generate.mjs", "./out/description.json");
    run("node_modules/.bin/tsc", "--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext", "--types", "node", "--lib", "es2022,dom,dom.iterable", "--skipLibCheck", "--outDir", "out", "generated.ts");
    assert.deepEqual(JSON.parse(run("node", "out/generated.js", server.url)), {
      stars: 3, updated: 5, stale: "precondition_failed", page: 1, found: 5, figures: { count: 1, sum: { stars: 5 } }, replaced: "replaced", gone: "not_found",
    });
  });

  test("names each operation once", () => {
    const ids = Object.values(description.paths).flatMap((operations) => Object.values(operations).map((o) => o.operationId));
    assert.ok(ids.every((id) => /^[a-z][A-Za-z0-9_]*$/.test(id)), ids.join(" "));
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ["listNotes", "createNote", "getNote", "updateNote", "replaceNote", "deleteNote", "queryNotes", "aggregateNotes"]) assert.ok(ids.includes(id), id);
  });

  test("tells what is read, created and changed apart", () => {
    const { notes, NewNote, NotePatch, NoteQuery, NotePage } = description.components.schemas;
    assert.equal(notes.properties.id.readOnly, true);
    assert.equal(NewNote.properties.owner.readOnly, true, "set: the server forces it");
    assert.equal(NewNote.properties.done.default, false);
    assert.equal(NewNote.additionalProperties, false);
    assert.deepEqual(NotePatch.properties.stars.anyOf[1].required, ["$inc"]);
    assert.equal(NotePatch.properties.id.readOnly, true);
    assert.ok(NoteQuery.properties.where && NotePage.properties.items);
  });

  test("describes every call that the documentation shows", () => {
    const calls = callsOfTheDocs();
    assert.ok(calls.length >= 9, `the documentation has ${calls.length} calls`);
    for (const c of calls) {
      if (c.path.includes("/pprof/")) continue; // profiles of Go, for its own tools
      try {
        judge(c);
      } catch (error) {
        error.message = `${c.file}: ${error.message}`;
        throw error;
      }
    }
  });

  test("describes what the server answers", async () => {
    let token = "";
    const ask = async (method, path, body, want, headers = {}) => {
      const url = new URL(path, server.url);
      const response = await fetch(url, {
        method, body: body === undefined ? undefined : JSON.stringify(body),
        headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
      });
      const text = await response.text();
      const answer = text ? JSON.parse(text) : undefined;
      assert.ok(want < 300 ? response.ok : response.status === want, `${method} ${path}: ${response.status} ${text}`);
      judge({ method, path: decodeURIComponent(url.pathname), query: url.searchParams, body: want < 400 ? body : undefined, status: response.status, answer });
      return answer;
    };
    const session = await ask("POST", "/v1/auth/signup", { email: "ada@example.com", password: "correct horse" }, 200);
    await ask("POST", "/v1/auth/signin", { email: "ada@example.com", password: "wrong horse" }, 401);
    await ask("POST", "/v1/auth/refresh", { refresh_token: session.refresh_token }, 200);
    token = (await ask("POST", "/v1/auth/signin", { email: "ada@example.com", password: "correct horse" }, 200)).access_token;
    await ask("GET", "/v1/auth/user", undefined, 200);
    await ask("GET", "/v1/auth/sessions", undefined, 200);
    await ask("POST", "/v1/auth/totp", {}, 200);
    const { id } = await ask("POST", "/v1/db/notes", { title: "one", stars: 3 }, 201);
    await ask("POST", "/v1/db/notes", [{ title: "two" }, { title: "three" }], 201);
    await ask("GET", `/v1/db/notes/${id}`, undefined, 200);
    await ask("GET", "/v1/db/notes/none", undefined, 404);
    await ask("GET", "/v1/db/notes?filter=stars>2&sort=-created&limit=2&count=true&select=id,title", undefined, 200);
    await ask("GET", "/v1/db/notes?limit=x", undefined, 422);
    await ask("POST", "/v1/db/notes/query", { where: { stars: { $gte: 3 } }, sort: ["-created"], limit: 20 }, 200);
    await ask("POST", "/v1/db/notes/aggregate", { group: ["done"], count: true, sum: ["stars"], avg: ["stars"] }, 200);
    await ask("PATCH", `/v1/db/notes/${id}`, { title: "uno", stars: { $inc: 1 } }, 200);
    await ask("PUT", `/v1/db/notes/${id}`, { title: "eins" }, 200);
    await ask("PATCH", "/v1/db/notes?filter=title=='two'", { done: true }, 200);
    await ask("POST", "/v1/batch", { ops: [{ op: "create", collection: "notes", doc: { title: "four" } }, { op: "delete", collection: "notes", id }] }, 200);
    await ask("DELETE", "/v1/db/notes?filter=title=='two'", undefined, 200);
    await ask("POST", "/v1/db/notes", { nothing: 1 }, 422);
    await ask("POST", "/v1/fn/shop/price", {}, 422);
    await ask("POST", "/v1/fn/shop/price", { item: "mug" }, 503);
    await ask("POST", "/v1/events", { event: "import", data: { file: "/a.csv" } }, 202);
    await ask("POST", "/v1/channels/room:1", { data: "hi" }, 204);
    token = "an-admin-key-for-this-test";
    await ask("GET", "/v1/admin/status", undefined, 200);
    await ask("GET", "/v1/admin/users", undefined, 200);
    await ask("GET", "/v1/admin/events?state=pending", undefined, 200);
    token = "";
    await ask("GET", "/v1/admin/status", undefined, 401);
  });
});
