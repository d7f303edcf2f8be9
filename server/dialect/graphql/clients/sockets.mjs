// Runs the clients graphql-ws and graphql-sse, and @urql/core with them, against a server: node sockets.mjs URL TOKEN.
import assert from "node:assert/strict";
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient as createEvents } from "graphql-sse";
import { createClient as createSocket } from "graphql-ws";
import WebSocket from "ws";

const [url, token] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const socket = () => createSocket({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, connectionParams: headers, lazy: false });
const insert = (title) =>
  fetch(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ query: "mutation($o: notes_insert_input!) { insert_notes_one(object: $o) { id } }", variables: { o: { title } } }),
  }).then((answer) => answer.json());

/** Reads answers until one satisfies. */
async function until(answers, satisfies) {
  for (;;) { // not for await, which ends what it reads
    const { done, value: answer } = await answers.next();
    assert.ok(!done, "the subscription has ended");
    assert.equal(answer.errors, undefined);
    if (satisfies(answer.data)) return answer.data;
  }
}

const count = "subscription($w: notes_bool_exp) { notes_aggregate(where: $w) { aggregate { count } } }";
for (const [name, client] of [
  ["graphql-ws", socket()],
  ["graphql-sse", createEvents({ url, headers, retryAttempts: 0 })],
]) {
  const title = `${name} ${Date.now()}`;
  const variables = { w: { title: { _eq: title } } };
  const live = client.iterate({ query: count, variables });
  await until(live, (data) => data.notes_aggregate.aggregate.count === 0);
  await insert(title);
  await until(live, (data) => data.notes_aggregate.aggregate.count === 1);
  await live.return();
  const once = client.iterate({ query: "query($w: notes_bool_exp) { notes(where: $w) { title } }", variables });
  await until(once, (data) => data.notes.length === 1 && data.notes[0].title === title);
  // A mutation, over a socket and by events. With a key, one over the socket happens once.
  const again = `${title} again`;
  const inserts = { query: "mutation($o: notes_insert_input!) { insert_notes_one(object: $o) { title } }", variables: { o: { title: again } } };
  if (name === "graphql-ws") inserts.extensions = { idempotencyKey: again };
  for (const _ of name === "graphql-ws" ? [1, 2] : [1]) await until(client.iterate(inserts), (data) => data.insert_notes_one.title === again);
  // Only what changes; who comes back with the last token gets only what was missed.
  const changes = { query: "subscription C($w: notes_bool_exp) @changes { notes(where: $w, order_by: {title: asc}) { id title } }", variables: { w: { title: { _like: `${title}%` } } } };
  const next = async (from) => {
    const { value } = await from.next();
    assert.equal(value.errors, undefined);
    changes.extensions = { resume: value.extensions.resume };
    return [value.data.notes.map((n) => n.title), value.extensions.changes?.map((c) => `${c.type} ${c.index}`)];
  };
  let following = client.iterate(changes);
  assert.deepEqual(await next(following), [[title, again], undefined]);
  await insert(`${title} b`);
  assert.deepEqual(await next(following), [[`${title} b`], ["added 2"]]);
  await following.return();
  await insert(`${title} c`);
  following = client.iterate(changes);
  const missed = [await next(following), await next(following)];
  assert.deepEqual(missed, [[[], []], [[`${title} c`], ["added 3"]]]);
  await following.return();
  // A stream, of which each document comes once.
  const seen = [];
  for await (const answer of client.iterate({ query: "subscription($w: notes_bool_exp) { notes_stream(batch_size: 3, cursor: {initial_value: {title: null}}, where: $w) { title } }", variables: changes.variables })) {
    seen.push(...answer.data.notes_stream.map((n) => n.title));
    if (seen.length >= 4) break;
  }
  assert.deepEqual(seen, [title, again, `${title} b`, `${title} c`]);
  await assert.rejects(async () => {
    for await (const answer of client.iterate({ query: "{ nothing }" })) assert.ok(answer.errors?.length, "an answer to what there is not");
    throw new Error("refused");
  });
  client.dispose();
}

// A wrong token ends the connection for good.
const wrong = createSocket({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, connectionParams: { Authorization: "Bearer x" }, retryAttempts: 0 });
await assert.rejects(async () => {
  for await (const answer of wrong.iterate({ query: "{ __typename }" })) assert.fail(JSON.stringify(answer));
}, (why) => why.code === 4403);

// urql over both: its subscriptions over the socket, its queries over HTTP.
const over = socket();
const urql = new Client({
  url, fetchOptions: { headers }, preferGetMethod: "within-url-limit",
  exchanges: [cacheExchange, fetchExchange, subscriptionExchange({ forwardSubscription: (request) => ({ subscribe: (sink) => ({ unsubscribe: over.subscribe(request, sink) }) }) })],
});
const found = await urql.query("query($n: Int) { notes(limit: $n, order_by: {title: asc}) { title } }", { n: 1 }).toPromise();
assert.deepEqual(found.data.notes.map((n) => n.title), ["first"]);
const seen = [];
await new Promise((resolve, reject) => {
  const { unsubscribe } = urql.subscription(count, { w: { title: { _eq: "urql" } } }).subscribe((result) => {
    if (result.error) return reject(result.error);
    seen.push(result.data.notes_aggregate.aggregate.count);
    if (seen.length === 1) urql.mutation('mutation { insert_notes_one(object: {title: "urql"}) { id } }', {}).toPromise();
    if (seen.at(-1) === 1) resolve(unsubscribe());
  });
});
assert.deepEqual(seen, [0, 1]);
over.dispose();
process.stdout.write("ok");
process.exit(0);
