/** Owns the smallest external store: one immutable snapshot, and who is told of the next one. */

/** A value that `useSyncExternalStore` can read. Its methods are bound, so that they can be passed as they are. */
export class Store<S> {
  readonly #listeners = new Set<() => void>();
  #snapshot: S;

  constructor(initial: S) {
    this.#snapshot = initial;
  }

  readonly getSnapshot = (): S => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    // One entry a subscription: the same function given twice is told twice and leaves twice.
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  };

  /** Replaces the snapshot and tells every listener that is there now. O(listeners). */
  publish(next: S): void {
    this.#snapshot = next;
    for (const listener of [...this.#listeners]) listener();
  }
}
