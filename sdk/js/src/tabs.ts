import { BasaltError } from "./error.js";
import type { Fields } from "./local.js";

/** An error, as one tab tells another of it. */
type Failure = Pick<BasaltError, "code" | "message" | "status" | "errors" | "retryAfter" | "requestId" | "fromServer">;

/** What one tab tells the others of a file that waits; with the id alone, that the store has it, or has another state of it. */
export interface News {
  id: string;
  /** How many bytes the server has, and why it does not get on. */
  sent?: number;
  error?: Failure;
  /** The document that the server has made of it. */
  made?: Fields | null;
  /** Why it is not sent any more. */
  gone?: Failure;
}

export function failure({ code, message, status, errors, retryAfter, requestId, fromServer }: BasaltError): Failure {
  return { code, message, status, errors, retryAfter, requestId, fromServer };
}

export function errorOf({ code, message, status, errors, retryAfter, requestId, fromServer }: Failure): BasaltError {
  return Object.assign(new BasaltError(code, message, status, errors, retryAfter, requestId), { fromServer });
}

/** The other tabs of a browser that have the same store. There are none where nothing connects them. */
export class Tabs {
  private readonly channel: BroadcastChannel | undefined;

  constructor(name: string, heard: (news: News) => void) {
    try {
      this.channel = new BroadcastChannel(name);
    } catch {
      return; // no such thing, or a page that may have none
    }
    this.channel.onmessage = ({ data }: MessageEvent<News>) => heard(data);
    (this.channel as { unref?: () => void }).unref?.(); // of Node
  }

  tell(news: News): void {
    try {
      this.channel?.postMessage(news);
    } catch { // what cannot be copied the others ask the server for
      this.channel?.postMessage({ id: news.id });
    }
  }
}
