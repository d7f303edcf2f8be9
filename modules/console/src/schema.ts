/** What is asked of a schema. */
export const schemaQuery = `{ __schema { queryType { name } mutationType { name } subscriptionType { name }
  types { kind name description fields { name args { name type { ...T } } type { ...T } } inputFields { name type { ...T } } enumValues { name } } } }
  fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

export interface Type {
  kind: string;
  name: string | null;
  ofType?: Type | null;
}

export interface Member {
  name: string;
  type: Type;
  args?: Member[];
}

export interface Named {
  kind: string;
  name: string;
  description: string | null;
  fields: Member[] | null;
  inputFields: Member[] | null;
  enumValues: { name: string }[] | null;
}

export type Kind = "query" | "mutation" | "subscription";

export interface Schema {
  queryType: { name: string } | null;
  mutationType: { name: string } | null;
  subscriptionType: { name: string } | null;
  types: Named[];
}

export const placeholder = "{\n  __typename\n}\n";

/** The type as it is written. */
export function spelled(type: Type): string {
  if (type.kind === "NON_NULL") return `${spelled(type.ofType!)}!`;
  return type.kind === "LIST" ? `[${spelled(type.ofType!)}]` : (type.name ?? "");
}

/** The named type within lists and what is not null. */
export const nameOf = (type: Type): string => (type.ofType ? nameOf(type.ofType) : (type.name ?? ""));

/** An operation of a root, with what it has to be given as variables, and all fields that need nothing. */
export function template(schema: Schema, root: Member, kind: Kind): { query: string; variables: string } {
  const needed = (root.args ?? []).filter((a) => a.type.kind === "NON_NULL" || a.name === "limit" || a.name === "first");
  const declared = needed.map((a) => `$${a.name}: ${spelled(a.type)}`).join(", ");
  const given = needed.map((a) => `${a.name}: $${a.name}`).join(", ");
  const variables = Object.fromEntries(needed.map((a) => [a.name, a.name === "limit" || a.name === "first" ? 20 : a.type.ofType?.kind === "LIST" ? [{}] : a.type.ofType?.kind === "INPUT_OBJECT" ? {} : ""]));
  const selection = select(schema, nameOf(root.type), 2);
  return {
    query: `${kind}${declared && `(${declared})`} {\n  ${root.name}${given && `(${given})`}${selection}\n}\n`,
    variables: needed.length > 0 ? `${JSON.stringify(variables, undefined, 2)}\n` : "",
  };
}

/** The scalars of a type; where it has none, those of what it leads to. */
function select(schema: Schema, name: string, depth: number): string {
  const type = schema.types.find((one) => one.name === name);
  if (!type?.fields && type?.kind !== "INTERFACE") return "";
  const leaf = (m: Member): boolean => !schema.types.some((one) => one.name === nameOf(m.type) && (one.fields !== null || one.kind === "INTERFACE"));
  const indent = "  ".repeat(depth);
  const scalars = (type.fields ?? []).filter((m) => leaf(m) && !m.args?.some((a) => a.type.kind === "NON_NULL")).map((m) => m.name);
  const inner = scalars.length > 1 || depth > 3 ? [] : (type.fields ?? []).filter((m) => !leaf(m)).map((m) => m.name + select(schema, nameOf(m.type), depth + 1));
  const lines = [...scalars, ...inner];
  return ` {\n${(lines.length > 0 ? lines : ["__typename"]).map((line) => indent + line).join("\n")}\n${"  ".repeat(depth - 1)}}`;
}
