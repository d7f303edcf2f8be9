// An app with Relay: a connection that grows, global ids, and graphql-ws for subscriptions.
import { Suspense, createElement as h, useEffect, useState } from "react";
import { createClient } from "graphql-ws";
import { RelayEnvironmentProvider, useFragment, useLazyLoadQuery, useMutation, usePaginationFragment, useRelayEnvironment } from "react-relay";
import { Environment, Network, Observable, RecordSource, Store, requestSubscription } from "relay-runtime";
import add from "./generated/relay/queriesAddMutation.graphql.js";
import count from "./generated/relay/queriesCountSubscription.graphql.js";
import one from "./generated/relay/queriesOneQuery.graphql.js";
import page from "./generated/relay/queriesPageQuery.graphql.js";
import note from "./generated/relay/queries_note.graphql.js";
import list from "./generated/relay/queries_notes.graphql.js";
import { Page, headers, show, socketURL, url } from "./page.js";

const socket = createClient({ url: socketURL, connectionParams: headers });
const environment = new Environment({
  network: Network.create(
    async ({ text }, variables) =>
      (await fetch(url, { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify({ query: text, variables }) })).json(),
    ({ text, name }, variables) => Observable.create((sink) => socket.subscribe({ query: text, operationName: name, variables }, sink)),
  ),
  store: new Store(new RecordSource()),
  getDataID: (node) => node.nodeId,
});

function Notes() {
  const { data, loadNext, hasNext } = usePaginationFragment(list, useLazyLoadQuery(page, { count: 2 }));
  const [send] = useMutation(add);
  const [live, setLive] = useState();
  const [error, setError] = useState();
  const environment = useRelayEnvironment();
  useEffect(() => {
    const { dispose } = requestSubscription(environment, { subscription: count, variables: {}, onNext: ({ notes_aggregate }) => setLive(notes_aggregate.aggregate.count), onError: setError });
    return dispose;
  }, [environment]);
  const connection = data.notes_connection;
  const shown = connection.edges.map(({ node }) => ({ id: node.nodeId, ref: node }));
  return h("div", null,
    h(Page, {
      notes: [], count: live, error, more: hasNext ? () => loadNext(10) : undefined,
      add: (title) => send({ variables: { title, connections: [connection.__id] }, onCompleted: (_, errors) => errors && setError(JSON.stringify(errors)), onError: setError }),
    }),
    h("ul", { id: "fragments" }, shown.map(({ id, ref }) => h(Note, { key: id, note: ref }))),
    shown[0] && h(Again, { id: shown[0].id }));
}

function Note(props) {
  const { title, author } = useFragment(note, props.note);
  return h("li", null, `${title} by ${author?.name ?? "no one"}`);
}

/** The first note again, by its global id. */
function Again({ id }) {
  const { node } = useLazyLoadQuery(one, { id }, { fetchPolicy: "network-only" });
  return h("ol", null, node.note && h(Note, { note: node.note }));
}

show(h(RelayEnvironmentProvider, { environment }, h(Suspense, { fallback: "…" }, h(Notes))));
