import { BasaltError, type CallOptions, type Http } from "./http.js";
import { passes } from "./error.js";
import type { Content, FileBytes } from "./platform.js";

/** What an upload can be given. N is the type of a document to store. */
export interface UploadOptions<N extends object = Record<string, unknown>> extends CallOptions {
  /** Where the file is among others, such as "trips/sea.png". A small file replaces the one that is there. */
  path?: string;
  /** How the file is called; the name of a File when this is left out. */
  name?: string;
  /** The media type that is declared. The server detects the type from the content. */
  type?: string;
  /** Fields of the document. */
  fields?: Partial<N>;
  /** Called as the file goes, with bytes. */
  onProgress?: (progress: { sent: number; total: number }) => void;
}

/** What a link for one upload is for. */
export interface UploadLinkOptions<N extends object = Record<string, unknown>> extends CallOptions {
  /** How long it is good, such as "15m", up to a week; "1h" by default. */
  expires?: string;
  /** The file whose bytes it replaces; a new file without it. */
  id?: string;
  /** How many bytes the file may have. */
  max?: number;
  /** The media types it may have, such as "image/*". */
  types?: string[];
  /** Of a new file. */
  path?: string;
  name?: string;
  fields?: Partial<N>;
}

/** A picture that the server makes of an image, where the collection has `files: { images: {} }`. */
export interface Picture {
  /** The box that it fits in, in pixels. It is never larger than the image. */
  width?: number;
  height?: number;
  /** Whether all of the image is in the box, or the box is filled and the rest is cut off. "contain" by default. */
  fit?: "contain" | "cover";
  /** "auto" by default: jpeg, or png for what is transparent. */
  format?: "auto" | "jpeg" | "png";
  /** Of jpeg, 1 to 100. */
  quality?: number;
}

/** Files up to this size are sent at once, larger ones in pieces of this size that are sent again when they break off. */
const pieceSize = 5 << 20;
/** How many bytes a slow connection is given a millisecond for. */
const slowest = 16;
/** How often a piece is sent again. */
const tries = 5;

const text = (value: string): string => btoa(Array.from(new TextEncoder().encode(value), (b) => String.fromCharCode(b)).join(""));

/** The address of a file. */
export function fileAddress(collection: string, rest = ""): string {
  return `/v1/files/${encodeURIComponent(collection)}${rest}`;
}

/** The parameters of the address of a picture, with others; empty for none. */
export function pictureQuery(picture: Picture, others: Record<string, string> = {}): string {
  const { width, height, fit, format, quality } = picture;
  const given = Object.entries({ ...others, width, height, fit, format, quality }).filter(([, value]) => value !== undefined);
  return given.length > 0 ? `?${given.map(([name, value]) => `${name}=${encodeURIComponent(value as string)}`).join("&")}` : "";
}

/** Stores a file and returns its document. */
export async function upload<T>(http: Http, collection: string, content: Content, options: UploadOptions): Promise<T> {
  const { signal, path, fields, onProgress } = options;
  const blob = content instanceof Blob ? content : new Blob([content as BlobPart]);
  const name = options.name ?? (content as { name?: string }).name;
  const type = options.type ?? (blob.type || "application/octet-stream");
  const progress = (sent: number): void => onProgress?.({ sent, total: blob.size });
  progress(0);
  if (blob.size > pieceSize) return inPieces(http, collection, blob, { ...options, name, type }, progress);
  const query = { path, name, fields: fields && JSON.stringify(fields) };
  const call = { method: path === undefined ? "POST" : "PUT", query, raw: blob, patience: blob.size / slowest, headers: { "Content-Type": type }, due: "document" as const, signal };
  const { body } = await http.call(fileAddress(collection), call);
  progress(blob.size);
  return body as T;
}

/** Sends a file by tus 1.0. */
async function inPieces<T>(http: Http, collection: string, blob: Blob, options: UploadOptions, progress: (sent: number) => void): Promise<T> {
  const { signal, path, name, type, fields } = options;
  const known = { filename: name, filetype: type, path, fields: fields && JSON.stringify(fields) };
  const metadata = Object.entries(known).filter(([, value]) => value !== undefined).map(([key, value]) => `${key} ${text(value!)}`).join(",");
  const send = async (address: string, method: string, headers: Record<string, string>, raw?: Blob): Promise<Response> => {
    const call = { method, headers: { "Tus-Resumable": "1.0.0", ...headers }, raw, patience: (raw?.size ?? 0) / slowest, signal };
    const { response, deadline } = await http.open(address, call);
    deadline.stop();
    return response;
  };
  const begun = await send(fileAddress(collection, "/tus"), "POST", { "Upload-Length": String(blob.size), "Upload-Metadata": metadata });
  const location = begun.headers.get("Location");
  if (location === null) throw new BasaltError("unavailable", "the answer has no Location: what has answered is not the server", begun.status);
  const upload = fileAddress(collection, `/tus/${location.slice(location.lastIndexOf("/") + 1)}`);
  let offset = 0;
  for (let failed = 0; ; ) {
    try {
      const piece = blob.slice(offset, offset + pieceSize);
      const answer = await send(upload, "PATCH", { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" }, piece);
      offset = Number(answer.headers.get("Upload-Offset"));
      failed = 0;
      progress(offset);
      const id = answer.headers.get("X-Basalt-Document");
      if (id !== null) return (await http.call(`/v1/db/${encodeURIComponent(collection)}/${encodeURIComponent(id)}`, { signal, due: "document" })).body as T;
    } catch (e) {
      if (!(e instanceof BasaltError) || !(passes(e) || e.status === 423 || e.status === 409) || ++failed > tries) throw e;
      await new Promise((done) => setTimeout(done, 200 * 2 ** failed));
      const at = await send(upload, "HEAD", {}).catch((error) => { // the next turn asks again
        if (error instanceof BasaltError && passes(error)) return undefined;
        throw error;
      });
      offset = Number(at?.headers.get("Upload-Offset") ?? offset);
    }
  }
}

/** Gets the bytes of a file, or of a picture of it. */
export async function download(http: Http, collection: string, id: string, options: CallOptions & Picture): Promise<FileBytes> {
  const { response, deadline } = await http.open(fileAddress(collection, `/${encodeURIComponent(id)}${pictureQuery(options)}`), { signal: options.signal });
  try {
    const parts: BlobPart[] = [];
    const reader = response.body?.getReader();
    while (reader) {
      const { done, value } = await deadline.wait(reader.read(), "the file was cut off", response.status);
      if (done) break;
      parts.push(value as BlobPart);
      deadline.restart();
    }
    return new Blob(parts, { type: response.headers.get("Content-Type") ?? "" });
  } finally {
    deadline.stop();
  }
}
