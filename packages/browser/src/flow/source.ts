/** Owns taking values out of somebody's iterable in a task: pulled one by one, ended when left. */
import "../foreign.js";
import { type Cx, taskOf } from "../cx.js";
import { invalidArgument } from "../validate.js";

/**
 * Where values come from: anything iterable, or a function of the `cx` of the task that takes them. The
 * function is for what waits by a `cx`: its waits then end when the values are not wanted any more, where
 * an async generator that waits for something else is left only when that has come.
 */
export type Source<T> = AnyIterable<T> | ((cx: Cx) => AnyIterable<T>);

/** Values one by one: what is iterable, asynchronously or at once. */
export type AnyIterable<T> = AsyncIterable<T> | Iterable<T>;

/**
 * Checks what values are to come from.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkSource(source: unknown): void {
  if (typeof source !== "function") iteratorMaker(source);
}

/**
 * Takes the values of `source` in the task of `cx`, one at a time: the next is asked for when `take` has
 * done. Left early, by a failure of `take` or a cancellation, the source is told by its `return`, and waited
 * for.
 *
 * @param label What the wait for a value is called in snapshots.
 */
export async function takeEach<T>(
  cx: Cx,
  source: Source<T>,
  label: string,
  take: (value: T) => PromiseLike<void> | undefined,
): Promise<void> {
  const iterator = open(typeof source === "function" ? source(cx) : source);
  // What failed or was done is over: only what could go on is told that it need not.
  let isOver = false;
  const pull = async (): Promise<IteratorResult<T, unknown>> => {
    try {
      const step = await iterator.next();
      isOver = step.done === true;
      return step;
    } catch (error) {
      isOver = true;
      throw error;
    }
  };
  try {
    for (;;) {
      const step = await cx.foreign(pull, { label });
      if (step.done === true) return;
      const taking = take(step.value);
      if (taking !== undefined) await taking;
    }
  } catch (error) {
    if (!isOver) await cleanUp(cx, error, () => iterator.return?.());
    throw error;
  }
}

/** Cleans up for `error`, which stays the failure: one of the clean-up itself is told beside it. */
export async function cleanUp(cx: Cx, error: unknown, call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (second) {
    const task = taskOf(cx);
    if (second !== error) task.scope.runtime.unobserved.reportCleanUp(task, second);
  }
}

function open<T>(values: AnyIterable<T>): AsyncIterator<T> | Iterator<T> {
  return iteratorMaker(values).call(values) as AsyncIterator<T> | Iterator<T>;
}

/**
 * What makes the iterator of `values`, the asynchronous one if there is a choice.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function iteratorMaker(values: unknown): () => unknown {
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = Object(values);
  const make: unknown = asynchronous ?? synchronous;
  if (typeof make === "function") return make as () => unknown;
  const mend = "pass a flow, a stream, an async generator or an array, or (cx) => one of them";
  throw invalidArgument(values, "something that can be iterated over", mend);
}
