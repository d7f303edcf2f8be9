import { type CallOptions, type Http } from "./http.js";
/** Calls functions of services. */
export declare class Functions {
    private readonly http;
    constructor(http: Http);
    /** Calls a function, such as "billing.charge", and resolves with its result. */
    call<R = unknown>(name: string, params?: object, { signal }?: CallOptions): Promise<R>;
    /** Calls a function that sends its result in pieces, and yields them as they come. */
    stream<P = unknown>(name: string, params?: object, { signal }?: CallOptions): AsyncGenerator<P, void, undefined>;
    /** Queues an event of the configuration, and resolves with its id. It is delivered at least once, after `delay` seconds. */
    emit(event: string, data?: object, options?: CallOptions & {
        delay?: number;
    }): Promise<string>;
}
