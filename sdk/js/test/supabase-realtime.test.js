// Channels of supabase-js, unchanged, in both versions of its protocol.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";
import { startServer } from "./server.js";
import { ok } from "./supabase.js";

const [anonKey, serviceKey] = ["the-anon-key-of-the-test", "the-service-key-of-the-test"];
const config = (port) => `
listen: "127.0.0.1:${port}"
databases: { main: { driver: memory } }
auth: { url: "http://127.0.0.1:${port}", tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { attempts: 1000 }, anonymous: {} } }
log: { level: warn }
compat: { supabase: { anon_key: "${anonKey}", service_key: "${serviceKey}" } }
channels:
  "room:{id}": { subscribe: 'auth != nil', publish: 'auth != nil', history: 5 }
  "mine:{id}": { subscribe: 'auth.id == params.id', publish: 'auth.id == params.id' }
  "team:{id}": { subscribe: 'auth != nil', publish: 'auth.team == params.id' }
collections:
  notes:
    fields: { owner: { type: string }, title: { type: string }, stars: { type: int, default: 0 } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
`;

let server;
before(async () => { server = await startServer("", config); });
after(async () => { assert.equal(await server.stop(), 0); });

const clients = [];
const client = (vsn, key = anonKey) => {
  const one = createClient(server.url, key, { auth: { persistSession: false, autoRefreshToken: false }, realtime: { transport: WebSocket, vsn } });
  clients.push(one);
  return one;
};
afterEach(async () => { for (const one of clients.splice(0)) await one.removeAllChannels(); });

/** A client of somebody. */
const somebody = async (vsn) => {
  const one = client(vsn);
  return { client: one, user: ok(await one.auth.signInAnonymously()).user };
};

/** Subscribes, and returns the status and why. */
const subscribed = (channel) => new Promise((resolve) => channel.subscribe((status, error) => resolve([status, error?.message])));
const joins = async (channel) => assert.deepEqual(await subscribed(channel), ["SUBSCRIBED", undefined]);

/** Notes what happens, and waits for a number of things. */
const notes = () => {
  const all = [];
  let wake = () => undefined;
  return { all, note: (what) => { all.push(what); wake(); }, async until(n) { while (all.length < n) await new Promise((resolve) => { wake = resolve; }); return all; } };
};

for (const vsn of ["1.0.0", "2.0.0"]) {
  describe(`version ${vsn}`, () => {
    test("a broadcast is acknowledged, and its sender has it back only with self", async () => {
      const [ann, bob] = [await somebody(vsn), await somebody(vsn)];
      const [loud, quiet] = [notes(), notes()];
      const annsRoom = ann.client.channel(`room:self-${vsn}`, { config: { broadcast: { self: true, ack: true } } }).on("broadcast", { event: "*" }, loud.note);
      const bobsRoom = bob.client.channel(`room:self-${vsn}`, { config: { broadcast: { ack: true } } }).on("broadcast", { event: "said" }, quiet.note);
      await joins(annsRoom);
      await joins(bobsRoom);
      assert.equal(await bobsRoom.send({ type: "broadcast", event: "said", payload: { by: "bob" } }), "ok");
      assert.equal(await annsRoom.send({ type: "broadcast", event: "other", payload: { n: 1 } }), "ok");
      assert.equal(await annsRoom.send({ type: "broadcast", event: "said", payload: { by: "ann", deep: [{ ü: null }] } }), "ok");
      assert.deepEqual((await loud.until(3)).map((m) => [m.event, m.payload]), [["said", { by: "bob" }], ["other", { n: 1 }], ["said", { by: "ann", deep: [{ ü: null }] }]]);
      assert.deepEqual((await quiet.until(1)).map((m) => m.payload), [{ by: "ann", deep: [{ ü: null }] }]); // the other event is not asked for
    });

    test("presence shows who is there, as long as they are", async () => {
      const [ann, bob] = [await somebody(vsn), await somebody(vsn)];
      const seen = notes();
      const here = ann.client.channel(`room:presence-${vsn}`, { config: { presence: { key: "ann" } } });
      const there = bob.client.channel(`room:presence-${vsn}`, { config: { presence: { key: "bob" } } })
        .on("presence", { event: "join" }, ({ key, newPresences }) => seen.note(["join", key, newPresences[0].mood]))
        .on("presence", { event: "leave" }, ({ key, leftPresences }) => seen.note(["leave", key, leftPresences[0].mood]));
      await joins(there);
      await joins(here);
      assert.equal(await there.track({ mood: "calm" }), "ok");
      await seen.until(1);
      assert.equal(await here.track({ mood: "good" }), "ok");
      await seen.until(2);
      assert.deepEqual(Object.entries(there.presenceState()).map(([key, all]) => [key, all.map((p) => p.mood)]).sort(), [["ann", ["good"]], ["bob", ["calm"]]]);
      assert.equal(await here.untrack(), "ok");
      assert.deepEqual(await seen.until(3), [["join", "bob", "calm"], ["join", "ann", "good"], ["leave", "ann", "good"]]);
      await here.track({ mood: "back" });
      await seen.until(4);
      await ann.client.removeChannel(here);
      assert.deepEqual((await seen.until(5)).slice(3), [["join", "ann", "back"], ["leave", "ann", "back"]]);
      assert.deepEqual(Object.keys(there.presenceState()), ["bob"]);
    });

    test("postgres_changes has what the filter and the read rule let through", async () => {
      const [ann, bob] = [await somebody(vsn), await somebody(vsn)];
      const [many, made] = [notes(), notes()];
      const on = (event, filter) => ({ event, schema: "public", table: "notes", filter });
      const rows = ann.client.channel(`changes ${vsn}`).on("postgres_changes", on("*", "stars=gt.2"), many.note).on("postgres_changes", on("INSERT", "title=in.(x,y)"), made.note);
      await joins(rows);
      ok(await bob.client.from("notes").insert({ title: "x", stars: 9 })); // which is hidden
      ok(await ann.client.from("notes").insert([{ id: `a-${vsn}`, title: "few", stars: 1 }, { id: `b-${vsn}`, title: "x", stars: 5 }]));
      await many.until(1);
      ok(await ann.client.from("notes").update({ stars: 3 }).eq("id", `a-${vsn}`)); // it comes into the filter
      await many.until(2);
      ok(await ann.client.from("notes").update({ stars: 0 }).eq("id", `b-${vsn}`)); // and out of it
      await many.until(3);
      assert.deepEqual(many.all.map((c) => [c.eventType, c.new.id ?? c.old.id, c.new.stars]), [["INSERT", `b-${vsn}`, 5], ["INSERT", `a-${vsn}`, 3], ["DELETE", `b-${vsn}`, undefined]]);
      ok(await ann.client.from("notes").insert({ id: `c-${vsn}`, title: "y" }));
      assert.deepEqual((await made.until(2)).map((c) => [c.eventType, c.new.id, c.new.owner]), [["INSERT", `b-${vsn}`, ann.user.id], ["INSERT", `c-${vsn}`, ann.user.id]]);
    });

    test("a private channel is for those whom its rules let in", async () => {
      const [ann, bob] = [await somebody(vsn), await somebody(vsn)];
      const own = ann.client.channel(`mine:${ann.user.id}`, { config: { private: true, broadcast: { self: true, ack: true } } });
      const heard = notes();
      own.on("broadcast", { event: "note" }, heard.note);
      await joins(own);
      assert.equal(await own.send({ type: "broadcast", event: "note", payload: { n: 1 } }), "ok");
      await heard.until(1);
      const [status, reason] = await subscribed(bob.client.channel(`mine:${ann.user.id}`, { config: { private: true } }));
      assert.equal(status, "CHANNEL_ERROR");
      assert.match(reason, /Unauthorized/);
      const stranger = client(vsn);
      assert.equal((await subscribed(stranger.channel(`mine:${ann.user.id}`, { config: { private: true } })))[0], "CHANNEL_ERROR");
    });

    test("earlier broadcasts are replayed to a private channel that asks for them", async () => {
      const ann = await somebody(vsn);
      const room = ann.client.channel(`room:replay-${vsn}`);
      for (const n of [1, 2, 3]) assert.deepEqual(await room.httpSend("said", { n }), { success: true });
      const late = notes();
      const bob = await somebody(vsn);
      await joins(bob.client.channel(`room:replay-${vsn}`, { config: { private: true, broadcast: { replay: { since: 0, limit: 2 } } } }).on("broadcast", { event: "said" }, late.note));
      assert.deepEqual((await late.until(2)).map((m) => [m.payload.n, m.meta?.replayed]), [[2, true], [3, true]]);
      assert.deepEqual(await room.httpSend("said", { n: 4 }), { success: true });
      const now = (await late.until(3))[2];
      assert.deepEqual([now.payload.n, now.meta?.replayed ?? false], [4, false]);
    });

    test("a refreshed token counts in channels that are open", async () => {
      const ann = await somebody(vsn);
      const team = ann.client.channel(`team:red`, { config: { broadcast: { ack: true } } });
      await joins(team);
      const send = () => team.send({ type: "broadcast", event: "said", payload: {} });
      assert.equal(await send(), "error"); // the rule wants the team
      ok(await client(vsn, serviceKey).auth.admin.updateUserById(ann.user.id, { app_metadata: { team: "red" } }));
      assert.equal(await send(), "error"); // the token says nothing of it yet
      ok(await ann.client.auth.refreshSession());
      await ann.client.realtime.setAuth();
      assert.equal(await send(), "ok");
    });
  });
}

test("bytes are broadcast as bytes, to clients of the second version and over HTTP", async () => {
  const [ann, bob] = [await somebody("2.0.0"), await somebody("2.0.0")];
  const heard = notes();
  const room = ann.client.channel("room:bytes", { config: { broadcast: { ack: true } } });
  await joins(bob.client.channel("room:bytes").on("broadcast", { event: "bytes" }, heard.note));
  await joins(room);
  const bytes = Uint8Array.from({ length: 1000 }, (_, n) => n % 256);
  assert.equal(await room.send({ type: "broadcast", event: "bytes", payload: bytes.buffer }), "ok");
  assert.deepEqual(await room.httpSend("bytes", bytes), { success: true });
  for (const { payload } of await heard.until(2)) assert.deepEqual(new Uint8Array(payload), bytes);
});
