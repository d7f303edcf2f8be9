import { BasaltError, type Http, type FieldError } from "./http.js";
import type { Address } from "./platform.js";
/** A message of the server. */
export interface Message {
    id: string;
    event: string;
    type?: string;
    key?: string;
    index?: number;
    doc?: unknown;
    items?: unknown[];
    keys?: string[];
    total?: number;
    reset?: boolean;
    resume?: string;
    /** Others follow that belong to the same step. */
    more?: boolean;
    error?: {
        code: BasaltError["code"];
        detail: string;
        status: number;
        errors?: FieldError[];
    };
    [name: string]: unknown;
}
/** What is subscribed to, and the callbacks. */
export interface Subscriber {
    /** The members of the request, made for each connection. */
    ask(): Record<string, unknown>;
    message(m: Message): void;
    /** The server refuses it for good. */
    refused(error: BasaltError): void;
    /** Another user is signed in: what was there for the one before is dropped. */
    reset?(): void;
    /** The connection is there, or not. */
    connected?(is: boolean): void;
}
/** What is used of a WebSocket: that of a browser, of Node, or of the package ws. */
export interface Socket {
    onopen: ((event: any) => void) | null;
    onmessage: ((event: any) => void) | null;
    onclose: ((event: any) => void) | null;
    onerror: ((event: any) => void) | null;
    send(data: string): void;
    close(): void;
}
export type SocketConstructor = new (url: string | Address, protocol: string) => Socket;
/** One WebSocket for all that a client listens to. It is opened when it is needed, and comes back after it was cut. */
export declare class Realtime {
    private readonly http;
    private readonly WebSocket;
    private socket;
    private open;
    private token;
    private readonly subscribers;
    private readonly waiting;
    private readonly retries;
    private next;
    private attempts;
    private timer;
    private pinger;
    private received;
    constructor(http: Http, WebSocket: SocketConstructor | undefined);
    /** Subscribes until the returned function is called. */
    subscribe(subscriber: Subscriber): () => void;
    /** Sends a request, as who is signed in now, and waits for its answer. */
    request(body: Record<string, unknown>): Promise<Message>;
    /** The user has changed: everything is asked again. */
    reconnect(): void;
    private opened;
    private now;
    private connect;
    /** Signs in, and asks for everything. */
    private begin;
    /** Sends the token of now, where there is one that has not been sent. */
    private authenticate;
    private exchange;
    private ask;
    private send;
    private receive;
    /** Asks again after what passes; after a token that has ended, with another one. */
    private failed;
    /** Asks whether the server is there, and sends a new token before the old one ends. */
    private tend;
    /** Forgets a connection, and makes another one after a while that grows. */
    private drop;
    /** Closes a connection that has not been used for a while. */
    private restIfIdle;
}
