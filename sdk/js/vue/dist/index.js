/**
 * Vue composables for Basalt.
 *
 *     const { docs, loading, error } = useQuery(() => db.collection("todos").where("done", "==", done.value));
 */
export { useAggregate, useDoc, useInfiniteQuery, useQuery } from "./live.js";
export { useMutation, useUpload } from "./actions.js";
export { useOutbox, usePresence, useUser } from "./session.js";
