// What tus-js-client and Uppy do with a server, in Node and in a browser: as they are.
import Uppy from "@uppy/core";
import Tus from "@uppy/tus";
import * as tus from "tus-js-client";

export const content = new Uint8Array(1 << 20).map((_, i) => (i * 7 + (i >> 8)) % 251);
const chunkSize = 128 << 10;

export function check(holds, what) {
  if (!holds) throw new Error(what);
}

/** What makes the file that is sent, and keeps where its upload is. */
export function steps({ url, token, link, replacing, document: replaced, file, storage, stream }) {
  const headers = { Authorization: `Bearer ${token}` };
  const native = { endpoint: `${url}/v1/files/photos/tus`, headers, chunkSize, ...(storage && { urlStorage: storage }), retryDelays: [0, 100, 300, 900, 2700] };

  /** Sends a file with tus-js-client, and stops it once where that is asked. */
  const send = (what, options, { stop, source = file } = {}) =>
    new Promise((resolve, reject) => {
      let document, offsets = [], stopped = false;
      const upload = new tus.Upload(source, {
        ...native, ...options,
        onError: (error) => reject(new Error(`${what}: ${error.message}`)),
        onSuccess: () => resolve({ document, offsets, url: upload.url }),
        onAfterResponse: (_, response) => { document = response.getHeader("X-Basalt-Document") ?? document; },
        onBeforeRequest: (request) => { if (request.getMethod() === "PATCH") offsets.push(Number(request.getHeader("Upload-Offset"))); },
        onChunkComplete: () => {
          if (!stop || stopped || offsets.length < 3) return;
          stopped = true;
          upload.abort().then(() => stop(upload, offsets), reject);
        },
      });
      upload.start();
    });

  const read = async (document, options = {}) => {
    const answer = await fetch(`${url}/v1/files/photos/${document}`, { headers, ...options });
    return new Uint8Array(await answer.arrayBuffer());
  };
  const same = (bytes) => bytes.length === content.length && bytes.every((b, i) => b === content[i]);
  const docOf = async (document) => (await fetch(`${url}/v1/db/photos/${document}`, { headers })).json();

  return {
    "tus-js-client: a file with its metadata": async () => {
      const { document, offsets } = await send("whole", { metadata: { filename: "ä.bin", filetype: "application/x-sea", path: "in/ä.bin", fields: JSON.stringify({ alt: "the sea" }) } });
      check(offsets.length === content.length / chunkSize, `${offsets.length} pieces`);
      const doc = await docOf(document);
      check(doc.name === "ä.bin" && doc.path === "in/ä.bin" && doc.alt === "the sea" && doc.size === content.length, JSON.stringify(doc));
      check(same(await read(document)), "other bytes");
    },
    "tus-js-client: paused, and resumed from what was remembered": async () => {
      let before;
      const { document, offsets } = await send("paused", {
        metadata: { filename: "paused.bin" },
      }, {
        stop: async (upload, sent) => {
          before = sent.length;
          const again = new tus.Upload(file, { ...native, metadata: { filename: "paused.bin" } });
          const found = await again.findPreviousUploads();
          check(found.length > 0, "the upload was not remembered");
          check(found.some((f) => f.uploadUrl === upload.url), "another upload was remembered");
          upload.resumeFromPreviousUpload(found.find((f) => f.uploadUrl === upload.url));
          upload.start();
        },
      });
      check(offsets.slice(before).every((n) => n > 0), `begun anew: ${offsets}`);
      check(same(await read(document)), "other bytes");
    },
    "tus-js-client: several at once become one file": async () => {
      const { url: at } = await send("parallel", { parallelUploads: 3, metadata: { filename: "parallel.bin", fields: JSON.stringify({ alt: "of three" }) } });
      const head = await fetch(at, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
      const doc = await docOf(head.headers.get("X-Basalt-Document"));
      check(doc.alt === "of three" && doc.name === "parallel.bin", JSON.stringify(doc));
      check(same(await read(doc.id)), "other bytes");
    },
    "tus-js-client: a length that follows": async () => {
      const { document } = await send("deferred", { uploadLengthDeferred: true, metadata: { filename: "deferred.bin" } }, { source: stream() });
      check(same(await read(document)), "other bytes");
    },
    "tus-js-client: given up, and ended at the server": async () => {
      let at;
      await new Promise((resolve, reject) => {
        send("ended", { metadata: { filename: "ended.bin" } }, { stop: (upload) => { at = upload.url; upload.abort(true).then(resolve, reject); } }).catch(reject);
      });
      const answer = await fetch(at, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
      check(answer.status === 404, `it answers ${answer.status}`);
    },
    "tus-js-client: a link for a new file, and for other bytes": async () => {
      const by = (secret) => `${url}/v1/files/photos/tus?upload=${secret}`;
      const { document } = await send("link", { endpoint: by(link), headers: {}, metadata: { filename: "by link.bin" } });
      check((await docOf(document)).alt === "by link" && same(await read(document)), "not what the link says");
      const again = await send("replaces", { endpoint: by(replacing), headers: {}, metadata: {} });
      check(again.document === replaced && same(await read(replaced)), "not the file that the link is for");
      const refused = await send("used", { endpoint: by(link), headers: {}, retryDelays: null }).catch((error) => error);
      check(/403/.test(refused.message), `a link that was used: ${refused.message}`);
    },
    "tus-js-client: Supabase's address": async () => {
      const supabase = { endpoint: `${url}/storage/v1/upload/resumable`, headers: { ...headers, apikey: "anon-key-of-the-tests", "x-upsert": "true" }, uploadDataDuringCreation: true, removeFingerprintOnSuccess: true };
      for (let turn = 0; turn < 2; turn++) {
        await send("supabase", { ...supabase, metadata: { bucketName: "files", objectName: "a/sea.bin", contentType: "application/x-sea", cacheControl: "3600" } });
        const answer = await fetch(`${url}/storage/v1/object/files/a/sea.bin`, { headers: { ...headers, apikey: "anon-key-of-the-tests" } });
        check(answer.ok && same(new Uint8Array(await answer.arrayBuffer())), `it answers ${answer.status}`);
      }
    },
    "Uppy: paused and resumed": async () => {
      const uppy = new Uppy({ autoProceed: false }).use(Tus, { endpoint: native.endpoint, headers, chunkSize, retryDelays: native.retryDelays });
      const id = uppy.addFile({ name: "uppy.bin", type: "application/octet-stream", data: new Blob([content]), meta: { fields: JSON.stringify({ alt: "of Uppy" }) } });
      let paused = 0;
      uppy.on("upload-progress", (_, { bytesUploaded }) => {
        if (paused > 0 || bytesUploaded < content.length / 3) return;
        paused = bytesUploaded;
        uppy.pauseResume(id);
        setTimeout(() => uppy.pauseResume(id), 50);
      });
      const { successful, failed } = await uppy.upload();
      check(failed.length === 0 && successful.length === 1 && paused > 0 && paused < content.length, JSON.stringify([paused, failed.map((f) => f.error)]));
      const head = await fetch(successful[0].uploadURL, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
      const doc = await docOf(head.headers.get("X-Basalt-Document"));
      check(doc.alt === "of Uppy" && doc.name === "uppy.bin" && same(await read(doc.id)), JSON.stringify(doc));
    },
    "Uppy: several files, one of which is refused": async () => {
      const uppy = new Uppy().use(Tus, { endpoint: native.endpoint, headers, chunkSize, limit: 2, retryDelays: [] });
      for (const name of ["one.bin", "two.bin", "never.bin"]) {
        uppy.addFile({ name, type: "application/octet-stream", data: new Blob([content.slice(0, 500_000)]), meta: { fields: JSON.stringify({ alt: name === "never.bin" ? "never" : name }) } });
      }
      const { successful, failed } = await uppy.upload();
      check(successful.length === 2 && failed.length === 1 && failed[0].name === "never.bin", JSON.stringify([successful.length, failed.map((f) => f.name)]));
    },
  };
}

/** Runs all, and returns what has failed. */
export async function run(given, skip = []) {
  const wrong = [];
  for (const [what, step] of Object.entries(steps(given))) {
    if (skip.some((name) => what.startsWith(name))) continue;
    await step().catch((error) => wrong.push(`${what}: ${error.message}`));
  }
  return wrong.join("\n") || "ok";
}

/** Sends a file that is not done when half of it is there: whoever has called says when the server or the network was gone. */
export function interrupted({ url, token, file, half }) {
  return new Promise((resolve) => {
    const offsets = [];
    let told = false;
    const upload = new tus.Upload(file, {
      endpoint: `${url}/v1/files/photos/tus`, headers: { Authorization: `Bearer ${token}` }, chunkSize: 64 << 10,
      retryDelays: [100, 300, 500, 1000, 1000, 1000, 1000, 1000, 1000, 1000], metadata: { filename: "interrupted.bin" }, storeFingerprintForResuming: false,
      onShouldRetry: () => true,
      onBeforeRequest: (request) => void (request.getMethod() === "PATCH" && offsets.push(Number(request.getHeader("Upload-Offset")))),
      onChunkComplete: async (_, sent) => {
        if (told || sent < content.length / 2) return;
        told = true;
        upload.abort(); // until the other side is gone
        await half(sent);
        upload.start();
      },
      onError: (error) => resolve(`failed: ${error.message}`),
      onSuccess: () => resolve(offsets.filter((n) => n === 0).length === 1 ? "ok" : `begun anew: ${offsets}`),
    });
    upload.start();
  });
}
