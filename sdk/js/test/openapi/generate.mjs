// Makes a client of a description, with @hey-api/openapi-ts: node generate.mjs DESCRIPTION.
import { createClient } from "@hey-api/openapi-ts";

await createClient({
  input: process.argv[2], output: { path: "client", importFileExtension: ".js" },
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"], logs: { level: "silent" },
});
