import { createBrowserClient } from "@basalt-dev/client";
import { dates, type Collections } from "./collections";
import { url } from "./url";

/** The client of the page. Its session is in cookies, which the server of the page reads, too. */
export const { auth, db } = createBrowserClient<Collections>(url, { dates });
