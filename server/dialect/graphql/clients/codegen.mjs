// Makes the types of operations from a schema, as graphql-codegen does: node codegen.mjs SCHEMA OUT.
import { readFileSync, writeFileSync } from "node:fs";
import { codegen } from "@graphql-codegen/core";
import * as documentNodes from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { buildSchema, parse } from "graphql";

const [schema, out] = process.argv.slice(2);
const text = readFileSync(schema, "utf8");
const document = readFileSync(new URL("notes.graphql", import.meta.url), "utf8");
writeFileSync(
  out,
  await codegen({
    filename: out,
    schema: parse(text),
    schemaAst: buildSchema(text),
    documents: [{ location: "notes.graphql", document: parse(document) }],
    plugins: [{ operations: {} }, { documentNodes: {} }],
    pluginMap: { operations, documentNodes },
    config: { scalars: { BigInt: "number", Decimal: "number", DateTime: "string", Date: "string", UUID: "string", JSON: "unknown", Bytes: "string" }, useTypeImports: true, enumsAsTypes: true },
  }),
);
