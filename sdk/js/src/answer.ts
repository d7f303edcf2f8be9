import { BasaltError } from "./error.js";
import type { HeaderMap, Reply } from "./platform.js";

/**
 * What the right answer to a call is. An HTML page, or JSON of another program, with status 200 (a captive portal, a
 * single-page app's fallback, a sign-in page of a company) is none, and confirms nothing.
 */
export type Due = "object" | "document" | "items" | "results" | "rows" | "count" | "session" | "signup" | "acceptance" | "nothing" | "anything";

type Member = (object: { [name: string]: unknown }) => boolean;

const session: Member = (o) =>
  typeof o["access_token"] === "string" && typeof o["refresh_token"] === "string" && typeof o["user"] === "object" && o["user"] !== null;

const members: { [due in Due]?: Member } = {
  document: (o) => "id" in o,
  items: (o) => Array.isArray(o["items"]),
  results: (o) => Array.isArray(o["results"]),
  rows: () => false,
  count: (o) => typeof o["count"] === "number",
  session,
  acceptance: (o) => session(o) || o["accepted"] === true,
  signup: (o) => session(o) || typeof o["confirm"] === "string",
};

/** The value of a JSON text, undefined when it is not JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a body is said to be JSON. Without a type, and as plain text, it may be: it was lost on the way. */
function mayBeJSON(headers: HeaderMap, due: Due): boolean {
  const type = (headers.get("Content-Type") ?? "").split(";")[0]!.trim().toLowerCase();
  return type === "application/json" || type.endsWith("+json") || (due !== "anything" && (type === "" || type === "text/plain"));
}

/** The body of an answer that is no error, or the error that it is none of this server. */
export function read(response: Reply, text: string, due: Due): unknown {
  const foreign = (): BasaltError =>
    new BasaltError("unavailable", `what answered with ${response.status} is not the server; is there a sign-in page, or another app, at this address?`, response.status);
  // Of a write that has happened before there may be no rows, but the name under which the server has kept it.
  if (due === "rows" && text === "" && response.headers.get("Idempotency-Key")) return [];
  if (response.status === 204) {
    if (due === "nothing" || due === "anything") return undefined;
    throw foreign();
  }
  const body = due === "nothing" || !mayBeJSON(response.headers, due) ? undefined : parse(text);
  if (body === undefined) throw foreign();
  if (due === "anything" || (due === "rows" && Array.isArray(body))) return body;
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw foreign();
  if (!(members[due]?.(body as { [name: string]: unknown }) ?? true)) throw foreign();
  return body;
}
