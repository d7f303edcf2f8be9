/**
 * The JavaScript client of Basalt, for browsers and Node 20 or later, without dependencies.
 *
 *     import { createClient } from "/v1/sdk.js";
 *     const { auth, db } = createClient(location.origin);
 *     await auth.signIn("ada@example.com", "correct horse");
 *     const { items } = await db.collection("todos").where("done", "==", false).orderBy("created", "desc").get();
 */
import { Auth } from "./auth.js";
import type { TokenStorage } from "./session.js";
import { Database } from "./db.js";
export { Auth, needsSecondFactor, type Arrival, type OpenSession, type Passkey, type Providers, type SignInOptions, } from "./auth.js";
export { type Session, type TokenStorage, type User } from "./session.js";
export { Batch, Collection, Database, DocumentReference, increment, now, pull, push, type Aggregation, type AggregateRow, type Doc, type Expanded, type New, type Operator, type Page, type Patch, type Where, } from "./db.js";
export { BasaltError, type ErrorCode, type FieldError } from "./http.js";
export interface ClientOptions {
    /** Where the session is kept. The default is localStorage in a browser and memory elsewhere. */
    storage?: TokenStorage;
    /** The fetch to use. The default is the global one. */
    fetch?: typeof fetch;
    /** Milliseconds after which a call is given up; 15000 when left out. */
    timeout?: number;
}
export interface Client {
    auth: Auth;
    db: Database;
}
/** Makes a client of the server at a URL, such as "https://api.example.com" or location.origin. */
export declare function createClient(url: string, options?: ClientOptions): Client;
