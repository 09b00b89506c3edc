/** Owns the form in which channels are looped over: `for await`, or `yield*` in a generator body. */
import type { Op } from "../op.js";

/**
 * The values of a channel, one after the other, for the task whose `cx` it was made with. Nothing is
 * taken before it is asked for, and leaving a loop leaves the channel as it is.
 *
 * In a generator body, where there is no `for await`, ask for each:
 *
 * @example
 * ```ts
 * const jobs = waiting.values(cx);
 * for (let job = yield* jobs.next(); !job.done; job = yield* jobs.next()) run(job.value);
 * ```
 */
export interface Values<T> extends AsyncIterable<T> {
  /** Waits for the next value, or for the end. */
  next(): Op<IteratorResult<T, undefined>>;
  /** For `for await`. It is its own iterator. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined>;
}

/** The end of a loop. */
export const ENDED: IteratorReturnResult<undefined> = Object.freeze({
  done: true,
  value: undefined,
});

/** Makes a loop of what gives one value after the other. */
export class ValuesOf<T> implements Values<T> {
  readonly next: () => Op<IteratorResult<T, undefined>>;

  constructor(next: () => Op<IteratorResult<T, undefined>>) {
    this.next = next;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    // An operation can be awaited as a promise can; to make one of each would cost one for each value.
    return this as unknown as AsyncIterator<T, undefined>;
  }
}
