import type { CallOptions, Http } from "./http.js";
import type { Pause } from "./pause.js";
import type { FileBytes } from "./platform.js";
/** What an upload can be given. N is the type of a document to store. */
export interface UploadOptions<N extends object = Record<string, unknown>> extends CallOptions {
    /** Where the file is among others, such as "trips/sea.png". A small file replaces the one that is there. */
    path?: string;
    /** How the file is called; the name of a File when this is left out. */
    name?: string;
    /** The media type that is declared. The server detects the type from the content. */
    type?: string;
    /** Fields of the document. */
    fields?: Partial<N>;
    /** Called as the file goes, with bytes. */
    onProgress?: (progress: {
        sent: number;
        total: number;
    }) => void;
    /**
     * Names an upload in pieces, so that the same call goes on where one has broken off or was given up. A File needs none: it
     * is known by its name, type, size and date.
     */
    resume?: string;
    /** Holds the upload while it is paused. */
    pause?: Pause;
}
/** What a link for one upload is for. */
export interface UploadLinkOptions<N extends object = Record<string, unknown>> extends CallOptions {
    /** How long it is good, such as "15m", up to a week; "1h" by default. */
    expires?: string;
    /** The file whose bytes it replaces; a new file without it. */
    id?: string;
    /** How many bytes the file may have. */
    max?: number;
    /** The media types it may have, such as "image/*". */
    types?: string[];
    /** Of a new file. */
    path?: string;
    name?: string;
    fields?: Partial<N>;
}
/** A picture that the server makes of an image, where the collection has `files: { images: {} }`. */
export interface Picture {
    /** The box that it fits in, in pixels. It is never larger than the image. */
    width?: number;
    height?: number;
    /** Whether all of the image is in the box, or the box is filled and the rest is cut off. "contain" by default. */
    fit?: "contain" | "cover";
    /** "auto" by default: jpeg, or png for what is transparent. */
    format?: "auto" | "jpeg" | "png";
    /** Of jpeg, 1 to 100. */
    quality?: number;
}
/** The address of a file. */
export declare function fileAddress(collection: string, rest?: string): string;
/** The parameters of the address of a picture, with others; empty for none. */
export declare function pictureQuery(picture: Picture, others?: Record<string, string>): string;
/** Gets the bytes of a file, or of a picture of it. */
export declare function download(http: Http, collection: string, id: string, options: CallOptions & Picture): Promise<FileBytes>;
