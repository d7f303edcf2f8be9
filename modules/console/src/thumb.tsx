import { useEffect, useState } from "preact/hooks";
import { client, server, type Collection, type Field, type Row } from "./api.js";

/** How large a picture in a row is, in pixels of the page; style.css has the same. */
const side = 28;
/** How long a row has to be in view before its picture is asked for, in milliseconds. */
const pause = 150;
/** How many pictures are kept, and how many are asked for at once. */
const most = 200;
const together = 4;
/** An original that is no larger, in bytes, stands in where a collection makes no pictures. */
const smallOriginal = 100_000;

/** The pictures of rows, as addresses within the page, by user, file and content; the one that was used last comes last. */
const kept = new Map<string, Promise<string | undefined>>();
const waiting: (() => void)[] = [];
let asking = 0;

export const isImage = (row: Row): boolean => /^image\/(png|jpeg|gif|webp|avif)$/.test(String(row["type"]));

/** The column that has the pictures of a collection of files: the one that names them. */
export const pictured = ({ files, fields }: Collection): Field | undefined => (files ? fields.find((f) => f.name === "name" || f.name === "path") ?? fields[1] : undefined);

/** Gets a file as who is signed in: no link leaves the page. */
export async function bytesOf(path: string): Promise<string> {
  const response = await fetch(server + path, { headers: { Authorization: `Bearer ${(await client.auth.token()) ?? ""}` } });
  if (!response.ok) throw new Error(`${response.status}`);
  return URL.createObjectURL(await response.blob());
}

export const pathOf = (collection: Collection, row: Row): string => `/v1/files/${encodeURIComponent(collection.name)}/${encodeURIComponent(String(row["id"]))}`;

async function ask(collection: Collection, row: Row): Promise<string | undefined> {
  if (asking >= together) await new Promise<void>((go) => waiting.push(go));
  asking++;
  const path = pathOf(collection, row);
  try {
    return await bytesOf(`${path}?width=${2 * side}&height=${2 * side}&fit=cover`).catch(() => (Number(row["size"]) <= smallOriginal ? bytesOf(path) : undefined));
  } catch {
    return undefined;
  } finally {
    asking--;
    waiting.shift()?.();
  }
}

function picture(key: string, collection: Collection, row: Row): Promise<string | undefined> {
  const made = kept.get(key) ?? ask(collection, row);
  kept.delete(key);
  kept.set(key, made);
  for (const [old, url] of kept) {
    if (kept.size <= most) break;
    kept.delete(old);
    void url.then((u) => u && URL.revokeObjectURL(u));
  }
  return made;
}

/** The picture of a file in its row, of one size, so that nothing moves when it comes. */
export function Thumb({ collection, row }: { collection: Collection; row: Row }) {
  const [url, setUrl] = useState<string>();
  const key = `${client.auth.user?.id ?? ""} ${collection.name} ${String(row["id"])} ${String(row["sha256"])}`;
  useEffect(() => {
    let gone = false;
    setUrl(undefined);
    const timer = setTimeout(() => void picture(key, collection, row).then((made) => gone || setUrl(made)), kept.has(key) ? 0 : pause);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [key]);
  return <i class="thumb">{url && <img src={url} alt="" width={side} height={side} decoding="async" />}</i>;
}
