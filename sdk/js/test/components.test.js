// What the documentation and the templates of `basalt init` show of Vue and Svelte is compiled.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { compile } from "svelte/compiler";
import { compileScript, parse } from "vue/compiler-sfc";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The components of a language: files, and blocks of the documentation, each with its place. */
function components(language) {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", `*.${language}`, "*.md"], { cwd: root, encoding: "utf8" }).trim().split("\n");
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return file.endsWith(".md") ? [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map((m, i) => [`${file} ${i + 1}`, m[1]]) : [[file, text]];
  });
}

test("components of Vue compile", () => {
  const all = components("vue");
  assert.ok(all.length >= 5, "they are not found");
  for (const [name, text] of all) {
    const { descriptor, errors } = parse(text);
    assert.deepEqual(errors, [], name);
    assert.doesNotThrow(() => compileScript(descriptor, { id: name, inlineTemplate: true }), name);
  }
});

test("components of Svelte compile, without a warning", () => {
  const all = components("svelte");
  assert.ok(all.length >= 5, "they are not found");
  for (const [name, text] of all) assert.deepEqual(compile(text, { filename: name }).warnings.map((w) => w.message), [], name);
});
