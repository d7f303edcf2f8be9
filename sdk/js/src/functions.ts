import { parse } from "./answer.js";
import { BasaltError, type CallOptions, type ErrorCode, type FieldError, type Http } from "./http.js";

function path(name: string): string {
  const dot = name.indexOf(".");
  if (dot < 0) throw new TypeError(`a function is named like billing.charge, not ${name}`);
  return `/v1/fn/${encodeURIComponent(name.slice(0, dot))}/${encodeURIComponent(name.slice(dot + 1))}`;
}

const broken = (text: string): BasaltError => new BasaltError("network", text);

function toError(data: unknown): BasaltError {
  const p = data as { code: ErrorCode; detail: string; status: number; errors?: FieldError[] };
  const error = new BasaltError(p.code, p.detail, p.status, p.errors ?? []);
  error.fromServer = true;
  return error;
}

/** Calls functions of services. */
export class Functions {
  constructor(private readonly http: Http) {}

  /** Calls a function, such as "billing.charge", and resolves with its result. */
  async call<R = unknown>(name: string, params: object = {}, { signal }: CallOptions = {}): Promise<R> {
    return (await this.http.call(path(name), { method: "POST", body: params, due: "anything", signal })).body as R;
  }

  /** Calls a function that sends its result in pieces, and yields them as they come. */
  async *stream<P = unknown>(name: string, params: object = {}, { signal }: CallOptions = {}): AsyncGenerator<P, void, undefined> {
    const headers = { Accept: "text/event-stream" };
    const { response, deadline } = await this.http.open(path(name), { method: "POST", body: params, headers, signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    let event = "";
    try {
      if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) throw broken("what answered is not the server");
      for (;;) {
        deadline.restart(); // what its reader does in between is not waited for
        const { done, value } = await deadline.wait(reader.read(), "the answer was cut off");
        if (done) throw broken("the answer was cut off");
        deadline.pause();
        text += value;
        for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
          const line = text.slice(0, end).replace(/\r$/, "");
          text = text.slice(end + 1);
          if (line.startsWith("event: ")) event = line.slice(7);
          if (!line.startsWith("data: ")) continue;
          if (event === "result") return;
          const data = parse(line.slice(6));
          if (data === undefined) throw broken("a piece of the answer is no JSON");
          if (event === "error") throw toError(data);
          yield data as P;
        }
      }
    } finally {
      deadline.stop();
      await reader.cancel().catch(() => undefined);
    }
  }

  /** Queues an event of the configuration, and resolves with its id. It is delivered at least once, after `delay` seconds. */
  async emit(event: string, data: object = {}, options: CallOptions & { delay?: number } = {}): Promise<string> {
    const { delay, signal } = options;
    const answer = await this.http.call("/v1/events", { method: "POST", body: { event, data, delay }, due: "document", signal });
    return (answer.body as { id: string }).id;
  }
}
