import { cookies } from "next/headers";
import { createServerClient } from "@basalt-dev/client";
import { dates, type Collections } from "./collections";
import { url } from "./url";

/** A client for the request that is answered now: it acts as the user whose cookies came with it. */
export async function basalt() {
  const store = await cookies();
  // A Server Component cannot set cookies: there is no setAll, and proxy.ts refreshes the session.
  return createServerClient<Collections>(url, { dates, cookies: { getAll: () => store.getAll() } });
}
