/**
 * supabase-js for a server of Basalt, with live queries, and with reads and writes without a connection.
 *
 *     import { createClient } from "@basalt-dev/supabase"; // instead of "@supabase/supabase-js"
 *     const supabase = createClient(url, anonKey, { offline: ["todos"] });
 *     supabase.live("todos", (todos) => todos.where("done", "==", false), (rows) => show(rows));
 */
import { createClient as supabase } from "@supabase/supabase-js";
import { createClient as basalt } from "@basalt-dev/client";
import { Offline } from "./offline.js";
import { sessionOf } from "./session.js";
export * from "@supabase/supabase-js";
export function createClient(url, key, { offline = [], store, ...options } = {}) {
    if (options.accessToken)
        throw new TypeError("accessToken gives supabase-js no session that live queries could follow; take createClient of @supabase/supabase-js, or sign in with supabase.auth");
    const fetcher = options.global?.fetch ?? ((...of) => fetch(...of));
    const kept = offline.length > 0 ? new Offline(url, fetcher, offline) : undefined;
    const keyed = (input, init) => new URL(input).href.includes("/rest/v1/") ? fetcher(input, { ...init, headers: { ...init?.headers, apikey: key } }) : fetcher(input, init);
    const client = supabase(url, key, kept ? { ...options, global: { ...options.global, fetch: kept.fetch } } : options);
    const native = basalt(url, {
        tokens: sessionOf(client.auth), name: options.auth?.storageKey, fetch: keyed, WebSocket: options.realtime?.transport,
        optimistic: kept && { offline: true, store },
    });
    kept?.through(native);
    const live = (table, ...rest) => {
        const [query, callback, failed] = (rest.length === 1 ? [undefined, rest[0]] : rest);
        const all = native.db.collection(table);
        return (query ? query(all) : all).onSnapshot((s) => callback(s.docs, s), failed);
    };
    return Object.assign(client, { live, outbox: native.outbox, basalt: native });
}
