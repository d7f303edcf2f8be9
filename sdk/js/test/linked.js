// Lets the packages of the bindings find the package of the client, as npm would.
import { mkdirSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
mkdirSync(`${here}node_modules/@basalt-dev`, { recursive: true });
try {
  symlinkSync("../..", `${here}node_modules/@basalt-dev/client`);
} catch (error) {
  if (error.code !== "EEXIST") throw error;
}
