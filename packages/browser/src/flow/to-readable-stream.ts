/** Owns `toReadableStream`: a stream whose chunks a task makes, when they are wanted. */
import "./callback.js";
import { abortReason, requestOf } from "../abort-reason.js";
import { spawnChild } from "../children.js";
import { type Cx, taskOf } from "../cx.js";
import { type Scope, ScopeRecord } from "../scope.js";
import { spawnIn } from "../spawn.js";
import { type TaskRecord, thrownBy } from "../task.js";
import { checkSource, type Source, takeEach } from "./source.js";

/**
 * The values of `source` as a stream. A task of `owner` makes them, one for each chunk that the reader asks
 * for; it holds none. Cancelling the stream cancels that task, for the reason given, and is over when it
 * has drained; when the task is cancelled the stream fails with the reason of its signal. A failure of
 * the source is the stream's and nobody else's. The scope, or the task of the cx, ends only after the
 * stream has ended: read it to its end or cancel it.
 *
 * @param owner The scope that the task is to be in, or the cx of the task whose child it is to be.
 *
 * @example
 * ```ts
 * const zipped = toReadableStream(cx, rows).pipeThrough(new CompressionStream("gzip"));
 * ```
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `FORGED_HANDLE`; as {@link Scope.spawn}, or {@link Cx.spawn}.
 */
export function toReadableStream<T>(owner: Scope | Cx, source: Source<T>): ReadableStream<T> {
  checkSource(source);
  const output = new Output<T>();
  const make = (cx: Cx): Promise<void> => output.make(cx, source);
  const options = { label: "toReadableStream" };
  const task =
    owner instanceof ScopeRecord
      ? spawnIn(owner, make, options)
      : spawnChild(taskOf(owner as Cx), make, options);
  // Nothing is made ahead of the reader: what stands behind the stream may have a queue of its own.
  return new ReadableStream<T>(output.underlying(task), { highWaterMark: 0 });
}

class Output<T> {
  #controller: ReadableStreamDefaultController<T> | undefined = undefined;
  /** Whether the reader waits for a chunk. */
  #demand: "none" | "wanted" = "none";
  #wake: (() => void) | undefined = undefined;
  #failure: { readonly error: unknown } | undefined = undefined;
  #isCancelled = false;

  underlying(task: TaskRecord<void>): UnderlyingDefaultSource<T> {
    return {
      start: (controller) => {
        this.#controller = controller;
        void task.join().then(({ kind }) => this.#ended(task, kind));
      },
      pull: () => {
        this.#demand = "wanted";
        this.#wake?.();
      },
      cancel: async (reason) => {
        this.#isCancelled = true;
        task.request(requestOf(reason));
        await task.join();
      },
    };
  }

  async make(cx: Cx, source: Source<T>): Promise<void> {
    // As for every worker: the source may wait by the cx of another task.
    await undefined;
    try {
      await this.#wanted(cx);
      await takeEach(cx, source, "stream source", (value) => {
        this.#demand = "none";
        this.#controller?.enqueue(value);
        return this.#wanted(cx);
      });
    } catch (error) {
      if (cx.cancelled !== undefined) throw error;
      this.#failure = { error };
    }
  }

  /** Waits until the reader wants a chunk. */
  async #wanted(cx: Cx): Promise<void> {
    if (this.#demand === "wanted") return;
    await cx.callback<void>((resolve) => {
      this.#wake = resolve;
      return () => {
        this.#wake = undefined;
      };
    });
  }

  /** The task has ended, whether or not it ever started. */
  #ended(task: TaskRecord<void>, kind: string): void {
    const controller = this.#controller;
    if (this.#isCancelled || controller === undefined) return;
    const { cancelError } = task;
    if (this.#failure !== undefined) controller.error(this.#failure.error);
    else if (kind === "ok") controller.close();
    else controller.error(cancelError === undefined ? thrownBy(task) : abortReason(cancelError));
  }
}
