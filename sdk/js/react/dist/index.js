/**
 * React hooks for Basalt.
 *
 *     const { docs, loading, error } = useQuery(db.collection("todos").where("done", "==", false));
 */
export { useAggregate, useDoc, useInfiniteQuery, useQuery } from "./live.js";
export { useMutation, useUpload } from "./actions.js";
export { usePresence } from "./presence.js";
export { useOutbox, useUser } from "./session.js";
