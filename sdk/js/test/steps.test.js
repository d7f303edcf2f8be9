// One commit is one step: no snapshot that an app gets shows half of a transaction.
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { describe, test } from "node:test";
import WebSocket from "ws";
import { createClient } from "../dist/basalt.js";
import { startPostgres, startServer } from "./server.js";

const rounds = 40, places = 6;

const config = (driver) => (port) => `
listen: "127.0.0.1:${port}"
databases: { main: { driver: ${driver} } }
log: { level: warn }
collections:
  lists:
    fields: { round: { type: int } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
  items:
    fields: { rank: { type: int }, round: { type: int }, list: { type: ref, to: lists } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
`;

/** Numbers that look random, and are the same in every run. */
function numbers(seed) {
  return (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
}

/**
 * Writes a round in one transaction, and returns the keys of its items. Those that keep their key get other ranks; the
 * others are deleted with the list of the round before.
 */
async function write(db, random, round, keys) {
  const list = `l${round}`, kept = keys.slice(0, random(places)), now = [...kept];
  const ranks = Array.from({ length: places }, (_, i) => i + 1);
  for (let i = places - 1; i > 0; i--) {
    const other = random(i + 1);
    [ranks[i], ranks[other]] = [ranks[other], ranks[i]];
  }
  const batch = db.batch().create("lists", { id: list, round });
  ranks.forEach((rank, at) => {
    if (at < kept.length) return batch.update("items", kept[at], { rank, round, list });
    now.push(`i${round}-${at}`);
    batch.create("items", { id: `i${round}-${at}`, rank, round, list });
  });
  for (const key of keys.slice(kept.length)) batch.delete("items", key);
  if (round > 1) batch.delete("lists", `l${round - 1}`);
  await batch.commit();
  return now;
}

/** Follows a window until the last round. `first` resolves at the first snapshot. */
function follow(db, limit) {
  let known;
  const first = new Promise((resolve) => (known = resolve));
  const done = new Promise((resolve, reject) => {
    let before = [];
    const end = db.collection("items").orderBy("rank").limit(limit).onSnapshot((s) => {
      try {
        known();
        if (!s.connected && s.docs.length === 0) return;
        const round = s.docs[0]?.round;
        const whole = Array.from({ length: limit }, (_, i) => ({ rank: i + 1, round, list: `l${round}`, id: s.keys[i] }));
        assert.deepEqual(s.docs.map(({ rank, round, list, id }) => ({ rank, round, list, id })), whole, "half of a commit");
        const after = new Set(before);
        for (const change of s.docChanges()) after[change.type === "removed" ? "delete" : "add"](change.key);
        assert.deepEqual([...after].sort(), [...s.keys].sort(), "the changes lead from the snapshot before to this one");
        before = s.keys;
        if (round === rounds) {
          end();
          resolve();
        }
      } catch (error) {
        end?.();
        reject(error);
      }
    }, reject);
  });
  return { first, done };
}

/** A way to a server that cuts every connection after some kilobytes of answers, in the middle of a message or of a step. */
async function cutting(url) {
  const port = Number(new URL(url).port), open = new Set();
  const proxy = createServer((here) => {
    const there = connect(port, "127.0.0.1");
    let left = 2000 + Math.floor(Math.random() * 6000);
    const cut = () => {
      here.destroy();
      there.destroy();
      open.delete(here);
    };
    open.add(here);
    here.on("data", (part) => there.write(part)).on("error", cut).on("close", cut);
    there.on("data", (part) => {
      here.write(part.subarray(0, left));
      if ((left -= part.length) <= 0) here.end(() => cut());
    }).on("error", cut).on("close", cut);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    stop() {
      proxy.close();
      for (const socket of open) socket.destroy();
    },
  };
}

describe("live queries show whole commits", () => {
  for (const name of ["sqlite", "postgres"]) {
    test(name, { timeout: 120_000 }, async (t) => {
      const postgres = name === "postgres" ? await startPostgres() : undefined;
      t.after(() => postgres?.stop());
      const server = await startServer("", config(postgres ? `postgres, url: "${postgres.url}"` : 'sqlite, url: "file:test.db"'));
      t.after(() => server.stop());
      const way = await cutting(server.url);
      t.after(() => way.stop());
      const { db } = createClient(server.url, { WebSocket });
      const random = numbers(7);
      let keys = await write(db, random, 1, []);
      const followers = [places, places / 2].flatMap((limit) =>
        [server.url, way.url].map((url) => follow(createClient(url, { WebSocket, name: `${url} ${limit}` }).db, limit)));
      const all = Promise.all(followers.map((f) => f.done));
      await Promise.race([all, Promise.all(followers.map((f) => f.first))]);
      const writing = (async () => {
        for (let round = 2; round <= rounds; round++) keys = await write(db, random, round, keys);
      })();
      await Promise.all([all, writing]);
    });
  }
});
