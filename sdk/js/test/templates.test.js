// What `basalt init --template` writes is checked by the compiler, with the packages of these tests in the place of those that
// npm would install.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const modules = fileURLToPath(new URL("../node_modules", import.meta.url));

// As much of Next.js as its template uses: the whole is installed and built in the long mode only, by examples/browsertest.
const next = `
declare module "next" {
  export interface NextConfig { turbopack?: { root?: string } }
  export interface Metadata { title?: string; description?: string }
  export interface Viewport { width?: string; initialScale?: number; colorScheme?: string }
}
declare module "next/navigation" { export function useRouter(): { refresh(): void } }
declare module "next/headers" { export function cookies(): Promise<{ getAll(): { name: string; value: string }[] }> }
declare module "next/server" {
  interface Cookies { getAll(): { name: string; value: string }[]; set(name: string, value: string, options?: object): unknown }
  export interface NextRequest { cookies: Cookies }
  export class NextResponse { static next(init: { request: NextRequest }): NextResponse; cookies: Cookies }
}
declare module "*.css" {}
`;

for (const template of ["react", "next", "api"]) {
  test(`the template ${template} fits the types of its packages`, (t) => {
    const home = mkdtempSync(join(tmpdir(), "basalt-template-"));
    t.after(() => rmSync(home, { recursive: true, force: true }));
    const dir = join(home, "app");
    const [program, ...args] = process.env.BASALT_BINARY ? [process.env.BASALT_BINARY] : ["go", "run", "./cmd/basalt"];
    execFileSync(program, [...args, "init", dir, "--template", template], { cwd: root, stdio: "pipe" });
    if (template === "next") writeFileSync(join(dir, "src", "next.d.ts"), next);
    symlinkSync(modules, join(dir, "node_modules"));
    const paths = { "@basalt-dev/client": ["./sdk/client/dist/basalt.d.ts"], "@basalt-dev/client/stores": ["./sdk/client/dist/stores/index.d.ts"], "@basalt-dev/react": ["./sdk/react/dist/index.d.ts"] };
    writeFileSync(join(dir, "check.json"), JSON.stringify({ extends: "./tsconfig.json", compilerOptions: { noEmit: true, paths }, include: ["src"] }));
    const check = () => execFileSync(join(modules, ".bin", "tsc"), ["--project", "check.json"], { cwd: dir, stdio: "pipe", encoding: "utf8" });
    try {
      check();
    } catch (error) {
      assert.fail(error.stdout);
    }
    writeFileSync(join(dir, "src", "wrong.ts"), 'import type { Notes } from "./collections.js";\nexport const n = (note: Notes): number => note.text;\n');
    assert.throws(check, (error) => error.stdout.includes("wrong.ts(2"));
  });
}
