import type { Signal } from "./platform.js";
/** Runs f in one tab at a time, where the browser has locks. A signal ends the waiting for the others. */
export declare function exclusive<T>(name: string, f: () => Promise<T>, signal?: Signal): Promise<T>;
