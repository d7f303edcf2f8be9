import { BasaltError, type ErrorCode, type FieldError, type Http } from "./http.js";

function path(name: string): string {
  const dot = name.indexOf(".");
  if (dot < 0) throw new TypeError(`a function is named like billing.charge, not ${name}`);
  return `/v1/fn/${encodeURIComponent(name.slice(0, dot))}/${encodeURIComponent(name.slice(dot + 1))}`;
}

/** Calls functions of services. */
export class Functions {
  constructor(private readonly http: Http) {}

  /** Calls a function, such as "billing.charge", and resolves with its result. */
  async call<R = unknown>(name: string, params: object = {}): Promise<R> {
    return (await this.http.call(path(name), { method: "POST", body: params })).body as R;
  }

  /** Calls a function that sends its result in pieces, and yields them as they come. */
  async *stream<P = unknown>(name: string, params: object = {}): AsyncGenerator<P, void, undefined> {
    const response = await this.http.open(path(name), { method: "POST", body: params, headers: { Accept: "text/event-stream" } });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    let event = "";
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) throw new BasaltError("network", "the answer was cut off");
        text += value;
        for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
          const line = text.slice(0, end);
          text = text.slice(end + 1);
          if (line.startsWith("event: ")) event = line.slice(7);
          if (!line.startsWith("data: ")) continue;
          const data: unknown = JSON.parse(line.slice(6));
          if (event === "result") return;
          if (event === "error") {
            const p = data as { code: ErrorCode; detail: string; status: number; errors?: FieldError[] };
            throw new BasaltError(p.code, p.detail, p.status, p.errors ?? []);
          }
          yield data as P;
        }
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  /** Queues an event of the configuration, and resolves with its id. It is delivered at least once, after `delay` seconds. */
  async emit(event: string, data: object = {}, options: { delay?: number } = {}): Promise<string> {
    const answer = await this.http.call("/v1/events", { method: "POST", body: { event, data, delay: options.delay } });
    return (answer.body as { id: string }).id;
  }
}
