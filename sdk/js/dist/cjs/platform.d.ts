/**
 * What the client uses of the platform: the types of the DOM or of Node where the app compiles with those, and no more
 * than what is used of them where it does not.
 */
/** The signal of an AbortController. */
export type Signal = typeof globalThis extends {
    AbortSignal: {
        prototype: infer T;
    };
} ? T : {
    readonly aborted: boolean;
    readonly reason: any;
};
/** An AbortController, and what setTimeout returns. */
export type Controller = typeof globalThis extends {
    AbortController: {
        prototype: infer T;
    };
} ? T : {
    readonly signal: Signal;
    abort(reason?: any): void;
};
export type Timer = typeof globalThis extends {
    setTimeout: (...given: any[]) => infer T;
} ? T : unknown;
export type Fetch = typeof globalThis extends {
    fetch: infer T;
} ? T : (url: any, init?: any) => Promise<any>;
export type Reply = typeof globalThis extends {
    Response: {
        prototype: infer T;
    };
} ? T : {
    readonly ok: boolean;
    readonly status: number;
};
export type HeaderMap = typeof globalThis extends {
    Headers: {
        prototype: infer T;
    };
} ? T : {
    get(name: string): string | null;
};
export type Address = typeof globalThis extends {
    URL: {
        prototype: infer T;
    };
} ? T : {
    href: string;
};
export type Popup = typeof globalThis extends {
    Window: {
        prototype: infer T;
    };
} ? T : {
    readonly closed: boolean;
};
/** The bytes of a file. */
export type FileBytes = typeof globalThis extends {
    Blob: {
        prototype: infer T;
    };
} ? T : {
    readonly size: number;
    readonly type: string;
    text(): Promise<string>;
    arrayBuffer(): Promise<ArrayBuffer>;
};
/** What can be stored as a file: a File or a Blob, bytes, or a string. */
export type Content = FileBytes | ArrayBuffer | Uint8Array | string;
