// Usage: node node.mjs all|interrupted JSON. It prints ok, or what is wrong.
import { mkdtempSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { FileUrlStorage } from "tus-js-client";
import { content, interrupted, run } from "./steps.js";

const given = JSON.parse(process.argv[3]);
const dir = mkdtempSync(join(tmpdir(), "basalt-tus-"));
const file = Buffer.from(content);
try {
  if (process.argv[2] === "all") {
    const stream = () => Readable.from((function* () { for (let i = 0; i < file.length; i += 100_000) yield file.subarray(i, i + 100_000); })());
    console.log(await run({ ...given, file, stream, storage: new FileUrlStorage(join(dir, "uploads.json")) }, ["Uppy"])); // which is for browsers
  } else {
    const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const half = async () => {
      console.log("half");
      await lines.next(); // the server is gone
    };
    console.log(await interrupted({ ...given, file, half }));
  }
} finally {
  rmSync(dir, { recursive: true });
}
process.exit(0);
