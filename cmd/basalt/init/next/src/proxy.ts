import { NextResponse, type NextRequest } from "next/server";
import { createServerClient } from "@basalt-dev/client";
import { url } from "./url";

/** Refreshes a session that is about to end, for the page that is asked for and for the browser. */
export async function proxy(request: NextRequest) {
  let response = NextResponse.next({ request });
  const { auth } = createServerClient(url, {
    cookies: {
      getAll: () => request.cookies.getAll(),
      setAll: (all) => {
        for (const { name, value } of all) request.cookies.set(name, value);
        response = NextResponse.next({ request });
        for (const { name, value, options } of all) response.cookies.set(name, value, options);
      },
    },
  });
  await auth.token().catch(() => undefined); // when Basalt is away, the page says so
  return response;
}

export const config = { matcher: "/((?!_next/|.*\\.).*)" };
