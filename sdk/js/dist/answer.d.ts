import type { Reply } from "./platform.js";
/**
 * What the right answer to a call is. An HTML page, or JSON of another program, with status 200 (a captive portal, a
 * single-page app's fallback, a sign-in page of a company) is none, and confirms nothing.
 */
export type Due = "object" | "document" | "items" | "results" | "rows" | "count" | "session" | "signup" | "acceptance" | "nothing" | "anything";
/** The value of a JSON text, undefined when it is not JSON. */
export declare function parse(text: string): unknown;
/** The body of an answer that is no error, or the error that it is none of this server. */
export declare function read(response: Reply, text: string, due: Due): unknown;
