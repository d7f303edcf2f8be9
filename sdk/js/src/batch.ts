import { dated, type Core } from "./core.js";
import type { CallOptions } from "./http.js";
import type { Doc, ModelOf, Names } from "./types.js";

interface Step {
  op: "create" | "update" | "replace" | "delete";
  collection: string;
  id?: string;
  doc?: unknown;
}

/** The names of collections that are known, any where none is. */
type Collections<S> = [keyof S] extends [never] ? string : Names<S>;

/** One of the types of a collection, where it is known. */
type Part<S, N extends string, P extends "new" | "patch"> = N extends keyof S ? ModelOf<S, N, false>[P] : object;

/** Collects operations for one transaction. */
export class Batch<S = {}> {
  private readonly ops: Step[] = [];

  constructor(private readonly core: Core) {}

  create<N extends Collections<S>>(collection: N, doc: Part<S, N, "new">): this {
    return this.push({ op: "create", collection, doc });
  }

  update<N extends Collections<S>>(collection: N, id: string | number, patch: Part<S, N, "patch">): this {
    return this.push({ op: "update", collection, id: String(id), doc: patch });
  }

  replace<N extends Collections<S>>(collection: N, id: string | number, doc: Part<S, N, "new">): this {
    return this.push({ op: "replace", collection, id: String(id), doc });
  }

  delete(collection: Collections<S>, id: string | number): this {
    return this.push({ op: "delete", collection, id: String(id) });
  }

  /**
   * Runs them. The results are the documents, null for a delete. With atomic: false, for a database without
   * transactions, they run one after the other, and those before a failure stay. With dry: true all of it is checked and
   * nothing is kept: the answer, or the error, is the one that it would have.
   */
  async commit(options: CallOptions & { atomic?: boolean; dry?: boolean } = {}): Promise<(Doc<Record<string, unknown>> | null)[]> {
    const answer = await this.core.http.call("/v1/batch", { method: "POST", body: { ops: this.ops, atomic: options.atomic, dry: options.dry }, dry: options.dry, due: "results", signal: options.signal });
    const { results } = answer.body as { results: (Doc<Record<string, unknown>> | null)[] };
    return results.map((doc, i) => dated(this.core, this.ops[i]?.collection ?? "", doc));
  }

  private push(step: Step): this {
    this.ops.push(step);
    return this;
  }
}
