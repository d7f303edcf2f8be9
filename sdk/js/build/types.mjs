// Puts the types beside the CommonJS modules. There they are those of CommonJS, which TypeScript tells by the package.json.
import { cpSync, readdirSync, writeFileSync } from "node:fs";

for (const dist of ["dist", "react/dist", "vue/dist", "svelte/dist", "worker/dist", "supabase/dist"]) {
  for (const file of readdirSync(dist, { recursive: true }).filter((f) => f.endsWith(".d.ts") && !f.startsWith("cjs"))) cpSync(`${dist}/${file}`, `${dist}/cjs/${file}`);
  writeFileSync(`${dist}/cjs/package.json`, '{ "type": "commonjs" }\n');
}
