import type { BasaltError } from "./http.js";
import type { Message, Realtime } from "./realtime.js";

/** A message of a channel. */
export interface ChannelMessage<T = unknown> {
  /** Its id. */
  message: string;
  /** The id of the user who sent it, undefined for an anonymous one. */
  from?: string;
  at: string;
  data: T;
}

/** A member of a channel. A user with two tabs is two members, with two keys. */
export interface Member<S = unknown> {
  key: string;
  user?: string;
  state: S;
}

export interface ChannelListener<T, S> {
  /** A message; history is true for those that were sent before. */
  message?(m: ChannelMessage<T>, history: boolean): void;
  /** Who is present now, at every change. */
  presence?(members: Member<S>[]): void;
  /** The rules do not allow the caller, or no longer. */
  error?(e: BasaltError): void;
}

/** A channel between clients: messages that are not stored, and presence. */
export class Channel<T = unknown, S = unknown> {
  constructor(private readonly realtime: Realtime, readonly name: string) {}

  /** Subscribes, and is present with a state where one is given. Returns a function that leaves, and one that changes the state. */
  join(listener: ChannelListener<T, S>, state?: S): { leave(): void; update(state: S): Promise<void> } {
    const members = new Map<string, Member<S>>();
    const seen = new Set<string>();
    let own = state;
    const tell = (): void => listener.presence?.([...members.values()].sort((a, b) => (a.key < b.key ? -1 : 1)));
    const said = (m: ChannelMessage<T>, history: boolean): void => {
      if (seen.has(m.message)) return;
      seen.add(m.message);
      if (seen.size > 2000) seen.delete(seen.values().next().value!);
      listener.message?.(m, history);
    };
    const leave = this.realtime.subscribe({
      ask: () => ({ channel: this.name, presence: listener.presence !== undefined, state: own }),
      message: (m: Message) => {
        switch (m.event) {
          case "subscribed":
            members.clear();
            for (const p of (m["present"] ?? []) as Member<S>[]) members.set(p.key, p);
            for (const old of m["messages"] as ChannelMessage<T>[]) said(old, true);
            if (listener.presence) tell();
            break;
          case "message":
            said(m as unknown as ChannelMessage<T>, false);
            break;
          case "presence":
            if (m.type === "leave") members.delete(m.key!);
            else members.set(m.key!, { key: m.key!, user: m["user"] as string | undefined, state: m["state"] as S });
            tell();
        }
      },
      refused: (error) => listener.error?.(error),
    });
    return {
      leave,
      update: async (next) => {
        own = next;
        await this.realtime.request({ op: "presence", channel: this.name, state: next });
      },
    };
  }

  /** Sends a message to all who listen, the sender among them. */
  async publish(data: T): Promise<void> {
    await this.realtime.request({ op: "publish", channel: this.name, data });
  }
}
