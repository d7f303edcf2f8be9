import { Http } from "./http.js";
import { type UploadOptions } from "./files.js";
import type { Content, FileBytes, Fetch } from "./platform.js";
/** What an upload is asked for besides what everyone may ask. */
export interface Sending extends UploadOptions {
    /** Whose it is, as in a call. */
    as?: string | null;
    /** Makes a new file, also where a path is taken. */
    create?: boolean;
    /** How often a piece is sent again. */
    tries?: number;
}
/** What has to be known to send bytes. */
interface Target {
    collection: string;
    /** The secret of a link for one upload. */
    link?: string;
    /** The file whose bytes the link replaces. */
    replaces?: string;
}
export declare const bytesOf: (content: Content) => FileBytes;
/** Sends files, and remembers those that go in pieces, so that they go on where they were. */
export declare class Uploads {
    private readonly http;
    private readonly begun;
    /** For when the browser forbids the other. */
    private readonly spare;
    constructor(http: Http, name: string);
    /** Stores a file and returns its document. */
    send<T>(collection: string, content: Content, options: Sending): Promise<T>;
    /** Sends a file. The document is there where the server has answered with it. */
    bytes(target: Target, content: Content, options: Sending): Promise<{
        id: string;
        doc?: {
            id: string;
        };
    }>;
    /** Gives up an upload in pieces, whose call has ended: the server removes what it has of it. */
    cancel(collection: string, content: Content, options: Sending): Promise<void>;
    /** Names an upload, undefined where nothing tells it from others. */
    private key;
    private recall;
    private remember;
    private forget;
    /** Sends a file by tus 1.0, and returns the id of its document. */
    private inPieces;
}
/** What is known of a file to whoever has sent it by a link. */
export interface Receipt {
    id: string;
    size: number;
}
/**
 * Sends a file by a link for one upload, without a token, from wherever the link is: the same as Collection.upload, in pieces
 * where it is large.
 */
export declare function uploadByLink(url: string, file: Content, options?: Pick<UploadOptions, "name" | "type" | "onProgress" | "resume" | "pause" | "signal"> & {
    fetch?: Fetch;
    timeout?: number;
}): Promise<Receipt>;
export {};
