import { NextResponse } from "next/server";
import { createServerClient } from "@basalt-dev/client";

/** Refreshes the session, for the page that is asked for and for the browser. */
export async function middleware(request) {
  let response = NextResponse.next({ request });
  const { auth } = createServerClient(process.env.BASALT_URL, {
    cookies: {
      getAll: () => request.cookies.getAll(),
      setAll: (all) => {
        for (const { name, value } of all) request.cookies.set(name, value);
        response = NextResponse.next({ request });
        for (const { name, value, options } of all) response.cookies.set(name, value, options);
      },
    },
  });
  await auth.token().catch(() => undefined); // a server that is away is for the page to tell
  return response;
}

export const config = { matcher: "/" };
