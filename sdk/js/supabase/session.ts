import type { SupabaseClient } from "@supabase/supabase-js";
import { BasaltError, type TokenSource } from "@basalt-dev/client";

/** The session of supabase-js as a source of tokens. It refreshes them long before Basalt's client would ask for it. */
export function sessionOf(auth: SupabaseClient["auth"]): TokenSource {
  return {
    async get() {
      const { data, error } = await auth.getSession();
      if (error?.name === "AuthRetryableFetchError") throw new BasaltError("network", error.message);
      return data.session?.access_token ?? null;
    },
    onChange(changed) {
      auth.onAuthStateChange((event, session) => {
        // The first one has nobody, too, where a token cannot be refreshed for want of a connection; `get` tells these apart.
        if (event !== "INITIAL_SESSION") changed(session?.access_token ?? null);
      });
    },
  };
}
