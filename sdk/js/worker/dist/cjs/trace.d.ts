/** Runs f in a span that is part of the trace of its caller, where OpenTelemetry is set up in this process. */
export declare function traced<T>(name: string, parent: string | undefined, f: () => Promise<T>): Promise<T>;
