import { Member, backoff, fetchTime, handleTime, whileHandled } from "./transport.js";
/** Connects to the NATS servers of a URL. It needs the package @nats-io/transport-node, and for streams @nats-io/jetstream. */
export async function connectNATS(url, name, log) {
    const { connect, nanos } = await import("@nats-io/transport-node");
    const { host, username, password, protocol } = new URL(url);
    const connection = await connect({
        servers: host, user: username || undefined, pass: password || undefined, tls: protocol === "tls:" ? {} : undefined,
        maxReconnectAttempts: -1, name: `basalt worker ${name}`,
    });
    async function serve(subject, most, handle) {
        const subscription = connection.subscribe(`basalt.${subject}`, { queue: "basalt" });
        const member = new Member(most, log);
        const loop = (async () => {
            for await (const m of subscription) {
                await member.room();
                member.begin(() => handle(m.string(), async (text) => void m.respond(text)));
            }
        })();
        await connection.flush();
        return async () => {
            await subscription.drain();
            await loop;
            await member.finished();
        };
    }
    async function consume(stream, group, most, handle) {
        const { AckPolicy, StorageType, jetstream, jetstreamManager } = await import("@nats-io/jetstream");
        const member = new Member(most, log);
        const full = `BASALT_${stream}`;
        let consumer;
        const prepare = async () => {
            const manager = await jetstreamManager(connection);
            await manager.streams.info(full).catch(() => manager.streams.add({
                name: full, description: "messages of Basalt", subjects: [`basalt.stream.${stream}`], storage: StorageType.File,
                max_age: nanos(7 * 24 * 3600_000), duplicate_window: nanos(120_000),
            }));
            await manager.consumers.add(full, { durable_name: group, ack_policy: AckPolicy.Explicit, ack_wait: nanos(handleTime) });
            return jetstream(connection).consumers.get(full, group);
        };
        return member.run(`reading the stream ${stream}`, async (free) => {
            try {
                consumer ??= await prepare();
                for await (const m of await consumer.fetch({ max_messages: free, expires: fetchTime })) {
                    const entry = { id: m.headers?.get("Nats-Msg-Id") ?? "", message: m.string(), attempt: m.info.deliveryCount };
                    member.begin(async () => {
                        try {
                            await whileHandled(() => handle(entry), () => m.working());
                            m.ack();
                        }
                        catch {
                            m.nak(backoff(entry.attempt));
                        }
                    });
                }
            }
            catch (error) {
                consumer = undefined; // the stream, or the group, may be gone
                throw error;
            }
        });
    }
    return { serve, consume, close: () => connection.drain() };
}
