// Stores and reads files of a real server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "../dist/basalt.js";
import { startServer } from "./server.js";

let server;
before(async () => {
  server = await startServer();
});
after(async () => {
  assert.equal(await server.stop(), 0, "the server shuts down cleanly");
});

let people = 0;
async function person(options) {
  const client = createClient(server.url, options);
  await client.auth.signUp(`files${++people}@example.com`, "correct horse");
  return client.db.collection("pictures");
}

test("upload, url, download and link", async () => {
  const pictures = await person();
  const seen = [];
  const fields = { alt: "ünï \"q\"", stars: 3 };
  const doc = await pictures.upload("a text", { path: "d/ä.txt", fields, onProgress: (p) => seen.push(p) });
  assert.deepEqual([doc.name, doc.path, doc.alt, doc.stars, doc.size], ["ä.txt", "d/ä.txt", fields.alt, 3, 6]);
  assert.deepEqual(seen, [{ sent: 0, total: 6 }, { sent: 6, total: 6 }]);
  const again = await pictures.upload(new Uint8Array([1, 2, 3]), { path: "d/ä.txt" });
  assert.deepEqual([again.id, again.size], [doc.id, 3]);
  assert.deepEqual([...new Uint8Array(await (await pictures.download(doc.id)).arrayBuffer())], [1, 2, 3]);
  assert.equal(pictures.url(doc.id, { download: "x y.txt" }), `${server.url}/v1/files/pictures/${doc.id}?download=x%20y.txt`);
  assert.equal(pictures.url(doc.id, { width: 20, height: 10, fit: "cover" }), `${server.url}/v1/files/pictures/${doc.id}?width=20&height=10&fit=cover`);
  assert.equal((await fetch(pictures.url(doc.id))).status, 404); // of a caller without a token
  const link = await pictures.link(doc.id, "5m");
  assert.ok(new Date(link.expires) > new Date());
  assert.equal((await (await fetch(link.url)).arrayBuffer()).byteLength, 3);
  const up = await pictures.uploadLink({ max: 10, path: "in/a.txt", fields: { alt: "by link" } });
  const over = await pictures.uploadLink({ id: doc.id, expires: "5m" });
  const gone = await pictures.uploadLink();
  await pictures.revokeUploadLink(gone.id);
  const sent = async (url) => (await fetch(url, { method: "PUT", body: "by link" })).status;
  assert.deepEqual([await sent(up.url), await sent(up.url), await sent(over.url), await sent(gone.url)], [201, 403, 200, 403]);
  const revoked = await pictures.link(doc.id);
  await pictures.revokeLinks(doc.id);
  assert.equal((await fetch(revoked.url)).status, 403);
  const named = await pictures.upload(new File(["x"], "of a file.txt", { type: "text/markdown" }));
  assert.deepEqual([named.name, named.type], ["of a file.txt", "text/markdown"]);
  await assert.rejects((await person()).download(doc.id), { code: "not_found" });
  await assert.rejects(pictures.upload("x", { path: "../x" }), { code: "invalid" });
});

test("pictures of an image", async () => {
  const pictures = await person();
  const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  const doc = await pictures.upload(pixel, { name: "pixel.png" });
  assert.equal((await pictures.download(doc.id, { width: 1, format: "jpeg" })).type, "image/jpeg");
  const link = await pictures.link(doc.id, "5m", { width: 1, format: "jpeg" });
  assert.equal((await fetch(link.url)).headers.get("content-type"), "image/jpeg");
  assert.equal((await fetch(link.url.replace("width=1", "width=2"))).status, 403);
});

test("a large file goes in pieces, and on where it broke off", async () => {
  let pieces = 0;
  const breaking = async (url, init) => {
    if (init.method === "PATCH" && ++pieces === 2) throw new TypeError("the network is gone");
    const answer = await fetch(url, init);
    if (init.method === "PATCH" && pieces === 4) {
      pieces++;
      throw new TypeError("the answer is lost"); // and the piece is there
    }
    return answer;
  };
  const pictures = await person({ fetch: breaking });
  const content = new Uint8Array(12 << 20).map((_, i) => i % 251);
  const seen = [];
  const doc = await pictures.upload(content, { name: "large.bin", fields: { alt: "large" }, onProgress: ({ sent }) => seen.push(sent) });
  assert.deepEqual([doc.size, doc.name, doc.alt], [content.length, "large.bin", "large"]);
  assert.ok(pieces > 3, `${pieces} pieces`);
  assert.deepEqual([seen[0], seen.at(-1)], [0, content.length]);
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  const back = new Uint8Array(await (await pictures.download(doc.id)).arrayBuffer());
  assert.deepEqual(Buffer.compare(back, content), 0);
});

test("an upload that is given up", async () => {
  const pictures = await person();
  const stop = new AbortController();
  const sending = pictures.upload(new Uint8Array(12 << 20), { signal: stop.signal, onProgress: ({ sent }) => sent > 0 && stop.abort() });
  await assert.rejects(sending, { code: "aborted" });
  assert.equal((await pictures.get()).items.length, 0);
});
