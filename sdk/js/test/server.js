// Starts a real server for the tests, on a free port, in a temporary directory.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export const config = (port) => `
listen: "127.0.0.1:${port}"
databases: { main: { driver: sqlite, url: "file:test.db" } }
log: { level: warn }
mail: { url: "file:mails", from: "Test <no-reply@example.com>" }
auth:
  url: "http://127.0.0.1:${port}"
  tokens: { secret: "0123456789abcdef0123456789abcdef", access: 40s }
  providers: { password: { attempts: 1000 }, email: { signup: true }, anonymous: {}, totp: {} }
collections:
  todos:
    fields:
      owner:   { type: string, index: true }
      title:   { type: string, required: true, max: 200, search: true }
      after:   { type: ref, to: todos }
      done:    { type: bool, default: false }
      stars:   { type: int, default: 0, min: 0 }
      tags:    { type: json }
      created: { type: time, default: "now()" }
    set: { create: { owner: auth.id } }
    rules:
      read:   'auth != nil && doc.owner == auth.id'
      create: 'auth != nil'
      update: 'doc.owner == auth.id && !changed("owner")'
      delete: 'doc.owner == auth.id'
  pictures:
    files: { max: 20MiB, images: {} }
    fields: { owner: { type: string }, alt: { type: string }, stars: { type: int } }
    set: { create: { owner: auth.id } }
    rules:
      read:   'doc.owner == auth.id'
      create: 'auth != nil'
      update: 'doc.owner == auth.id'
      delete: 'doc.owner == auth.id'
channels:
  "room:{id}": { subscribe: 'auth != nil', publish: 'auth != nil && params.id != "quiet"', history: 5 }
`;

/**
 * A port that nothing listens on, below those that the system gives away. The same port of UDP is held as long as this process
 * runs: it tells the tests of other processes that the port is taken (servertest.FreeAddress).
 */
export async function freePort() {
  for (let tries = 0; tries < 100; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const held = createSocket("udp4").unref();
    try {
      await once(held.bind(port, "127.0.0.1"), "listening");
      const server = createServer().listen(port, "127.0.0.1");
      await once(server, "listening");
      await new Promise((done) => server.close(done));
      return port;
    } catch {
      held.close();
    }
  }
  throw new Error("there is no free port");
}

/** Starts a PostgreSQL server. */
export async function startPostgres() {
  const child = spawn("go", ["run", "./sdk/js/test/postgres"], { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    child.stdout.once("data", (text) => resolve(String(text).trim()));
    ended.then((code) => reject(new Error(`PostgreSQL does not start: ${code}`)));
  });
  return {
    url,
    async stop() {
      child.stdin.end();
      return await ended;
    },
  };
}

/** Starts a server with more in its configuration, or with another one. */
export async function startServer(more = "", whole = config) {
  const dir = mkdtempSync(join(tmpdir(), "basalt-js-"));
  let binary = process.env.BASALT_BINARY;
  if (!binary) {
    binary = join(dir, "basalt");
    execFileSync("go", ["build", "-o", binary, "./cmd/basalt"], { cwd: root, stdio: "inherit" });
  }
  const port = await freePort();
  writeFileSync(join(dir, "basalt.yaml"), whole(port) + more);
  const url = `http://127.0.0.1:${port}`;
  let child, ended;
  const start = async () => {
    child = spawn(binary, ["serve", "--config", join(dir, "basalt.yaml")], { stdio: ["ignore", "inherit", "ignore"] });
    ended = new Promise((resolve) => child.once("exit", resolve));
    for (let tries = 0; ; tries++) {
      const ready = await fetch(`${url}/readyz`).then((r) => r.ok, () => false);
      if (ready) break;
      if (tries > 1200 || child.exitCode !== null) throw new Error("the server does not start");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await start();
  return {
    url,
    /** Starts the server again after `kill`. */
    start,
    /** Ends the server at once. */
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    /** Waits for the mail of a number, counted from 0, and returns its text. */
    async mail(number) {
      for (let tries = 0; tries < 1200; tries++) {
        const mails = existsSync(join(dir, "mails")) ? readdirSync(join(dir, "mails")).sort() : [];
        if (mails.length > number) {
          const text = readFileSync(join(dir, "mails", mails[number]), "utf8").replaceAll("=\r\n", "").replaceAll("=3D", "=");
          if (text.includes("do nothing")) return text; // all of it is there
        }
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error(`mail number ${number} does not arrive`);
    },
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      rmSync(dir, { recursive: true, force: true });
      return code;
    },
  };
}
