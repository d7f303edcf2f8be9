type Json = Record<string, unknown>;
/** base64url of random bytes, or of a digest. */
export declare const base64url: (b: Uint8Array) => string;
/** Asks the browser for a new passkey. */
export declare function createPasskey(options: Json): Promise<Json>;
/** Asks the browser to use one. */
export declare function usePasskey(options: Json): Promise<Json>;
export {};
