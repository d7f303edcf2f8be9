/** A state that changes. It is a store as Svelte's contract says: `run` is called at once, and at every change. It works while it has subscribers. */
export interface Store<S> {
  /** The state now; without subscribers, the one that it begins with. */
  get(): S;
  subscribe(run: (state: S) => void): () => void;
}

/** A store that begins its work with the first subscriber, and ends it after the last. Then its state is the first one again: it may be shown to another user next. */
export class State<S> implements Store<S> {
  private readonly runs = new Set<{ run(state: S): void }>();
  private end: (() => void) | undefined;
  private state: S;

  constructor(private readonly first: () => S, private readonly begin: (set: (state: S) => void) => () => void) {
    this.state = first();
  }

  readonly get = (): S => this.state;

  readonly subscribe = (run: (state: S) => void): (() => void) => {
    const one = { run };
    this.runs.add(one);
    if (this.runs.size === 1) this.end = this.begin(this.set);
    run(this.state);
    return () => {
      if (!this.runs.delete(one) || this.runs.size > 0) return;
      this.end?.();
      this.end = undefined;
      this.state = this.first();
    };
  };

  private readonly set = (state: S): void => {
    this.state = state;
    for (const one of [...this.runs]) if (this.runs.has(one)) one.run(state);
  };
}
