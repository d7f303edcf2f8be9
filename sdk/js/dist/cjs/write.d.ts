import { BasaltError, type Answer, type Http } from "./http.js";
import { type Mutation } from "./local.js";
import type { Signal } from "./platform.js";
/** What a write has made that was sent before, without an answer, where a refusal says that it has. */
export declare function isMade(http: Http, m: Mutation, error: BasaltError): Promise<Answer | undefined>;
/** Sends a write to the server, as the user who made it. */
export declare function sendWrite(http: Http, m: Omit<Mutation, "id">, options?: {
    retries?: number;
    signal?: Signal;
}): Promise<Answer>;
/** A new id, whose order is that of time: a UUID of version 7. */
export declare function newID(): string;
