import { randomUUID } from "node:crypto";
import { Member, backoff, fetchTime, handleTime, whileHandled } from "./transport.js";
/** How often, and for how long, a worker says that it is there, and how long answers are kept, in ms. */
const beatInterval = 1000;
const beatTime = "4000";
const answerTime = "60000";
/** Connects to the Redis server of a URL. It needs the package redis. */
export async function connectRedis(url, log) {
    const { createClient } = await import("redis");
    const open = () => createClient({ url, RESP: 2 }).on("error", () => undefined).connect(); // an error is reported where it happens
    const client = await open();
    async function serve(subject, most, handle) {
        const beat = () => client.sendCommand(["SET", `basalt.serving.${subject}`, "1", "PX", beatTime]).catch(() => undefined); // the next one may go through
        await beat();
        const timer = setInterval(() => void beat(), beatInterval);
        const member = new Member(most, log);
        const own = await open(); // a list that is waited for keeps its connection
        const stop = member.run(`waiting for calls of ${subject}`, async () => {
            const popped = await own.sendCommand(["BLPOP", `basalt.queue.${subject}`, String(fetchTime / 1000)]);
            if (!popped)
                return;
            const asked = JSON.parse(popped[1] ?? "");
            if (Date.parse(asked.until) < Date.now())
                return;
            member.begin(() => handle(Buffer.from(asked.message, "base64").toString("utf8"), async (answer) => {
                await client.multi().rPush(asked.reply, answer).addCommand(["PEXPIRE", asked.reply, answerTime]).exec();
            }));
        });
        return async () => {
            clearInterval(timer);
            await stop();
            own.destroy();
        };
    }
    async function consume(stream, group, most, handle) {
        const key = `basalt.stream.{${stream}}`;
        const name = randomUUID();
        const member = new Member(most, log);
        let ready = false;
        let looked = 0;
        const take = ([id, fields], attempt) => {
            const values = new Map();
            for (let i = 0; i + 1 < fields.length; i += 2)
                values.set(fields[i] ?? "", fields[i + 1] ?? "");
            const entry = { id: values.get("id") ?? "", message: values.get("message") ?? "", attempt };
            member.begin(async () => {
                try {
                    await whileHandled(() => handle(entry), () => client.sendCommand(["XCLAIM", key, group, name, "0", id, "JUSTID"]).catch(() => undefined));
                }
                catch {
                    await client.sendCommand(["XCLAIM", key, group, name, "0", id, "IDLE", String(handleTime - backoff(attempt)), "JUSTID"]);
                    return;
                }
                await client.sendCommand(["XACK", key, group, id]);
            });
        };
        /** Takes what was left by those who have died or failed. */
        const takeLeft = async (free) => {
            if (Date.now() - looked < fetchTime)
                return false;
            const [, left] = await client.sendCommand(["XAUTOCLAIM", key, group, name, String(handleTime), "0", "COUNT", String(free)]);
            looked = Date.now();
            for (const raw of left) {
                const pending = await client.sendCommand(["XPENDING", key, group, raw[0], raw[0], "1"]);
                take(raw, Number(pending[0]?.[3] ?? 2));
            }
            return left.length > 0;
        };
        const own = await open();
        const stop = member.run(`reading the stream ${stream}`, async (free) => {
            try {
                if (!ready) {
                    await client.sendCommand(["XGROUP", "CREATE", key, group, "0", "MKSTREAM"]).catch((error) => {
                        if (!String(error).includes("BUSYGROUP"))
                            throw error;
                    });
                    ready = true;
                }
                if (await takeLeft(free))
                    return;
                const read = await own.sendCommand(["XREADGROUP", "GROUP", group, name, "COUNT", String(free), "BLOCK", String(fetchTime), "STREAMS", key, ">"]);
                for (const [, entries] of read ?? [])
                    for (const raw of entries)
                        take(raw, 1);
            }
            catch (error) {
                ready = false; // Redis may have lost the group
                throw error;
            }
        });
        return async () => {
            await stop();
            own.destroy();
            const left = await client.sendCommand(["XPENDING", key, group, "-", "+", "1", name]).catch(() => [0]);
            if (left.length === 0)
                await client.sendCommand(["XGROUP", "DELCONSUMER", key, group, name]).catch(() => undefined); // it costs a name in a list
        };
    }
    return { serve, consume, close: () => client.close() };
}
