/**
 * Vue composables for Basalt.
 *
 *     const { docs, loading, error } = useQuery(() => db.collection("todos").where("done", "==", done.value));
 */
export { useAggregate, useDoc, useInfiniteQuery, useQuery, type AggregateRefs, type DocRefs, type InfiniteRefs, type QueryRefs } from "./live.js";
export { useMutation, useUpload, type MutationRefs, type UploadRefs } from "./actions.js";
export { useOutbox, usePresence, useUser, type OutboxRefs, type PresenceRefs, type UserRefs } from "./session.js";
export type { Given, Refs } from "./shared.js";
