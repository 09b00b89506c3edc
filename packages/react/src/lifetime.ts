/** Owns commit-time ownership: one resource that survives StrictMode's remount, and nothing longer. */
import { AsupersyncError, type CancelRequest } from "@asupersync/browser";

/** The component left: it was unmounted, or hidden by an `Activity`. */
export const UNMOUNTED: CancelRequest = { kind: "unmount" };
/** The same component asked for something newer in its place. */
export const SUPERSEDED: CancelRequest = { kind: "user", message: "superseded" };

/**
 * Holds at most one resource for a component, from a commit to the microtask after its cleanup.
 *
 * ```text
 *            1 hold, key differs            2 cleanup
 *   (none) ───────────────────────► held ─────────────► leaving
 *     ▲                              ▲ 3 hold, same key     │
 *     │                              └──────────────────────┤
 *     └─────────────────────────────────────────────────────┘ 4 one microtask later: `end`
 * ```
 * 1 and 3 are {@link hold}, 2 and 4 the cleanup that it returns. StrictMode runs 1, 2, 3 in one go,
 * and a microtask queued in 2 runs after 3: so the remount takes the same resource back and work
 * starts once. A real unmount has no 3. A hold with another key ends the earlier resource first.
 *
 * Making a `Lifetime` opens nothing, so a render that is thrown away leaves only garbage behind.
 */
export class Lifetime<R> {
  readonly #end: (resource: R, why: CancelRequest) => void;
  #held: Held<R> | undefined;

  /** @param end Ends a resource. Called once for each; it must not throw, for React runs it in a cleanup. */
  constructor(end: (resource: R, why: CancelRequest) => void) {
    this.#end = end;
  }

  /** What is held or leaving now. */
  get current(): R | undefined {
    return this.#held?.resource;
  }

  /**
   * Takes the held resource back if `key` is the one it was opened for, else ends it and opens a new one.
   *
   * @returns The effect's cleanup.
   * @throws What `open` throws; nothing is held then.
   */
  hold(key: readonly unknown[], open: () => R): () => void {
    let held = this.#held;
    if (held === undefined || !sameItems(held.key, key)) {
      this.end(SUPERSEDED);
      held = { key, resource: open(), state: "held" };
      this.#held = held;
    }
    held.state = "held";
    const mine = held;
    return () => {
      mine.state = "leaving";
      queueMicrotask(() => {
        if (this.#held === mine && mine.state === "leaving") this.end(UNMOUNTED);
      });
    };
  }

  /** Ends what is held, now. Nothing held: nothing happens. */
  end(why: CancelRequest): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#end(held.resource, why);
  }
}

/**
 * Cancels what a component leaves behind, where nobody could catch an error. A poisoned runtime refuses,
 * and has ended all its work already.
 */
export function cancelLeft(
  left: { cancel(reason: CancelRequest): void } | undefined,
  why: CancelRequest,
): void {
  try {
    left?.cancel(why);
  } catch (error) {
    if (!(error instanceof AsupersyncError) || error.code !== "POISONED") throw error;
  }
}

interface Held<R> {
  readonly key: readonly unknown[];
  readonly resource: R;
  state: "held" | "leaving";
}

/** Whether two lists hold the same items in the same order, judged as React judges dependencies. */
export function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => Object.is(item, right[index]));
}
