import { type Log, type Transport } from "./transport.js";
/** Connects to the NATS servers of a URL. It needs the package @nats-io/transport-node, and for streams @nats-io/jetstream. */
export declare function connectNATS(url: string, name: string, log: Log): Promise<Transport>;
