import type { Dates } from "./dates.js";
import type { Http } from "./http.js";
import type { Outbox } from "./outbox.js";
import type { Realtime } from "./realtime.js";
import type { Uploads } from "./upload.js";
/** What collections and documents are asked through. */
export interface Core {
    http: Http;
    realtime: Realtime;
    /** Shows writes before they are confirmed; undefined where they are not. */
    outbox?: Outbox;
    uploads: Uploads;
    /** Makes Dates of times, where the app wants that. */
    dates?: Dates;
}
/** A document as the app wants to read it. */
export declare function dated<D>(core: Core, collection: string, doc: D): D;
