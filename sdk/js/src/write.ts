import { BasaltError, type Answer, type Http } from "./http.js";
import { own, type Fields, type Mutation } from "./local.js";
import type { Signal } from "./platform.js";

/** An id of newID, that no other document has. */
const made = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const holds = (doc: Fields, written: Fields): boolean =>
  Object.entries(written).every(([name, value]) => JSON.stringify(own(doc, name) ?? null) === JSON.stringify(value ?? null));

/** What a write has made that was sent before, without an answer, where a refusal says that it has. */
export async function isMade(http: Http, m: Mutation, error: BasaltError): Promise<Answer | undefined> {
  if (m.op === "delete" && error.code === "not_found") return { status: 204, body: undefined, headers: new Headers() };
  if (m.op === "request") return error.code === "conflict" ? isMadeWhole(http, m) : undefined;
  if ((m.op !== "create" && m.op !== "upload") || error.code !== "conflict" || !error.errors.some((e) => e.field === "id")) return undefined;
  const path = `/v1/db/${encodeURIComponent(m.collection)}/${encodeURIComponent(m.key)}`;
  const found = await http.call(path, { as: m.user, due: "document" }).catch(() => undefined);
  if (made.test(m.key)) return found ?? { status: 201, body: m.body, headers: new Headers() };
  return found && holds(found.body as Fields, m.body ?? {}) ? found : undefined; // the id may be that of another document
}

/** The same for documents that are made all or none: whether the first of them is there. */
async function isMadeWhole(http: Http, m: Mutation): Promise<Answer | undefined> {
  const [first] = m.parts ?? [];
  if (!first || !m.parts!.every((part) => part.op === "create" && made.test(part.key))) return undefined;
  const path = `/v1/db/${encodeURIComponent(m.collection)}/${encodeURIComponent(first.key)}`;
  const found = await http.call(path, { as: m.user, due: "document" }).catch(() => undefined);
  return found && { status: 201, body: { items: m.parts!.map((part) => ({ ...part.body, id: part.key })) }, headers: new Headers() };
}

/** Sends a write to the server, as the user who made it. */
export function sendWrite(http: Http, m: Omit<Mutation, "id">, options: { retries?: number; signal?: Signal } = {}): Promise<Answer> {
  const path = `/v1/db/${encodeURIComponent(m.collection)}`;
  const headers: Record<string, string> = m.ifMatch ? { "If-Match": m.ifMatch } : {};
  const how = { headers, key: m.once, as: m.user, due: "document", ...options } as const;
  if (m.request) {
    const { path: to, ...request } = m.request;
    return http.call(to, { ...how, ...request });
  }
  if (m.op === "create") return http.call(path, { ...how, method: "POST", body: m.body });
  const one = `${path}/${encodeURIComponent(m.key)}`;
  switch (m.op) {
    case "update": return http.call(one, { ...how, method: "PATCH", body: m.body });
    case "replace": return http.call(one, { ...how, method: "PUT", body: m.body });
    case "delete": return http.call(one, { ...how, method: "DELETE", due: "nothing" });
  }
  throw new BasaltError("invalid", `a write of the kind ${m.op} was kept by another version of this client`);
}

/** A new id, whose order is that of time: a UUID of version 7. */
export function newID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = Date.now();
  for (let i = 5; i >= 0; i--, time = Math.floor(time / 256)) bytes[i] = time % 256;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
