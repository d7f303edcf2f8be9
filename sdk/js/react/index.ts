/**
 * React hooks for Basalt.
 *
 *     const { docs, loading, error } = useQuery(db.collection("todos").where("done", "==", false));
 */
export { useAggregate, useDoc, useInfiniteQuery, useQuery } from "./live.js";
export { useMutation, useUpload } from "./actions.js";
export { usePresence } from "./presence.js";
export { useOutbox, useUser } from "./session.js";
export type {
  AggregateState, DocState, InfiniteState, MutationState, OutboxState, Presence, QueryState, UploadState, UserState,
} from "@basalt-dev/client/stores";
