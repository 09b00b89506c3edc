/** Owns what makes slow endpoints slow: they wait for steps that the test gives one by one. */

/** Steps given and waited for, by key, first come first served. */
export class Steps {
  readonly #given = new Map<string, number>();
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Resolves with the next step of `key`. `onGone` is told what takes the wait back. */
  wait(key: string, onGone: (takeBack: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const given = this.#given.get(key) ?? 0;
      if (given > 0) {
        this.#given.set(key, given - 1);
        resolve();
        return;
      }
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting);
      waiting.add(resolve);
      onGone(() => waiting.delete(resolve));
    });
  }

  /** Gives `count` steps; those that nobody waits for are kept. */
  give(key: string, count: number): void {
    for (let step = 0; step < count; step += 1) {
      const waiting = this.#waiting.get(key);
      const [first] = waiting ?? [];
      if (first === undefined) this.#given.set(key, (this.#given.get(key) ?? 0) + 1);
      else {
        waiting?.delete(first);
        first();
      }
    }
  }
}
