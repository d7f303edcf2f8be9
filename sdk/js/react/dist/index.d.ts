/**
 * React hooks for Basalt.
 *
 *     const { docs, loading, error } = useQuery(db.collection("todos").where("done", "==", false));
 */
export { useAggregate, useDoc, useInfiniteQuery, useQuery, type AggregateState, type DocState, type InfiniteState, type QueryState, } from "./live.js";
export { useMutation, useUpload, type MutationState, type UploadState } from "./actions.js";
export { usePresence, type Presence } from "./presence.js";
export { useOutbox, useUser, type OutboxState, type UserState } from "./session.js";
