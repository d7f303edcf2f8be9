/**
 * What the right answer to a call is. A page of html, or JSON of somebody else, with status 200 (a captive portal, a
 * single-page app's fallback, a sign-in page of a company) is none, and confirms nothing.
 */
export type Due = "object" | "document" | "items" | "results" | "count" | "session" | "signup" | "nothing" | "anything";
/** The value of a text of JSON, undefined when it is none. */
export declare function parse(text: string): unknown;
/** The body of an answer that is no error, or the error that it is none of this server. */
export declare function read(response: Response, text: string, due: Due): unknown;
