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

for (const template of ["react", "api"]) {
  test(`the template ${template} fits the types of its packages`, (t) => {
    const home = mkdtempSync(join(tmpdir(), "basalt-template-"));
    t.after(() => rmSync(home, { recursive: true, force: true }));
    const dir = join(home, "app");
    const [program, ...args] = process.env.BASALT_BINARY ? [process.env.BASALT_BINARY] : ["go", "run", "./cmd/basalt"];
    execFileSync(program, [...args, "init", dir, "--template", template], { cwd: root, stdio: "pipe" });
    symlinkSync(modules, join(dir, "node_modules"));
    const paths = { "@basalt-dev/client": ["./sdk/client/dist/basalt.d.ts"], "@basalt-dev/react": ["./sdk/react/dist/index.d.ts"] };
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
