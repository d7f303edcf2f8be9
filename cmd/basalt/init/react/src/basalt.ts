import { createClient } from "@basalt-dev/client";
import { dates, type Collections } from "./collections.js";

/** The server is where the page comes from; in development Vite passes its calls on. */
export const { auth, db } = createClient<Collections>(location.origin, { dates });
