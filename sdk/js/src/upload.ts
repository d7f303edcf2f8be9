import { BasaltError, Http, type CallOptions } from "./http.js";
import { passes } from "./error.js";
import { fileAddress, type UploadOptions } from "./files.js";
import { indexed, remembered, type Indexed } from "./indexed.js";
import type { Pause } from "./pause.js";
import type { Content, FileBytes, Fetch } from "./platform.js";

/** Files up to this size are sent at once, larger ones in pieces of at most this size. */
const largest = 5 << 20;
/** Pieces begin with this size, and go on with what the network can carry in a second or so. */
const smallest = 256 << 10;
/** No upload has more pieces than this, of the 10000 that the server takes. */
const mostPieces = 4000;
/** How many bytes a slow connection is given a millisecond for. */
const slowest = 16;
/** How often a piece is sent again. */
const tries = 5;
/** How long the server keeps an upload that rests, in milliseconds. */
const kept = 24 * 3600_000;

const text = (value: string): string => btoa(Array.from(new TextEncoder().encode(value), (b) => String.fromCharCode(b)).join(""));

/** An upload in pieces that was begun. */
interface Begun {
  id: string;
  /** Its path on the server. */
  at: string;
  begun: number;
}

/** What an upload is asked for besides what everyone may ask. */
export interface Sending extends UploadOptions {
  /** Whose it is, as in a call. */
  as?: string | null;
  /** Makes a new file, also where a path is taken. */
  create?: boolean;
  /** How often a piece is sent again. */
  tries?: number;
}

/** What has to be known to send bytes. */
interface Target {
  collection: string;
  /** The secret of a link for one upload. */
  link?: string;
  /** The file whose bytes the link replaces. */
  replaces?: string;
}

export const bytesOf = (content: Content): FileBytes => (content instanceof Blob ? content : new Blob([content as BlobPart]));

/** Sends files, and remembers those that go in pieces, so that they go on where they were. */
export class Uploads {
  private readonly begun: Indexed<Begun>;
  /** For when the browser forbids the other. */
  private readonly spare = remembered<Begun>();

  constructor(private readonly http: Http, name: string) {
    this.begun = indexed<Begun>(`basalt.uploads:${name}`, "begun") ?? this.spare;
  }

  /** Stores a file and returns its document. */
  async send<T>(collection: string, content: Content, options: Sending): Promise<T> {
    const { id, doc } = await this.bytes({ collection }, content, options);
    if (doc) return doc as T;
    const { signal, as } = options;
    return (await this.http.call(`/v1/db/${encodeURIComponent(collection)}/${encodeURIComponent(id)}`, { signal, as, due: "document" })).body as T;
  }

  /** Sends a file. The document is there where the server has answered with it. */
  async bytes(target: Target, content: Content, options: Sending): Promise<{ id: string; doc?: { id: string } }> {
    const blob = bytesOf(content);
    const name = options.name ?? (content as { name?: string }).name;
    const given = { ...options, name, type: options.type ?? (blob.type || "application/octet-stream") };
    options.onProgress?.({ sent: 0, total: blob.size });
    await options.pause?.over(options.signal);
    if (blob.size > largest) return { id: await this.inPieces(target, content, blob, given) };
    const { link, replaces } = target;
    const { path, fields, signal, as } = given;
    const query = link === undefined ? { path, name, fields: fields && JSON.stringify(fields) } : { upload: link, name };
    const replacing = replaces !== undefined || (link === undefined && path !== undefined && !options.create);
    const { body } = await this.http.call(fileAddress(target.collection, replaces === undefined ? "" : `/${encodeURIComponent(replaces)}`), {
      method: replacing ? "PUT" : "POST", query, raw: blob, patience: blob.size / slowest, headers: { "Content-Type": given.type }, due: "document", signal, as, anonymous: link !== undefined,
    });
    options.onProgress?.({ sent: blob.size, total: blob.size });
    const doc = body as { id: string };
    return { id: doc.id, doc };
  }

  /** Gives up an upload in pieces, whose call has ended: the server removes what it has of it. */
  async cancel(collection: string, content: Content, options: Sending): Promise<void> {
    const key = await this.key({ collection }, content, options);
    const begun = key && (await this.recall(key));
    if (!begun) return;
    await this.forget(key);
    const { deadline } = await this.http.open(begun.at, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0" }, signal: options.signal, as: options.as }).catch((error) => {
      if (error instanceof BasaltError && error.code === "not_found") return { deadline: undefined };
      throw error;
    });
    deadline?.stop();
  }

  /** Names an upload, undefined where nothing tells it from others. */
  private async key(target: Target, content: Content, { resume, name, path, fields, as }: Sending): Promise<string | undefined> {
    const file = content as { name?: string; type?: string; lastModified?: number };
    if (resume === undefined && typeof file.lastModified !== "number") return undefined;
    const user = target.link ?? (as === undefined ? await this.http.authorizer?.caller() : as);
    const called = resume ?? [name ?? file.name, file.type, file.lastModified, path, fields];
    return JSON.stringify([this.http.server, target.collection, user, bytesOf(content).size, called]);
  }

  private async recall(key: string): Promise<Begun | undefined> {
    const found = await this.begun.get(key).catch(() => this.spare.get(key));
    return found && found.begun > Date.now() - kept ? found : undefined;
  }

  private async remember(record: Begun): Promise<void> {
    await this.begun.put(record).catch(() => this.spare.put(record));
    const old = (await this.begun.all().catch(() => [])).filter((b) => b.begun <= Date.now() - kept);
    await Promise.all(old.map((b) => this.begun.remove(b.id).catch(() => undefined)));
  }

  private async forget(key: string): Promise<void> {
    await Promise.all([this.begun, this.spare].map((store) => store.remove(key).catch(() => undefined)));
  }

  /** Sends a file by tus 1.0, and returns the id of its document. */
  private async inPieces(target: Target, content: Content, blob: FileBytes, options: Sending & { type: string }): Promise<string> {
    const { signal, as, path, name, type, fields, onProgress, pause } = options;
    const { link } = target;
    const query = link === undefined ? undefined : { upload: link };
    const send = async (address: string, method: string, headers: Record<string, string>, raw?: FileBytes, signal = options.signal) => {
      const call = { method, query, headers: { "Tus-Resumable": "1.0.0", ...headers }, raw, patience: (raw?.size ?? 0) / slowest, signal, as, anonymous: link !== undefined };
      const { response, deadline } = await this.http.open(address, call);
      deadline.stop();
      return response.headers;
    };
    const key = await this.key(target, content, options);
    let at = key && (await this.recall(key))?.at;
    let offset = 0;
    const recalled = at !== undefined;
    let unsure = recalled; // of the offset
    if (at === undefined) {
      const known = { filename: name, filetype: type, ...(link === undefined ? { path, fields: fields && JSON.stringify(fields) } : {}) };
      const metadata = Object.entries(known).filter(([, value]) => value !== undefined).map(([n, value]) => `${n} ${text(value!)}`).join(",");
      const location = (await send(fileAddress(target.collection, "/tus"), "POST", { "Upload-Length": String(blob.size), "Upload-Metadata": metadata })).get("Location");
      const id = location && /\/tus\/([^/?#]+)/.exec(location)?.[1];
      if (!id) throw new BasaltError("unavailable", "the answer has no Location: what has answered is not the server");
      at = fileAddress(target.collection, `/tus/${id}`);
      if (key) await this.remember({ id: key, at, begun: Date.now() });
    }
    const least = Math.max(smallest, Math.ceil(blob.size / mostPieces));
    let size = least;
    for (let failed = 0; ; ) {
      await pause?.over(signal);
      const one = pausing(pause, signal);
      try {
        const begun = Date.now();
        const piece = blob.slice(offset, offset + size);
        const headers = unsure
          ? await send(at, "HEAD", {})
          : await send(at, "PATCH", { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" }, piece, one.signal);
        const took = Date.now() - begun;
        if (!unsure) size = took < 500 ? Math.min(2 * size, Math.max(largest, least)) : took > 2000 ? Math.max(size / 2, least) : size;
        offset = Number(headers.get("Upload-Offset"));
        unsure = false;
        failed = 0;
        onProgress?.({ sent: offset, total: blob.size });
        const id = headers.get("X-Basalt-Document");
        if (id !== null) {
          if (key) await this.forget(key);
          return id;
        }
      } catch (e) {
        const error = e as BasaltError;
        if (error.code === "not_found" && recalled && unsure && key && offset === 0) { // it has expired since the call before
          await this.forget(key);
          return this.inPieces(target, content, blob, options);
        }
        if (error.code === "aborted" && !signal?.aborted && one.signal?.aborted) { // it was paused
          unsure = true;
          continue;
        }
        const again = passes(error) || error.status === 423 || (error.status === 409 && !error.errors?.length); // of the offset, and not of the document
        if (!(error instanceof BasaltError) || (error.code !== "aborted" && !again && !waits(error))) {
          if (key) await this.forget(key);
          throw e;
        }
        if (!again || ++failed > (options.tries ?? tries)) throw e;
        await wait(200 * 2 ** failed, signal);
        unsure = true;
        size = least;
      } finally {
        one.end();
      }
    }
  }
}

/** Whether an upload that ends with an error is still there for the next call. */
const waits = (e: BasaltError): boolean => !e.fromServer || e.code === "unauthenticated" || e.code === "rate_limited" || e.code === "internal";

/** A signal that ends, too, when a pause begins. */
function pausing(pause: Pause | undefined, signal: CallOptions["signal"]): { signal: CallOptions["signal"]; end(): void } {
  if (!pause) return { signal, end: () => undefined };
  const either = new AbortController();
  const abort = (): void => either.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  const forget = pause.onChange(abort);
  return { signal: either.signal, end: () => { forget(); signal?.removeEventListener("abort", abort); } };
}

const wait = (ms: number, signal?: CallOptions["signal"]): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", () => { clearTimeout(timer); done(); }, { once: true });
  });

/** What is known of a file to whoever has sent it by a link. */
export interface Receipt {
  id: string;
  size: number;
}

/**
 * Sends a file by a link for one upload, without a token, from wherever the link is: the same as Collection.upload, in pieces
 * where it is large.
 */
export async function uploadByLink(
  url: string, file: Content, options: Pick<UploadOptions, "name" | "type" | "onProgress" | "resume" | "pause" | "signal"> & { fetch?: Fetch; timeout?: number } = {},
): Promise<Receipt> {
  const parts = /^(.*)\/v1\/files\/([^/?#]+)(?:\/([^/?#]+))?\?(?:.*&)?upload=([^&#]+)/.exec(new URL(url, globalThis.location?.href).href);
  if (!parts) throw new BasaltError("invalid", "this is not a link for an upload, as Collection.uploadLink makes them");
  const { fetch: fetcher = fetch, timeout = 15_000, ...rest } = options;
  const [, server, collection, replaces, link] = parts.map((part) => part && decodeURIComponent(part)) as [string, string, string, string | undefined, string];
  const { id } = await new Uploads(new Http(parts[1]!, fetcher, timeout), server).bytes({ collection, link, replaces }, file, rest);
  return { id, size: bytesOf(file).size };
}
