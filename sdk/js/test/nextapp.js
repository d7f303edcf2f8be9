// Builds a copy of an app of Next.js, and starts it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./server.js";

/** Starts the app of a directory with an environment and what npm install is given. */
export async function startNext(from, environment, ...packages) {
  const home = mkdtempSync(join(tmpdir(), "basalt-next-"));
  const env = { ...process.env, ...environment, NEXT_TELEMETRY_DISABLED: "1" };
  const run = (program, ...args) => execFileSync(program, args, { cwd: home, stdio: "pipe", encoding: "utf8", env });
  cpSync(from, home, { recursive: true });
  run("npm", "install", "--no-audit", "--no-fund", ...packages);
  run(join(home, "node_modules/.bin/next"), "build");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const next = spawn(join(home, "node_modules/.bin/next"), ["start", "-H", "127.0.0.1", "-p", String(port)], { cwd: home, env, stdio: "ignore", detached: true });
  const ended = new Promise((resolve) => next.once("exit", resolve));
  for (let n = 0; !(await fetch(url).then((r) => r.ok, () => false)); n++) {
    assert.ok(n < 300, "Next.js does not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    async stop() {
      process.kill(-next.pid);
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
