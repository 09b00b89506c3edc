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
 * const jobs = channel.values(cx);
 * for (let job = yield* jobs.next(); !job.done; job = yield* jobs.next()) run(job.value);
 * ```
 */
export interface Values<T> {
  /** Waits for the next value, or for the end. */
  next(): Op<IteratorResult<T, undefined>>;
  /** Called when a loop is left. */
  return(): Promise<IteratorReturnResult<undefined>>;
  [Symbol.asyncIterator](): Values<T>;
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

  return(): Promise<IteratorReturnResult<undefined>> {
    return Promise.resolve(ENDED);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
