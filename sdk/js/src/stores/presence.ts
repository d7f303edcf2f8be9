import type { Channel, ChannelMessage, Member } from "../channel.js";
import type { BasaltError } from "../error.js";
import { State, type Store } from "./store.js";

export interface Presence<T, S> {
  members: Member<S>[];
  /** The newest messages, with earlier ones; at most `keep`. */
  messages: ChannelMessage<T>[];
  error?: BasaltError;
  /** Changes what others see of the caller. */
  update(state: S): Promise<void>;
  publish(data: T): Promise<void>;
}

/** The members and messages of a channel. With a state the caller is a member, too. */
export function presence<T = unknown, S = unknown>(channel: Channel<T, S>, state?: S, options: { keep?: number } = {}): Store<Presence<T, S>> {
  const keep = options.keep ?? 100;
  let joined: { leave(): void; update(state: S): Promise<void> } | undefined;
  const first: Presence<T, S> = { members: [], messages: [], update: async (next) => joined?.update(next), publish: (data) => channel.publish(data) };
  return new State<Presence<T, S>>(() => first, (set) => {
    let now = first;
    const put = (change: Partial<Presence<T, S>>): void => set((now = { ...now, ...change }));
    joined = channel.join({
      message: (m) => put({ messages: [...now.messages, m].slice(-keep) }),
      presence: (members) => put({ members }),
      error: (error) => put({ error }),
    }, state);
    return () => {
      joined?.leave();
      joined = undefined;
    };
  });
}
