// An app with Apollo Client: HTTP with persisted queries, and graphql-ws for subscriptions.
import { createElement as h, useState } from "react";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { ApolloProvider, useMutation, useQuery, useSubscription } from "@apollo/client/react";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { Page, headers, show, socketURL, url } from "./page.js";

const sha256 = async (text) =>
  [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))].map((b) => b.toString(16).padStart(2, "0")).join("");

const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(createClient({ url: socketURL, connectionParams: headers })),
    ApolloLink.from([new PersistedQueryLink({ sha256 }), new HttpLink({ uri: url, headers })]),
  ),
  cache: new InMemoryCache(),
});

const LIST = gql`query List($limit: Int) { notes(limit: $limit, order_by: {title: asc}) { id title author { id name } } }`;
const ADD = gql`mutation Add($title: String!) { insert_notes_one(object: {title: $title, author_id: "ann"}) { id title author { id name } } }`;
const COUNT = gql`subscription Count { notes_aggregate { aggregate { count } } }`;

function App() {
  const [limit, setLimit] = useState(2);
  const list = useQuery(LIST, { variables: { limit } });
  const count = useSubscription(COUNT);
  const [add, added] = useMutation(ADD, { refetchQueries: [LIST] });
  return h(Page, {
    notes: (list.data ?? list.previousData)?.notes ?? [], count: count.data?.notes_aggregate.aggregate.count, error: list.error ?? count.error ?? added.error,
    add: (title) => add({ variables: { title } }), more: () => setLimit(limit + 10),
  });
}

show(h(ApolloProvider, { client }, h(App)));
