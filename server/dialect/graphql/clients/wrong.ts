// What the types have to refuse, one a line.
import type { AddMutationVariables, ListQuery, ListQueryVariables } from "./generated/types.ts";

export const field = (list: ListQuery) => list.notes[0]!.nothing;
export const member: ListQueryVariables = { where: { nothing: { _eq: "x" } } };
export const operator: ListQueryVariables = { where: { stars: { _like: "x" } } };
export const value: ListQueryVariables = { where: { stars: { _gte: "x" } } };
export const input: AddMutationVariables = { note: { nothing: 1 } };
export const nullable = (list: ListQuery): string => list.notes[0]!.author!.name;
