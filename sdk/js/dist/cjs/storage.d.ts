/** Keeps the session, as one text. */
export interface TokenStorage {
    get(): string | null | Promise<string | null>;
    set(value: string): void | Promise<void>;
    remove(): void | Promise<void>;
}
/** The localStorage of a browser, where there is one that may be used; memory elsewhere. */
export declare function defaultStorage(key: string): TokenStorage;
export declare function memory(): TokenStorage;
/** The sessionStorage of a browser, which is of one tab, where there is one that may be used. */
export declare function tabStorage(key: string): TokenStorage | undefined;
/**
 * A storage that never fails, and whose writes land in the order in which they were made. What cannot be kept is kept
 * in memory, and nothing older is left behind.
 */
export declare class SafeStorage {
    private readonly storage;
    private writes;
    /** What could not be written. */
    private unwritten;
    constructor(storage: TokenStorage);
    /** The text at once, undefined when that cannot be said: a storage may answer with promises. */
    now(): string | null | undefined;
    /** The text, null when there is none, and undefined when that cannot be said. */
    read(): Promise<string | null | undefined>;
    write(value: string | null): Promise<void>;
}
