/**
 * Live queries, calls and sessions as stores: for Svelte as they are, and for the bindings of any other framework.
 *
 *     const todos = liveQuery(db.collection("todos").where("done", "==", false));
 *     const end = todos.subscribe(({ docs, loading, error }) => show(docs));
 */
export { type Store } from "./store.js";
export { infiniteQuery, liveAggregate, liveDoc, liveQuery, type AggregateState, type DocState, type InfiniteState, type QueryState, } from "./live.js";
export { mutation, uploads, type MutationState, type UploadState } from "./actions.js";
export { presence, type Presence } from "./presence.js";
export { currentUser, waitingWrites, type OutboxState, type UserState } from "./session.js";
