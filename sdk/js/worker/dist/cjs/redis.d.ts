import { type Log, type Transport } from "./transport.js";
/** Connects to the Redis server of a URL. It needs the package redis. */
export declare function connectRedis(url: string, log: Log): Promise<Transport>;
