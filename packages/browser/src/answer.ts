/** Owns the operation that has its value as soon as it is made, as what is found in a channel has. */
import { IS_DEVELOPMENT } from "#environment";
import { type Op, settledOp } from "./op.js";
import type { TaskRecord } from "./task.js";

/**
 * An operation of `task` that has its value already. One is made for each message of a channel, so that
 * a body gets what is cheapest for it: a generator one field, and any other body a promise of the
 * platform's, for which an `await` takes one microtask, where whatever else can be awaited takes three.
 *
 * A development build makes the full record, which tells whether anybody has asked for it.
 */
export function answerOp<T>(task: TaskRecord, value: T): Op<T> {
  if (IS_DEVELOPMENT) return settledOp(task, value);
  if (task.generator !== undefined) return new Answer(value);
  const promise: unknown = Promise.resolve(value);
  // A promise that was sent is the caller's own, and nothing is to be put on it.
  return promise === value ? settledOp(task, value) : answering(promise as Promise<T>, value);
}

/** As `answerOp`, where there is no value: it is made once, for everybody. */
export function doneOp(task: TaskRecord): Op<void> {
  if (IS_DEVELOPMENT) return settledOp<void>(task, undefined);
  return task.generator === undefined ? DONE_PROMISE : DONE;
}

/** What such an operation is, if `yielded` is one. */
export function answerOf(yielded: unknown): Answer<unknown> | undefined {
  if (yielded instanceof Answer) return yielded;
  if (!(yielded instanceof Promise) || !(VALUE in yielded)) return undefined;
  return new Answer(yielded[VALUE]);
}

/** Its own iterator and iterator result, as every operation is. */
export class Answer<T> implements Op<T> {
  declare readonly done: true;
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }

  [Symbol.iterator](): Iterator<Op<unknown>, T, unknown> {
    return this;
  }

  next(): this {
    return this;
  }

  // biome-ignore lint/suspicious/noThenProperty: this is what makes it awaitable.
  then<R1 = T, R2 = never>(
    onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onFailed?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
  ): PromiseLike<R1 | R2> {
    return Promise.resolve(this.value).then(onFulfilled, onFailed) as PromiseLike<R1 | R2>;
  }
}
// On the prototype: a field of each would be half of it.
Object.defineProperty(Answer.prototype, "done", { value: true });

const VALUE: unique symbol = Symbol("value");

type Answering<T> = Promise<T> & Op<T> & { [VALUE]: T };

/** Lets a fulfilled promise be `yield*`-ed, too. */
function answering<T>(promise: Promise<T>, value: T): Op<T> {
  const op = promise as Answering<T>;
  op[Symbol.iterator] = iterate;
  op[VALUE] = value;
  return op;
}

function iterate<T>(this: Answering<T>): Iterator<Op<unknown>, T, unknown> {
  return new Answer(this[VALUE]);
}

const DONE = Object.freeze(new Answer<void>(undefined));
const DONE_PROMISE = Object.freeze(answering(Promise.resolve(), undefined));
