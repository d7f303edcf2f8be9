// What relay-compiler reads. The app imports what it makes of it.
import { graphql } from "react-relay";

graphql`query queriesPageQuery($count: Int!, $cursor: String) { ...queries_notes @arguments(count: $count, cursor: $cursor) }`;

graphql`
  fragment queries_notes on query_root @refetchable(queryName: "queriesMoreQuery") @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" }) {
    notes_connection(first: $count, after: $cursor, order_by: [{ title: asc }]) @connection(key: "queries_notes_connection", filters: []) {
      __id
      edges { node { nodeId ...queries_note } }
    }
  }
`;

graphql`fragment queries_note on notes { id title author { name } }`;

graphql`
  mutation queriesAddMutation($title: String!, $connections: [ID!]!) {
    insert_notes_one(object: { title: $title, author_id: "ann" }) @appendNode(connections: $connections, edgeTypeName: "notesEdge") { nodeId ...queries_note }
  }
`;

graphql`subscription queriesCountSubscription { notes_aggregate { aggregate { count } } }`;

graphql`query queriesOneQuery($id: ID!) { node(id: $id) { __typename ...queries_note @alias(as: "note") } }`;
