// Starts the server of a bus for the tests, on a free port, in a temporary directory.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./server.js";

/** Starts the server of a bus, and resolves with where it is and what stops it. */
export async function startBus(driver) {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), "basalt-bus-"));
  const [program, ...args] = driver === "nats"
    ? ["nats-server", "-a", "127.0.0.1", "-p", String(port), "-js", "-sd", dir]
    : ["redis-server", "--bind", "127.0.0.1", "--port", String(port), "--dir", dir, "--save", ""];
  const child = spawn(program, args, { stdio: "ignore" });
  for (let tries = 0; ; tries++) {
    const there = await new Promise((done) => {
      const socket = connect(port, "127.0.0.1").once("connect", () => { done(true); socket.destroy(); });
      socket.on("error", () => undefined).once("close", () => done(false)); // an error closes it, too
    });
    if (there) break;
    if (tries > 1200) throw new Error(`${program} does not start`);
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    url: `${driver}://127.0.0.1:${port}`,
    stop: async () => {
      child.kill();
      await new Promise((done) => child.once("exit", done));
      rmSync(dir, { recursive: true });
    },
  };
}
