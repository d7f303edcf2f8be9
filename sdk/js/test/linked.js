// Lets the packages of the bindings find the packages of the client, as npm would.
import { mkdirSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
mkdirSync(`${here}node_modules/@basalt-dev`, { recursive: true });
for (const [name, at] of [["client", "../.."], ["supabase", "../../supabase"]]) {
  try {
    symlinkSync(at, `${here}node_modules/@basalt-dev/${name}`);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}
