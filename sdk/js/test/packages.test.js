// Installs the packages as a registry would give them, and uses them as apps do: the types under each way of
// resolving modules, and what runs in Node and in a bundle.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = fileURLToPath(new URL("..", import.meta.url));
const root = join(here, "..", "..");
const run = promisify(execFile);
const dir = mkdtempSync(join(tmpdir(), "basalt-packages-"));

/** The path of the tarball of each package. */
const tarballs = {};

const npm = (cwd, ...args) => execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

const write = (path, text) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

before(() => {
  for (const p of JSON.parse(npm(here, "pack", "--json", "--pack-destination", dir, ".", "./react", "./vue", "./svelte", "./worker", "./supabase"))) tarballs[p.name] = join(dir, p.filename);
  write(join(dir, "app", "package.json"), `{ "private": true, "type": "module" }`);
  // What the packages are used with is that of the tests. Nothing is fetched.
  npm(join(dir, "app"), "install", "--offline", "--ignore-scripts", "--legacy-peer-deps", ...Object.values(tarballs));
  mkdirSync(join(dir, "app", "node_modules", "@types"));
  for (const name of ["react", "react-dom", "vue", "@vue", "scheduler", "csstype", "ws", "undici-types", "@types/node", "@types/react", "@supabase", "iceberg-js", "tslib"]) {
    symlinkSync(join(here, "node_modules", name), join(dir, "app", "node_modules", name));
  }
});
after(() => rmSync(dir, { recursive: true, force: true }));

const client = `
import { createClient, BasaltError, increment, type Doc } from "@basalt-dev/client";
interface Todo { title: string; done?: boolean }
export const client = createClient("http://localhost:4122");
const todos = client.db.collection<Todo>("todos");
export async function use(): Promise<Doc<Todo> | null> {
  try {
    for await (const { docs } of todos.where("done", "==", false).snapshots()) docs[0]?.title.trim();
    await todos.doc("x").update({ title: null });
  } catch (error) {
    if (error instanceof BasaltError && error.code === "conflict") throw error;
  }
  return todos.first();
}
// @ts-expect-error no such field
export const wrong = () => todos.add({ titel: "x" });
export const one = increment;
`;

const component = `
import { useQuery } from "@basalt-dev/react";
import { client } from "./client.js";
export function App() {
  const { docs, loading } = useQuery(client.db.collection<{ title: string }>("todos"));
  const title: string | undefined = docs[0]?.title;
  return <p>{loading ? "…" : title}</p>;
}
`;

const typed = `
import { createClient } from "@basalt-dev/client";
import { useAggregate, useDoc, useInfiniteQuery, useMutation, useOutbox, useQuery, useUpload, useUser } from "@basalt-dev/react";
import { dates, type Collections, type NewNotes, type Notes } from "./collections.js";
const { auth, db, outbox } = createClient<Collections>("http://localhost:4122", { dates, optimistic: true });
const notes = db.collection("notes");
export function App() {
  const { user } = useUser(auth);
  const { docs } = useQuery(user && notes.where("title", "==", "a").expand("author"));
  const name: string | undefined = docs[0]?.expand.author?.name;
  const made: Date | undefined = useInfiniteQuery(notes, { size: 10 }).docs[0]?.created;
  const sum: number | null | undefined = useAggregate(notes, { sum: ["stars"] }).rows[0]?.sum?.["stars"];
  const one: Notes<Date> | null = useDoc(notes.doc("x")).doc;
  const { mutate, pending, error } = useMutation((note: NewNotes) => notes.add(note));
  const { refusals } = useOutbox(outbox);
  const { upload, progress } = useUpload(notes);
  // @ts-expect-error no such field
  docs[0]?.titel;
  // @ts-expect-error title is required
  void mutate({ body: "a" });
  // @ts-expect-error no such field
  void upload("x", { fields: { titel: "a" } });
  // @ts-expect-error no such field to add up
  useAggregate(notes, { sum: ["starz"] });
  return <button disabled={pending} onClick={() => mutate({ title: "a" })}>{[name, made?.getTime(), sum, one?.title, error?.code, refusals[0]?.error.message, progress?.sent].join()}</button>;
}
`;

const composables = `
import { computed, ref, type Ref } from "vue";
import { useInfiniteQuery, useMutation, useQuery, useUser } from "@basalt-dev/vue";
import { currentUser, liveQuery } from "@basalt-dev/svelte";
import { createClient } from "@basalt-dev/client";
import { dates, type Collections, type NewNotes } from "./collections.js";
const { auth, db } = createClient<Collections>("http://localhost:4122", { dates });
const notes = db.collection("notes");
const title = ref("a");
const { docs } = useQuery(() => notes.where("title", "==", title.value).expand("author"));
export const name: Ref<string | undefined> = computed(() => docs.value[0]?.expand.author?.name);
export const made: Date | undefined = useInfiniteQuery(notes, { size: 10 }).docs.value[0]?.created;
export const add = useMutation((note: NewNotes) => notes.add(note));
export const email: string | null | undefined = useUser(auth).user.value?.email;
liveQuery(notes).subscribe((s) => s.docs[0]?.title.trim());
currentUser(auth).subscribe(({ user }) => user?.email);
// @ts-expect-error no such field
docs.value[0]?.titel;
// @ts-expect-error title is required
void add.mutate({ body: "a" });
// @ts-expect-error no such field
liveQuery(notes).subscribe((s) => s.docs[0]?.titel);
`;

const collections = readFileSync(join(here, "test", "collections.ts"), "utf8");

const worker = `
import { service } from "@basalt-dev/worker";
export const stop = (): unknown => service("billing").handle("charge", async ({ amount }: { amount: number }) => ({ paid: amount })).listen("nats://127.0.0.1:4222");
`;

const supabase = `
import { createClient, type Session, type SupabaseClient } from "@basalt-dev/supabase";
type Row = { id: string; title: string; done: boolean };
interface Database { public: { Tables: { todos: { Row: Row; Insert: Partial<Row>; Update: Partial<Row>; Relationships: [] } }; Views: {}; Functions: {} } }
export const supabase = createClient<Database>("http://localhost:4122", "key", { offline: ["todos"], auth: { persistSession: false } });
export const plain: SupabaseClient<Database> = supabase;
export const session: Session | null = null;
export const end: () => void = supabase.live("todos", (todos) => todos.where("done", "==", false), (rows, { hasPendingWrites }) => rows[0]?.title.trim() === String(hasPendingWrites));
export const title = async (): Promise<string | undefined> => (await supabase.from("todos").select("title")).data?.[0]?.title;
export const untyped = createClient("http://localhost:4122", "key");
untyped.live("anything", (rows) => rows[0]?.whatever);
// @ts-expect-error no such table
supabase.live("todoz", () => undefined);
// @ts-expect-error no such column
supabase.live("todos", (rows) => rows[0]?.titel);
`;

const strict = { strict: true, noEmit: true, target: "ES2022", skipLibCheck: false, exactOptionalPropertyTypes: false, noUncheckedIndexedAccess: true, types: [] };
const browser = ["ES2022", "DOM", "DOM.Iterable"];

/** Each is a project: its compiler options and its files. */
const projects = {
  "Vite with React": [{ ...strict, module: "ESNext", moduleResolution: "bundler", lib: browser, jsx: "react-jsx" }, { "client.ts": client, "App.tsx": component, "Typed.tsx": typed, "collections.ts": collections }],
  "Vite with Vue or Svelte": [{ ...strict, skipLibCheck: true, module: "ESNext", moduleResolution: "bundler", lib: browser }, { "use.ts": composables, "collections.ts": collections }],
  "exact optional properties": [{ ...strict, exactOptionalPropertyTypes: true, module: "ESNext", moduleResolution: "bundler", lib: browser, jsx: "react-jsx" }, { "client.ts": client, "App.tsx": component }],
  "supabase-js": [{ ...strict, skipLibCheck: true, module: "ESNext", moduleResolution: "bundler", lib: browser }, { "supabase.ts": supabase }],
  "Node as ES module": [{ ...strict, module: "node16", moduleResolution: "node16", lib: ["ES2023"], types: ["node"] }, { "client.mts": client, "worker.mts": worker }],
  "Node as CommonJS": [{ ...strict, module: "node16", moduleResolution: "node16", lib: ["ES2023"], types: ["node"] }, { "client.cts": client, "worker.cts": worker }],
  "neither DOM nor Node": [{ ...strict, module: "ESNext", moduleResolution: "bundler", lib: ["ES2022"] }, { "client.ts": client }],
};

for (const [name, [compilerOptions, files]] of Object.entries(projects)) {
  test(`types: ${name}`, async () => {
    const project = join(dir, "app", name.replaceAll(" ", "-"));
    write(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*"] }));
    for (const [file, text] of Object.entries(files)) write(join(project, file), text);
    await run(join(here, "node_modules/.bin/tsc"), ["--project", project]).catch((e) => assert.fail(e.stdout));
  });
}

test("Node imports and requires them", async () => {
  const use = (load) => `
    ${load}
    const { db } = createClient("http://localhost:4122", { fetch: async () => new Response('{"items":[{"id":"1"}],"next":null}', { headers: { "Content-Type": "application/json" } }) });
    if ([useQuery, useDoc, liveQuery, mutation].some((f) => typeof f !== "function") || typeof service !== "function" || typeof live !== "function" || typeof SupabaseClient !== "function" || !(new BasaltError("invalid", "") instanceof Error)) throw new Error("something is missing");
    db.collection("todos").get().then(({ items }) => console.log(items[0].id));
  `;
  const names = [["{ createClient, BasaltError }", "client"], ["{ useQuery }", "react"], ["{ useDoc }", "vue"], ["{ liveQuery }", "svelte"], ["{ mutation }", "client/stores"], ["{ service }", "worker"], ["{ createClient: live, SupabaseClient }", "supabase"]];
  write(join(dir, "app", "esm.mjs"), use(names.map(([what, from]) => `import ${what.replace(":", " as")} from "@basalt-dev/${from}";`).join("\n")));
  write(join(dir, "app", "common.cjs"), use(names.map(([what, from]) => `const ${what} = require("@basalt-dev/${from}");`).join("\n")));
  for (const file of ["esm.mjs", "common.cjs"]) {
    const { stdout } = await run(process.execPath, [file], { cwd: join(dir, "app") });
    assert.equal(stdout.trim(), "1", file);
  }
});

test("a bundler takes of them what is used", async () => {
  write(join(dir, "app", "page.jsx"), `import { useQuery } from "@basalt-dev/react"; import { createClient } from "@basalt-dev/client"; console.log(useQuery, createClient);`);
  const out = join(dir, "bundle.js");
  await run("go", ["run", "github.com/evanw/esbuild/cmd/esbuild", join(dir, "app", "page.jsx"), "--bundle", "--minify", "--external:react", "--format=esm", `--outfile=${out}`, "--log-level=error"], { cwd: root });
  const text = readFileSync(out, "utf8");
  assert.equal(text.match(/BasaltError/g)?.length, 1, "the client is in the bundle twice");
  assert.ok(!text.includes("usePresence") && text.length < 80_000, `the bundle has ${text.length} bytes`);
});

/** The commands that a page says to install with. */
const commandsOf = (page) => (readFileSync(join(root, page), "utf8").match(/^npm (?:pack|install) .*$|(?<=`)npm (?:pack|install) [^`]*/gm) ?? []).map((line) => line.replace(/#.*/, "").trim()).join(" && ");

test("what a page says to install stays when the app installs something else", () => {
  const guide = "examples/guides/frameworks.md";
  for (const [page, ...folders] of [[guide, "", "/react"], ["sdk/js/README.md", ""], ["sdk/js/worker/README.md", "/worker"], ...["react", "vue", "svelte", "supabase"].map((name) => [`sdk/js/${name}/README.md`, "", `/${name}`])]) {
    assert.equal(commandsOf(page), `npm pack ${folders.map((f) => `../basalt/sdk/js${f}`).join(" ")} && npm install ./basalt-dev-*.tgz`, page);
  }
  const app = join(dir, "beside", "app");
  write(join(app, "package.json"), `{ "private": true, "type": "module" }`);
  write(join(dir, "beside", "other", "package.json"), `{ "name": "other", "version": "1.0.0" }`);
  symlinkSync(root, join(dir, "beside", "basalt"));
  const env = { ...process.env, npm_config_offline: "true", npm_config_legacy_peer_deps: "true", npm_config_audit: "false", npm_config_fund: "false" };
  execFileSync("bash", ["-euc", `${commandsOf(guide)} && npm install ../other`], { cwd: app, env, stdio: "pipe" });
  for (const name of ["client", "react"]) {
    assert.ok(!lstatSync(join(app, "node_modules", "@basalt-dev", name)).isSymbolicLink(), `${name} is a link to the clone, from where the packages of the app are not found`);
  }
});
