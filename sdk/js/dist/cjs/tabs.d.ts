import { BasaltError } from "./error.js";
import type { Fields } from "./local.js";
/** An error, as one tab tells another of it. */
type Failure = Pick<BasaltError, "code" | "message" | "status" | "errors" | "retryAfter" | "requestId" | "fromServer">;
/** What one tab tells the others of a file that waits; with the id alone, that the store has it, or has another state of it. */
export interface News {
    id: string;
    /** How many bytes the server has, and why it does not get on. */
    sent?: number;
    error?: Failure;
    /** The document that the server has made of it. */
    made?: Fields | null;
    /** Why it is not sent any more. */
    gone?: Failure;
}
export declare function failure({ code, message, status, errors, retryAfter, requestId, fromServer }: BasaltError): Failure;
export declare function errorOf({ code, message, status, errors, retryAfter, requestId, fromServer }: Failure): BasaltError;
/** The other tabs of a browser that have the same store. There are none where nothing connects them. */
export declare class Tabs {
    private readonly channel;
    constructor(name: string, heard: (news: News) => void);
    tell(news: News): void;
}
export {};
