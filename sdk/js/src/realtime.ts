import { BasaltError, type Http, type FieldError } from "./http.js";
import type { Address } from "./platform.js";

/** A message of the server. */
export interface Message {
  id: string;
  event: string;
  type?: string;
  key?: string;
  index?: number;
  doc?: unknown;
  items?: unknown[];
  keys?: string[];
  total?: number;
  reset?: boolean;
  resume?: string;
  /** Others follow that belong to the same step. */
  more?: boolean;
  error?: { code: BasaltError["code"]; detail: string; status: number; errors?: FieldError[] };
  [name: string]: unknown;
}

/** What is subscribed to, and the callbacks. */
export interface Subscriber {
  /** The members of the request, made for each connection. */
  ask(): Record<string, unknown>;
  message(m: Message): void;
  /** The server refuses it for good. */
  refused(error: BasaltError): void;
  /** Another user is signed in: what was there for the one before is dropped. */
  reset?(): void;
  /** The connection is there, or not. */
  connected?(is: boolean): void;
}

interface Waiting {
  resolve(m: Message): void;
  reject(error: BasaltError): void;
}

/** What is used of a WebSocket: that of a browser, of Node, or of the package ws. */
export interface Socket {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(): void;
}

export type SocketConstructor = new (url: string | Address, protocol: string) => Socket;

/** Errors that pass, so that asking again helps. */
const passing = new Set(["unavailable", "timeout", "internal", "rate_limited", "network"]);

const pingEvery = 25_000;
const answerWithin = 10_000;
const idleTime = 3_000;

/** The server's reason when it leaves: another node, or it itself, is there in a moment. */
const leaving = 1012;

const toError = (m: Message): BasaltError =>
  new BasaltError(m.error!.code, m.error!.detail, m.error!.status, m.error!.errors ?? []);

/** One WebSocket for all that a client listens to. It is opened when it is needed, and comes back after it was cut. */
export class Realtime {
  private socket: Socket | null = null;
  private open = false;
  private token: string | undefined;
  private readonly subscribers = new Map<string, Subscriber>();
  private readonly waiting = new Map<string, Waiting>();
  private readonly retries = new Map<string, ReturnType<typeof setTimeout>>();
  private next = 0;
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pinger: ReturnType<typeof setInterval> | undefined;
  private received = 0;

  constructor(private readonly http: Http, private readonly WebSocket: SocketConstructor | undefined) {
    globalThis.window?.addEventListener?.("online", () => this.now());
  }

  /** Subscribes until the returned function is called. */
  subscribe(subscriber: Subscriber): () => void {
    const id = `s${++this.next}`;
    this.subscribers.set(id, subscriber);
    if (this.open) this.ask(id, subscriber);
    else this.connect();
    return () => {
      if (!this.subscribers.delete(id)) return;
      clearTimeout(this.retries.get(id));
      if (this.open) this.send({ id, op: "unsubscribe" });
      this.restIfIdle();
    };
  }

  /** Sends a request, as who is signed in now, and waits for its answer. */
  async request(body: Record<string, unknown>): Promise<Message> {
    const id = `r${++this.next}`;
    const { authorizer } = this.http;
    const caller = await authorizer?.caller();
    await this.opened();
    if ((await authorizer?.caller()) !== caller) throw new BasaltError("unauthenticated", "the user who made this call is no longer signed in");
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send({ id, ...body });
    });
  }

  /** The user has changed: everything is asked again. */
  reconnect(): void {
    for (const subscriber of [...this.subscribers.values()]) subscriber.reset?.();
    if (this.socket) this.drop(this.socket, 0);
  }

  private async opened(): Promise<void> {
    this.connect();
    for (let tries = 0; !this.open; tries++) {
      if (tries > 300) throw new BasaltError("network", "the server cannot be reached");
      await new Promise((resolve) => setTimeout(resolve, 50));
      this.connect(); // it may have been dropped meanwhile
    }
  }

  private now(): void {
    if (this.timer === undefined || this.socket) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.connect();
  }

  private connect(): void {
    if (this.socket || this.timer !== undefined) return;
    if (!this.WebSocket) {
      throw new TypeError("there is no WebSocket here; give createClient one, as in createClient(url, { WebSocket }) with that of the package ws");
    }
    const url = this.http.address("/v1/realtime");
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new this.WebSocket(url, "basalt.v1");
    this.socket = socket;
    socket.onopen = () => void this.begin(socket);
    socket.onmessage = (event: { data: unknown }) => this.receive(socket, event.data as string);
    socket.onclose = (event: { code: number }) => this.drop(socket, event.code);
    socket.onerror = () => this.drop(socket, 0);
  }

  /** Signs in, and asks for everything. */
  private async begin(socket: Socket): Promise<void> {
    try {
      this.received = Date.now();
      this.token = undefined;
      await this.authenticate(socket);
      if (this.socket !== socket) return;
    } catch {
      this.drop(socket, 0);
      return;
    }
    this.open = true;
    this.attempts = 0;
    this.pinger = setInterval(() => this.tend(socket), 1000);
    (this.pinger as { unref?: () => void }).unref?.();
    for (const [id, subscriber] of this.subscribers) this.ask(id, subscriber);
    this.restIfIdle();
  }

  /** Sends the token of now, where there is one that has not been sent. */
  private async authenticate(socket: Socket): Promise<void> {
    let token = await this.http.authorizer?.token();
    for (let tries = 0; token && token !== this.token && this.socket === socket && tries < 2; tries++) {
      try {
        await this.exchange(socket, { op: "auth", token });
        this.token = token;
      } catch (error) {
        if (!(error instanceof BasaltError) || error.code !== "unauthenticated") throw error;
        token = await this.http.authorizer?.refused(token);
      }
    }
  }

  private exchange(socket: Socket, body: Record<string, unknown>): Promise<Message> {
    const id = `a${++this.next}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, ...body }));
    });
  }

  private ask(id: string, subscriber: Subscriber): void {
    this.send({ id, op: "subscribe", ...subscriber.ask() });
    subscriber.connected?.(true);
  }

  private send(body: Record<string, unknown>): void {
    this.socket?.send(JSON.stringify(body));
  }

  private receive(socket: Socket, text: string): void {
    if (socket !== this.socket) return;
    this.received = Date.now();
    const m = JSON.parse(text) as Message;
    const waiting = this.waiting.get(m.id);
    if (waiting) {
      this.waiting.delete(m.id);
      if (m.error) waiting.reject(toError(m));
      else waiting.resolve(m);
      return;
    }
    const subscriber = this.subscribers.get(m.id);
    if (!subscriber) return;
    if (m.error) this.failed(m.id, subscriber, toError(m));
    else subscriber.message(m);
  }

  /** Asks again after what passes; after a token that has ended, with another one. */
  private failed(id: string, subscriber: Subscriber, error: BasaltError): void {
    const again = (after: number) => {
      clearTimeout(this.retries.get(id));
      this.retries.set(id, setTimeout(() => {
        this.retries.delete(id);
        if (this.open && this.subscribers.get(id) === subscriber) this.ask(id, subscriber);
      }, after));
    };
    if (passing.has(error.code)) {
      again(500 + Math.random() * 1500);
      return;
    }
    const { socket, token } = this;
    if (error.code === "unauthenticated" && token && socket) {
      void (async () => {
        const other = await this.http.authorizer?.refused(token).catch(() => undefined);
        if (other && other !== token && this.socket === socket) {
          await this.authenticate(socket).catch(() => undefined);
          again(0);
        } else if (this.subscribers.delete(id)) {
          subscriber.refused(error);
        }
      })();
      return;
    }
    this.subscribers.delete(id);
    subscriber.refused(error);
  }

  /** Asks whether the server is there, and sends a new token before the old one ends. */
  private tend(socket: Socket): void {
    const silent = Date.now() - this.received;
    if (silent > pingEvery + answerWithin) {
      this.drop(socket, 0);
      return;
    }
    if (silent > pingEvery) this.send({ id: "ping", op: "ping" });
    if (this.token) void this.authenticate(socket).catch(() => undefined);
  }

  /** Forgets a connection, and makes another one after a while that grows. */
  private drop(socket: Socket, code: number): void {
    if (socket !== this.socket) return;
    this.socket = null;
    this.open = false;
    clearInterval(this.pinger);
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => undefined;
    socket.close();
    for (const waiting of this.waiting.values()) waiting.reject(new BasaltError("network", "the connection was cut"));
    this.waiting.clear();
    for (const subscriber of this.subscribers.values()) subscriber.connected?.(false);
    if (this.subscribers.size === 0) return;
    // The clients of a node that leaves, or of one that has come back, do not come all at once.
    const most = code === leaving ? 500 : Math.min(15_000, 250 * 2 ** this.attempts++);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.subscribers.size > 0) this.connect();
    }, most / 2 + Math.random() * most);
  }

  /** Closes a connection that has not been used for a while. */
  private restIfIdle(): void {
    if (this.subscribers.size > 0) return;
    const timer = setTimeout(() => {
      if (this.subscribers.size === 0 && this.waiting.size === 0 && this.socket) this.drop(this.socket, 0);
    }, idleTime);
    (timer as { unref?: () => void }).unref?.();
  }
}
