import { useMemo } from "react";
const nothing = { client: undefined, key: "" };
/** Two queries that ask the same of the same client are one. What is added tells apart what is asked of one query. */
export function useAsked(query, added = "") {
    const client = query?.core;
    const key = query ? query.key + added : "";
    return useMemo(() => (key ? { client, key } : nothing), [client, key]);
}
