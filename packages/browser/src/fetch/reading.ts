/** Owns values that are cut out of a body one by one, and what becomes of the body when the loop is left. */
import { CancelledError } from "../cancel.js";
import { bodyUsed } from "./errors.js";
import type { Piece } from "./exchange.js";

/** The pieces of one body. Its `return` lets go of the body. */
export type Pieces = AsyncIterator<Piece, undefined>;

/**
 * Gives what `steps` yields, to one loop. Leaving the loop, or a failure in it, lets go of the body: unlike a
 * generator's own clean-up that reaches a body of which nothing was asked yet. A value that is dropped
 * is no unhandled rejection when the task is cancelled.
 */
export class Reading<T> implements AsyncIterable<T, undefined> {
  readonly #values: Values<T>;
  readonly #label: string;
  #isUsed = false;

  /** @param label Of the request. */
  constructor(label: string, steps: AsyncGenerator<T, undefined>, letGo: () => unknown) {
    this.#values = new Values(steps, letGo);
    this.#label = label;
  }

  /** @throws {AsupersyncError} `BODY_USED` for a second loop, which would miss what the first one took. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    if (this.#isUsed) throw bodyUsed(this.#label);
    this.#isUsed = true;
    return this.#values;
  }
}

class Values<T> implements AsyncIterableIterator<T, undefined> {
  readonly #steps: AsyncGenerator<T, undefined>;
  readonly #letGo: () => unknown;

  constructor(steps: AsyncGenerator<T, undefined>, letGo: () => unknown) {
    this.#steps = steps;
    this.#letGo = letGo;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const result = this.#steps.next().catch((error: unknown) => {
      this.#letGo();
      if (error instanceof CancelledError) result.catch(() => undefined);
      throw error;
    });
    return result;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#letGo();
    return this.#steps.return(undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
