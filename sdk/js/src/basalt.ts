/**
 * The JavaScript client of Basalt, for browsers and Node 20 or later, without dependencies.
 *
 *     import { createClient } from "/v1/sdk.js";
 *     const { auth, db } = createClient(location.origin);
 *     await auth.signIn("ada@example.com", "correct horse");
 *     const { items } = await db.collection("todos").where("done", "==", false).orderBy("created", "desc").get();
 */
export { createClient, type Client, type ClientOptions } from "./client.js";
export {
  Auth, needsSecondFactor,
  type Arrival, type Invitation, type InviteOptions, type Membership, type OpenSession, type Passkey, type Providers, type SignInOptions, type SignUpOptions,
} from "./auth.js";
export { type Session, type User } from "./session.js";
export { createBrowserClient, createServerClient, type CookieOptions, type Cookies, type CookieSession } from "./cookies.js";
export { type TokenStorage } from "./storage.js";
export { claimsOf, type TokenSource } from "./given.js";
export { indexed, remembered, type Indexed } from "./indexed.js";
export {
  Batch, Collection, Database, DocumentReference, append, increment, now, prepend, pull, push, removeAt,
  type Aggregation, type AggregateRow, type Atomic, type Dated, type Doc, type Expanded, type Loose, type Model, type New, type Operator, type Page,
  type Patch, type Snippets, type Where,
} from "./db.js";
export { type Times } from "./dates.js";
export { Channel, type ChannelListener, type ChannelMessage, type Member } from "./channel.js";
export { type Picture, type UploadLinkOptions, type UploadOptions } from "./files.js";
export { Pause } from "./pause.js";
export { type Content, type FileBytes } from "./platform.js";
export { Functions } from "./functions.js";
export { type DocChange, type Snapshot } from "./live.js";
export { type Mutation, type Part, type Request } from "./local.js";
export { newID } from "./write.js";
export { randomKey } from "./http.js";
export { Outbox, indexedStore, type OptimisticOptions, type OutboxStore, type Refusal } from "./outbox.js";
export type { WaitingUpload } from "./waiting.js";
export { uploadByLink, type Receipt } from "./upload.js";
export { type Socket, type SocketConstructor } from "./realtime.js";
export { BasaltError, type CallOptions, type ErrorCode, type FieldError } from "./http.js";
