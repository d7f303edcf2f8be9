import { cookies } from "next/headers";
import { createServerClient } from "@supabase/ssr";

/** The client of a Server Component or action, as the guide of Supabase writes it. */
export async function createClient() {
  const store = await cookies();
  return createServerClient(process.env.SUPABASE_URL, process.env.SUPABASE_ANON_KEY, {
    cookies: {
      getAll: () => store.getAll(),
      setAll: (all) => {
        try {
          all.forEach(({ name, value, options }) => store.set(name, value, options));
        } catch {
          // A Server Component cannot set cookies: the middleware refreshes the session.
        }
      },
    },
  });
}
