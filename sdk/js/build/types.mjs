// Puts the types beside the CommonJS modules. There they are those of CommonJS, which TypeScript tells by the package.json.
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";

for (const dist of ["dist", "react/dist", "worker/dist"]) {
  for (const file of readdirSync(dist).filter((f) => f.endsWith(".d.ts"))) copyFileSync(`${dist}/${file}`, `${dist}/cjs/${file}`);
  writeFileSync(`${dist}/cjs/package.json`, '{ "type": "commonjs" }\n');
}
