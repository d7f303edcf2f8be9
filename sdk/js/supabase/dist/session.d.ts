import type { SupabaseClient } from "@supabase/supabase-js";
import { type TokenSource } from "@basalt-dev/client";
/** The session of supabase-js as a source of tokens. It refreshes them long before Basalt's client would ask for it. */
export declare function sessionOf(auth: SupabaseClient["auth"]): TokenSource;
