/**
 * The worker side of services, for Node 20 or later: functions that clients call through Basalt, and that get
 * events; and readers of streams of events. Any number of workers share them.
 *
 *     import { service } from "@basalt-dev/worker";
 *     await service("billing")
 *       .handle("charge", async ({ account, amount }, call) => ({ paid: amount }))
 *       .consume("orders", async ({ doc }, event) => { … })
 *       .listen("nats://127.0.0.1:4222"); // or redis://…; or .handler(secret) for an HTTP server
 *
 * Where the package @opentelemetry/api is installed and set up, each of them is a span of its caller's trace.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { connectNATS } from "./nats.js";
import { connectRedis } from "./redis.js";
import { traced } from "./trace.js";
/** An error that reaches the caller. For any other, the caller gets only that the function failed. */
export class Failure extends Error {
    code;
    errors;
    name = "Failure";
    constructor(code, detail, 
    /** What is wrong with which parameter. */
    errors = []) {
        super(detail);
        this.code = code;
        this.errors = errors;
    }
}
/** Creates a service without functions. */
export function service(name, options = {}) {
    return new Service(name, options);
}
const statuses = {
    invalid: 422, unauthenticated: 401, forbidden: 403, not_found: 404, conflict: 409, precondition_failed: 412, too_large: 413,
    rate_limited: 429, unavailable: 503, timeout: 504,
};
/** How old, or how early, a signed call may be, in seconds. */
const tolerance = 300;
export class Service {
    name;
    options;
    functions = new Map();
    streams = new Map();
    constructor(name, options) {
        this.name = name;
        this.options = options;
    }
    /** Adds a function. */
    handle(name, handler) {
        this.functions.set(name, handler);
        return this;
    }
    /**
     * Adds a handler for the events of a stream, which events of the configuration with `stream` are appended to. The
     * workers of a service share them, beginning with those that are kept already. Only with listen.
     */
    consume(stream, handler) {
        this.streams.set(stream, handler);
        return this;
    }
    /**
     * Answers calls, and reads streams, on the bus of a URL: nats://… needs the package @nats-io/transport-node, and
     * @nats-io/jetstream for streams; redis://… needs redis. What it resolves with stops the worker, after it has
     * finished what it has.
     */
    async listen(url) {
        const transport = await this.connect(url);
        const most = this.options.concurrency ?? 64;
        const stops = [];
        if (this.functions.size > 0) {
            stops.push(await transport.serve(`fn.${this.name}`, most, async (message, answer) => {
                await this.answer(JSON.parse(message), (a) => answer(JSON.stringify(a)));
            }));
        }
        for (const [stream, handler] of this.streams) {
            stops.push(await transport.consume(stream, this.name, most, (entry) => this.handleEvent(stream, entry, handler)));
        }
        return {
            stop: async () => {
                await Promise.all(stops.map((stop) => stop()));
                await transport.close();
            },
        };
    }
    connect(url) {
        const log = (what, error) => this.fail(what, error);
        switch (new URL(url).protocol) {
            case "nats:":
            case "tls:": return connectNATS(url, this.name, log);
            case "redis:":
            case "rediss:": return connectRedis(url, log);
            default: throw new Error("a worker listens on nats://… or redis://…");
        }
    }
    async handleEvent(stream, entry, handler) {
        try {
            const e = JSON.parse(entry.message);
            const event = { id: entry.id, type: e.type, timestamp: new Date(e.timestamp), attempt: entry.attempt };
            await traced(`worker ${this.name} ${e.type}`, e.trace, async () => handler(e.data, event));
        }
        catch (error) {
            this.fail(`an event of the stream ${stream} was not handled; it comes again`, error);
            throw error;
        }
    }
    /** Answers calls over HTTP: a listener for http.createServer. Calls that are not signed with the secret are refused. */
    handler(secret) {
        return (request, response) => void this.serve(secret, request, response).catch((error) => {
            this.fail("answering a call", error);
            response.destroy();
        });
    }
    async serve(secret, request, response) {
        const parts = [];
        for await (const part of request)
            parts.push(part);
        const body = Buffer.concat(parts).toString("utf8");
        const end = (status, type, text) => {
            response.writeHead(status, { "Content-Type": type });
            response.end(text);
        };
        if (!signed(secret, request, body))
            return end(401, "text/plain", "the call is not signed with the secret of this service");
        await this.answer(JSON.parse(body), async (a) => {
            if ("piece" in a) {
                if (!response.headersSent)
                    response.writeHead(200, { "Content-Type": "text/event-stream" });
                response.write(`data: ${JSON.stringify(a.piece)}\n\n`);
            }
            else if (response.headersSent) {
                response.end(a.error ? `event: error\ndata: ${JSON.stringify(a.error)}\n\n` : "");
            }
            else if (a.error) {
                end(statuses[a.error.code] ?? 500, "application/problem+json", JSON.stringify(a.error));
            }
            else {
                end(200, "application/json", JSON.stringify(a.result ?? null));
            }
        });
    }
    fail(what, error) {
        (this.options.log ?? console.error)(`${this.name}: ${what}`, error);
    }
    async answer(m, send) {
        const report = (error) => this.fail("a piece of an answer has no receiver", error);
        const call = { id: m.id, auth: m.auth, key: m.key, deadline: new Date(m.deadline), send: (piece) => void send({ piece }).catch(report) };
        let last;
        try {
            last = await traced(`worker ${this.name}.${m.function}`, m.trace, () => this.run(m, call, send));
        }
        catch (error) {
            if (error instanceof Failure) {
                last = { error: { code: error.code, detail: error.message, errors: error.errors }, done: true };
            }
            else {
                this.fail(`the function ${m.function} has failed`, error);
                last = { error: { code: "internal", detail: "see the log of the worker" }, done: true };
            }
        }
        await send(last);
    }
    async run(m, call, send) {
        const handler = this.functions.get(m.function);
        if (!handler)
            throw new Failure("not_found", `this worker has no function ${m.function}`);
        const result = handler(m.params, call);
        if (!isIterable(result))
            return { result: (await result) ?? null, done: true };
        for await (const piece of result)
            await send({ piece });
        return { done: true };
    }
}
function isIterable(v) {
    return typeof v === "object" && v !== null && Symbol.asyncIterator in v;
}
/** Whether a request is signed as Standard Webhooks says, and from now. */
function signed(secret, request, body) {
    const at = String(request.headers["webhook-timestamp"] ?? "");
    if (!(Math.abs(Date.now() / 1000 - Number(at)) <= tolerance))
        return false;
    const want = Buffer.from(`v1,${createHmac("sha256", secret).update(`${String(request.headers["webhook-id"])}.${at}.${body}`).digest("base64")}`);
    return String(request.headers["webhook-signature"] ?? "").split(" ").some((s) => {
        const got = Buffer.from(s);
        return got.length === want.length && timingSafeEqual(got, want);
    });
}
