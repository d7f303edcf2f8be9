// Uses the types that graphql-codegen makes, with a client of ten lines.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { AddDocument, ListDocument } from "./generated/types.ts";

const [url, token] = process.argv.slice(2);

async function ask<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data> {
  const answer = await fetch(url!, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const { data, errors } = (await answer.json()) as { data: Data; errors?: { message: string }[] };
  if (errors) throw new Error(errors[0]?.message);
  return data;
}

const added = await ask(AddDocument, { note: { title: "typed", stars: 4, author: { data: { name: "Typed" } } } });
const id: string | undefined = added.insert_notes_one?.id;
const list = await ask(ListDocument, { where: { title: { _eq: "typed" }, stars: { _gte: 4 } }, limit: 1 });
const first = list.notes[0]!;
const stars: number | null | undefined = first.stars;
process.stdout.write(JSON.stringify({ same: first.id === id, title: first.title, stars, author: first.author?.name }));
