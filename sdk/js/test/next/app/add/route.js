import { cookies } from "next/headers";
import { createServerClient } from "@basalt-dev/client";

export async function POST(request) {
  const store = await cookies();
  const { db } = createServerClient(process.env.BASALT_URL, {
    cookies: { getAll: () => store.getAll(), setAll: (all) => all.forEach(({ name, value, options }) => store.set(name, value, options)) },
  });
  return Response.json(await db.collection("todos").add({ title: await request.text() }));
}
