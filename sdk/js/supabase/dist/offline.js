import { claimsOf, indexed, newID, remembered } from "@basalt-dev/client";
/** How many answers are kept, and how long one may be. */
const most = 200, longest = 1 << 20;
/** Answers of a proxy whose server is away. */
const away = new Set([502, 503, 504]);
/** Reads and writes of tables while the server cannot be reached. What is sent later goes through the outbox of Basalt's client. */
export class Offline {
    fetcher;
    tables;
    rest;
    answers;
    native;
    puts = 0;
    constructor(url, fetcher, tables) {
        this.fetcher = fetcher;
        this.tables = tables;
        this.rest = `${url.replace(/\/+$/, "")}/rest/v1/`;
        this.answers = indexed(`basalt.answers:${url}`, "answers") ?? remembered();
    }
    /** Sends by a client from now on. What one user has read is gone when another one is there. */
    through(native) {
        this.native = native;
        let before = native.auth.user?.id;
        native.auth.onChange((user) => {
            if (before && before !== user?.id)
                void this.forget(0).catch(() => undefined);
            before = user?.id;
        });
    }
    /** The fetch of supabase-js. */
    fetch = async (input, init) => {
        const asked = this.asked(input, init);
        if (!asked)
            return this.fetcher(input, init);
        const whose = this.whose(asked);
        if (asked.method === "GET")
            return this.read(asked, whose, input, init);
        const write = writeOf(asked);
        if (!write)
            return this.fetcher(input, init);
        if (this.native.outbox.pending > 0 && whose === this.user)
            return this.keep(asked, write, false); // after those that wait
        try {
            const answer = await this.fetcher(input, write.op === "create" ? { ...init, body: JSON.stringify(write.body) } : init);
            if (!away.has(answer.status) || whose !== this.user)
                return answer;
        }
        catch (error) {
            if (init?.signal?.aborted || whose !== this.user)
                throw error;
        }
        return this.keep(asked, write, true);
    };
    get user() {
        return this.native.auth.user?.id ?? null;
    }
    /** A request for one of the tables, undefined for any other. */
    asked(input, init = {}) {
        const text = typeof input === "string" ? input : input instanceof URL ? input.href : undefined;
        if (!text?.startsWith(this.rest))
            return undefined;
        const url = new URL(text);
        const table = decodeURIComponent(text.slice(this.rest.length).split("?")[0]);
        if (!this.tables.includes(table))
            return undefined;
        return { table, url, method: init.method ?? "GET", headers: new Headers(init.headers), body: init.body };
    }
    /**
     * Whose request it is. With a token that has ended and cannot be refreshed, supabase-js sends none; then it is that of who is
     * signed in still.
     */
    whose({ headers }) {
        const id = claimsOf(headers.get("Authorization")?.replace(/^Bearer /, "") ?? "")?.["sub"];
        return typeof id === "string" ? id : this.user;
    }
    async read(asked, whose, input, init) {
        const id = JSON.stringify([whose, asked.url.href, ...["Accept", "Accept-Profile", "Prefer", "Range"].map((name) => asked.headers.get(name))]);
        let answer, failure;
        try {
            answer = await this.fetcher(input, init);
            if (answer.ok)
                void this.remember(id, answer.clone()).catch(() => undefined);
            if (!away.has(answer.status))
                return answer;
        }
        catch (error) {
            failure = error;
        }
        const kept = init?.signal?.aborted || whose !== this.user ? undefined : await this.answers.get(id).catch(() => undefined);
        if (kept)
            return new Response(kept.body, { status: 200, statusText: "Kept", headers: kept.headers });
        if (answer)
            return answer;
        throw failure;
    }
    async remember(id, answer) {
        const headers = [...answer.headers].filter(([name]) => name === "content-type" || name === "content-range");
        const body = await answer.text();
        if (body.length > longest)
            return;
        await this.answers.put({ id, at: Date.now(), body, headers });
        if (++this.puts % 32 === 0)
            await this.forget(most);
    }
    /** Forgets all answers but the newest. */
    async forget(left) {
        const all = (await this.answers.all()).sort((a, b) => b.at - a.at);
        for (const { id } of all.slice(left))
            await this.answers.remove(id);
    }
    /** Puts a write into the outbox, and answers with what is known of its row. */
    keep({ table, headers }, { op, key, body }, sent) {
        this.native.outbox.run({ op, collection: table, key, body, sent }).catch(() => undefined); // onRefused reports it
        const row = { ...body, id: key };
        const shown = headers.get("Prefer")?.includes("return=representation") ? JSON.stringify(headers.get("Accept")?.includes("pgrst.object") ? row : [row]) : null;
        return new Response(shown, { status: 202, statusText: "Accepted", headers: { "Content-Type": "application/json" } });
    }
}
/** What a request does to one row by its id; undefined for anything more, or what Basalt's own API would do otherwise. */
function writeOf({ method, url, headers, body }) {
    const conditions = [...url.searchParams].filter(([name]) => name !== "select");
    const prefer = headers.get("Prefer") ?? "";
    const row = rowIn(body);
    if (/resolution=|tx=|max-affected=/.test(prefer))
        return undefined;
    if (method === "POST") {
        if (conditions.length > 0 || !row)
            return undefined;
        const key = String(row["id"] ?? newID());
        return { op: "create", key, body: { ...row, id: row["id"] ?? key } };
    }
    const [, key] = /^eq\.(.+)$/s.exec(conditions[0]?.[0] === "id" ? conditions[0][1] : "") ?? [];
    if (key === undefined || conditions.length !== 1)
        return undefined;
    if (method === "DELETE")
        return { op: "delete", key };
    // There an object takes the place of a json column, here it would be merged into it.
    if (method !== "PATCH" || !row || Object.values(row).some((v) => typeof v === "object" && v !== null && !Array.isArray(v)))
        return undefined;
    return { op: "update", key, body: row };
}
function rowIn(body) {
    try {
        const row = typeof body === "string" ? JSON.parse(body) : undefined;
        return typeof row === "object" && row !== null && !Array.isArray(row) ? row : undefined;
    }
    catch {
        return undefined;
    }
}
