/** Owns `fromReadableStream`: a stream read by one task, cancelled when it is left. */
import "../signal.js";
import { checkActive } from "../active.js";
import { type Cx, taskOf } from "../cx.js";
import { AsupersyncError } from "../errors.js";
import type { TaskRecord } from "../task.js";
import { invalidArgument } from "../validate.js";
import { type Flow, PushedFlow } from "./flow.js";

/**
 * The chunks of `stream`, each read when it is asked for: nothing is held here, and the stream's own queue
 * gives the back-pressure. The stream is locked from the call on and belongs to the task: leaving the
 * loop, {@link Flow.cancel} and the task's end cancel it, with the `AbortError` or `TimeoutError` that the
 * task's signal has when the task was cancelled, and are over when its `cancel` has settled. At its end
 * the lock is released.
 *
 * @example
 * ```ts
 * const lines = fromReadableStream(cx, file.stream().pipeThrough(new TextDecoderStream()));
 * for await (const text of lines) count += text.length;
 * ```
 * @throws {AsupersyncError} `WRONG_STATE` for a stream that is locked, `INVALID_ARGUMENT`, `CX_ENDED`,
 *   `CX_FOREIGN`. What the stream fails with fails the flow.
 */
export function fromReadableStream<T>(cx: Cx, stream: ReadableStream<T>): Flow<T> {
  const task = taskOf(cx);
  checkActive(task);
  if (typeof Object(stream).getReader !== "function") {
    throw invalidArgument(
      stream,
      "a ReadableStream",
      "pass response.body, blob.stream() or the like",
    );
  }
  if (stream.locked) throw lockedStream();
  const flow = new StreamFlow<T>(task);
  flow.read(stream);
  return flow;
}

/** The error for a stream that somebody else reads or writes. */
export function lockedStream(): AsupersyncError {
  return new AsupersyncError("WRONG_STATE", "a locked one", {
    expected: "a stream that nobody else has locked",
    mend: "release its reader or writer first; to read it twice there is tee()",
  });
}

class StreamFlow<T> extends PushedFlow<T> {
  #reader: ReadableStreamDefaultReader<T> | undefined = undefined;

  constructor(task: TaskRecord) {
    super(task, "readable stream");
  }

  read(stream: ReadableStream<T>): void {
    const isOpen = this.open();
    const reader = stream.getReader();
    if (isOpen) this.#reader = reader;
    // The task is cancelled already: nobody will read it, and nobody else can.
    else reader.cancel(this.task.signal.reason).catch(ignore);
  }

  protected override asked(): void {
    this.#reader?.read().then(
      ({ done, value }) => {
        if (done) this.end();
        else this.give(value);
      },
      (error: unknown) => this.fail(error),
    );
  }

  protected override release(reason: unknown): PromiseLike<unknown> | undefined {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reason === undefined) {
      reader?.releaseLock();
      return undefined;
    }
    return reader?.cancel(reason).finally(() => reader.releaseLock());
  }
}

const ignore = (): void => undefined;
