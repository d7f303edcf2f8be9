// An app with urql: GET for queries, and server-sent events for subscriptions.
import { createElement as h, useState } from "react";
import { createClient } from "graphql-sse";
import { Client, Provider, cacheExchange, fetchExchange, subscriptionExchange, useMutation, useQuery, useSubscription } from "urql";
import { Page, headers, show, url } from "./page.js";

const events = createClient({ url, headers });
const client = new Client({
  url, fetchOptions: { headers }, preferGetMethod: true,
  exchanges: [cacheExchange, fetchExchange, subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({ subscribe: (sink) => ({ unsubscribe: events.subscribe({ query, variables }, sink) }) }),
  })],
});

const LIST = `query List($limit: Int) { notes(limit: $limit, order_by: {title: asc}) { id title author { id name } } }`;
const ADD = `mutation Add($title: String!) { insert_notes_one(object: {title: $title, author_id: "ann"}) { id title author { id name } } }`;
const COUNT = `subscription Count { notes_aggregate { aggregate { count } } }`;

function App() {
  const [limit, setLimit] = useState(2);
  const [list] = useQuery({ query: LIST, variables: { limit } });
  const [count] = useSubscription({ query: COUNT });
  const [added, add] = useMutation(ADD);
  return h(Page, {
    notes: list.data?.notes ?? [], count: count.data?.notes_aggregate.aggregate.count, error: list.error ?? count.error ?? added.error,
    add: (title) => add({ title }), more: () => setLimit(limit + 10),
  });
}

show(h(Provider, { value: client }, h(App)));
