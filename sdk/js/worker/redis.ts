import { randomUUID } from "node:crypto";
import { Member, backoff, fetchTime, handleTime, whileHandled, type Entry, type Log, type Stop, type Transport } from "./transport.js";

/** A request in Redis: an element of a list. Its answers are elements of a list of its own. */
interface Asked {
  reply: string;
  until: string;
  /** In base64. */
  message: string;
}

type Raw = [id: string, fields: string[]];

/** How often, and for how long, a worker says that it is there, and how long answers are kept, in ms. */
const beatInterval = 1000;
const beatTime = "4000";
const answerTime = "60000";

/** Connects to the Redis server of a URL. It needs the package redis. */
export async function connectRedis(url: string, log: Log): Promise<Transport> {
  const { createClient } = await import("redis");
  const open = () => createClient({ url, RESP: 2 }).on("error", () => undefined).connect(); // an error is reported where it happens
  const client = await open();

  async function serve(subject: string, most: number, handle: (message: string, answer: (text: string) => Promise<void>) => Promise<void>): Promise<Stop> {
    const beat = () => client.sendCommand(["SET", `basalt.serving.${subject}`, "1", "PX", beatTime]).catch(() => undefined); // the next one may go through
    await beat();
    const timer = setInterval(() => void beat(), beatInterval);
    const member = new Member(most, log);
    const own = await open(); // a list that is waited for keeps its connection
    const stop = member.run(`waiting for calls of ${subject}`, async () => {
      const popped = await own.sendCommand(["BLPOP", `basalt.queue.${subject}`, String(fetchTime / 1000)]) as unknown as string[] | null;
      if (!popped) return;
      const asked = JSON.parse(popped[1] ?? "") as Asked;
      if (Date.parse(asked.until) < Date.now()) return;
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

  async function consume(stream: string, group: string, most: number, handle: (entry: Entry) => Promise<void>): Promise<Stop> {
    const key = `basalt.stream.{${stream}}`;
    const name = randomUUID();
    const member = new Member(most, log);
    let ready = false;
    let looked = 0;
    const take = ([id, fields]: Raw, attempt: number) => {
      const values = new Map<string, string>();
      for (let i = 0; i + 1 < fields.length; i += 2) values.set(fields[i] ?? "", fields[i + 1] ?? "");
      const entry = { id: values.get("id") ?? "", message: values.get("message") ?? "", attempt };
      member.begin(async () => {
        try {
          await whileHandled(() => handle(entry), () => client.sendCommand(["XCLAIM", key, group, name, "0", id, "JUSTID"]).catch(() => undefined));
        } catch {
          await client.sendCommand(["XCLAIM", key, group, name, "0", id, "IDLE", String(handleTime - backoff(attempt)), "JUSTID"]);
          return;
        }
        await client.sendCommand(["XACK", key, group, id]);
      });
    };
    /** Takes what was left by those who have died or failed. */
    const takeLeft = async (free: number): Promise<boolean> => {
      if (Date.now() - looked < fetchTime) return false;
      const [, left] = await client.sendCommand(["XAUTOCLAIM", key, group, name, String(handleTime), "0", "COUNT", String(free)]) as unknown as [string, Raw[]];
      looked = Date.now();
      for (const raw of left) {
        const pending = await client.sendCommand(["XPENDING", key, group, raw[0], raw[0], "1"]) as unknown as [string, string, number, number][];
        take(raw, Number(pending[0]?.[3] ?? 2));
      }
      return left.length > 0;
    };
    const own = await open();
    const stop = member.run(`reading the stream ${stream}`, async (free) => {
      try {
        if (!ready) {
          await client.sendCommand(["XGROUP", "CREATE", key, group, "0", "MKSTREAM"]).catch((error: unknown) => {
            if (!String(error).includes("BUSYGROUP")) throw error;
          });
          ready = true;
        }
        if (await takeLeft(free)) return;
        const read = await own.sendCommand(["XREADGROUP", "GROUP", group, name, "COUNT", String(free), "BLOCK", String(fetchTime), "STREAMS", key, ">"]) as unknown as [string, Raw[]][] | null;
        for (const [, entries] of read ?? []) for (const raw of entries) take(raw, 1);
      } catch (error) {
        ready = false; // Redis may have lost the group
        throw error;
      }
    });
    return async () => {
      await stop();
      own.destroy();
      const left = await client.sendCommand(["XPENDING", key, group, "-", "+", "1", name]).catch(() => [0]) as unknown[];
      if (left.length === 0) await client.sendCommand(["XGROUP", "DELCONSUMER", key, group, name]).catch(() => undefined); // it costs a name in a list
    };
  }

  return { serve, consume, close: () => client.close() };
}
