import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));

/** The files of types in a directory and those below it. */
const declarations = (dir) => readdirSync(dir, { recursive: true }).filter((f) => f.endsWith(".d.ts")).sort();

test("the committed types are those of the sources", () => {
  const dir = mkdtempSync(join(tmpdir(), "basalt-types-"));
  try {
    execFileSync(join(here, "node_modules/.bin/tsc"), ["--project", join(here, "tsconfig.json"), "--outDir", dir]);
    const built = declarations(dir);
    assert.deepEqual(declarations(join(here, "dist")).filter((f) => !f.startsWith("cjs")), built);
    for (const file of built) {
      assert.equal(readFileSync(join(here, "dist", file), "utf8"), readFileSync(join(dir, file), "utf8"), `dist/${file} is stale; run: npm run build`);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

for (const name of ["react", "vue", "svelte", "worker", "supabase"]) {
  test(`the committed package ${name} is built from its source`, () => {
    const dir = mkdtempSync(join(tmpdir(), "basalt-package-"));
    try {
      execFileSync(join(here, "node_modules/.bin/tsc"), ["--project", join(here, name, "tsconfig.json"), "--outDir", dir]);
      const committed = join(here, name, "dist");
      assert.deepEqual(readdirSync(committed).filter((f) => f !== "cjs").sort(), readdirSync(dir).sort());
      for (const file of readdirSync(dir)) {
        assert.equal(readFileSync(join(committed, file), "utf8"), readFileSync(join(dir, file), "utf8"), `${name}/dist/${file} is stale; run: npm run build`);
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
}

for (const dist of ["dist", "react/dist", "vue/dist", "svelte/dist", "worker/dist", "supabase/dist"]) {
  test(`the types in ${dist} are beside its CommonJS module, too`, () => {
    const types = (folder) => declarations(folder).filter((f) => !f.startsWith("cjs"));
    assert.deepEqual(types(join(here, dist, "cjs")), types(join(here, dist)), "run: npm run build");
    for (const file of types(join(here, dist))) {
      assert.equal(readFileSync(join(here, dist, "cjs", file), "utf8"), readFileSync(join(here, dist, file), "utf8"), `${dist}/cjs/${file} is stale; run: npm run build`);
    }
    assert.equal(JSON.parse(readFileSync(join(here, dist, "cjs", "package.json"), "utf8")).type, "commonjs");
  });
}
