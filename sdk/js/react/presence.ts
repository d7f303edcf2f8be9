import { useEffect, useMemo, useRef, useState } from "react";
import type { BasaltError, Channel, ChannelMessage, Member } from "@basalt-dev/client";

export interface Presence<T, S> {
  members: Member<S>[];
  /** The newest messages, those of before among them; at most `keep`. */
  messages: ChannelMessage<T>[];
  error?: BasaltError;
  /** Changes what others see of the caller. */
  update(state: S): Promise<void>;
  publish(data: T): Promise<void>;
}

/** Who is in a channel, and what is said there, while the component is shown. With a state the caller is there, too. */
export function usePresence<T = unknown, S = unknown>(channel: Channel<T, S>, state?: S, options: { keep?: number } = {}): Presence<T, S> {
  const keep = options.keep ?? 100;
  const [members, setMembers] = useState<Member<S>[]>([]);
  const [messages, setMessages] = useState<ChannelMessage<T>[]>([]);
  const [error, setError] = useState<BasaltError>();
  const latest = useRef({ channel, state });
  latest.current = { channel, state };
  const joined = useRef<{ leave(): void; update(state: S): Promise<void> } | null>(null);
  const { name } = channel;
  const client = (channel as unknown as { realtime: unknown }).realtime;
  useEffect(() => {
    setMessages([]);
    setError(undefined);
    const own = latest.current.channel.join(
      { message: (m) => setMessages((all) => [...all, m].slice(-keep)), presence: setMembers, error: setError },
      latest.current.state,
    );
    joined.current = own;
    return () => {
      joined.current = null;
      own.leave();
      setMembers([]);
    };
  }, [client, name, keep]);
  const actions = useMemo(() => ({
    update: async (next: S) => joined.current?.update(next),
    publish: (data: T) => latest.current.channel.publish(data),
  }), []);
  return { members, messages, error, ...actions };
}
