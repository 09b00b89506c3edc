/** Owns the ledger: what the server saw, by the key that each test makes for itself. */

/**
 * One thing that the server saw. `kind` is such as `arrived`, `aborted` (the connection went before the
 * response was whole), `finished`, or for a socket `open`, `message`, `close`.
 */
export interface LedgerEntry {
  readonly kind: string;
  /** Whatever goes with it: a path, bytes, a close code. Plain data, for it crosses as JSON. */
  readonly detail?: unknown;
}

/** Entries by key, and those who wait for one. */
export class Ledger {
  readonly #entries = new Map<string, LedgerEntry[]>();
  readonly #watchers = new Map<string, Set<() => void>>();

  note(key: string, kind: string, detail?: unknown): void {
    const entries = this.#entries.get(key) ?? [];
    this.#entries.set(key, entries);
    entries.push(detail === undefined ? { kind } : { kind, detail });
    for (const look of [...(this.#watchers.get(key) ?? [])]) look();
  }

  entries(key: string): readonly LedgerEntry[] {
    return this.#entries.get(key) ?? [];
  }

  /**
   * Resolves with all entries of `key` once `count` of them are of `kind`. Pends until then: a test
   * that waits for what does not come is ended by its own time limit.
   */
  until(key: string, kind: string, count: number): Promise<readonly LedgerEntry[]> {
    return new Promise((resolve) => {
      const watchers = this.#watchers.get(key) ?? new Set();
      this.#watchers.set(key, watchers);
      const look = (): void => {
        const entries = this.entries(key);
        if (entries.filter((entry) => entry.kind === kind).length < count) return;
        watchers.delete(look);
        resolve(entries);
      };
      watchers.add(look);
      look();
    });
  }
}
