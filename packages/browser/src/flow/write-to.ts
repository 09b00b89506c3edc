/** Owns `writeTo`: values written to a stream, as fast as it takes them. */
import "../foreign.js";
import { abortReason } from "../abort-reason.js";
import { CancelledError } from "../cancel.js";
import { scopeOp } from "../combinators/scope-op.js";
import { type Cx, taskOf } from "../cx.js";
import type { Op } from "../op.js";
import { checkFlag, checkOptions, invalidArgument } from "../validate.js";
import { lockedStream } from "./from-readable-stream.js";
import { checkSource, cleanUp, type Source, takeEach } from "./source.js";

/** How a stream is written to; named as for `pipeTo`. */
export interface WriteToOptions {
  /** Leaves the stream open when all is written. Default false. */
  readonly preventClose?: boolean;
  /** Leaves the stream as it is when the source fails or the task is cancelled. Default false. */
  readonly preventAbort?: boolean;
}

const WRITE_TO_OPTIONS = [
  "preventClose",
  "preventAbort",
] as const satisfies readonly (keyof WriteToOptions)[];

/**
 * Writes the values of `source` to `stream`, and waits until all of it was taken and the stream has closed.
 * The next value is asked for when the stream is ready for one. If the source fails or the task is
 * cancelled, the stream is aborted with that failure, or with what a signal of the task would have as
 * reason; if the stream fails, the source is told by its `return`. It is over when both are.
 *
 * @example
 * ```ts
 * await writeTo(cx, new DecompressionStream("gzip").writable, parts);
 * ```
 * @throws {AsupersyncError} `WRONG_STATE` for a stream that is locked, `INVALID_ARGUMENT`, `CX_ENDED`,
 *   `CX_FOREIGN`. What the source or the stream fails with fails the operation.
 */
export function writeTo<T>(
  cx: Cx,
  stream: WritableStream<T>,
  source: Source<T>,
  options?: WriteToOptions,
): Op<void> {
  const task = taskOf(cx);
  if (typeof Object(stream).getWriter !== "function") {
    throw invalidArgument(
      stream,
      "a WritableStream",
      "pass the writable side of what takes the values",
    );
  }
  checkSource(source);
  checkOptions(options, WRITE_TO_OPTIONS, "writeTo options");
  checkFlag(options?.preventClose, "preventClose");
  checkFlag(options?.preventAbort, "preventAbort");
  if (stream.locked) throw lockedStream();
  return scopeOp(task, (inner) => write(inner, stream.getWriter(), source, options), {
    label: "writeTo",
  });
}

async function write<T>(
  cx: Cx,
  writer: WritableStreamDefaultWriter<T>,
  source: Source<T>,
  options: WriteToOptions | undefined,
): Promise<void> {
  // As for every worker: the source may wait by the cx of another task.
  await undefined;
  const ready = (): Promise<unknown> => writer.ready;
  // What a write fails with is told by `ready` and `close`. Nobody may wait for `closed`.
  writer.closed.catch(ignore);
  try {
    await cx.foreign(ready, { label: "stream ready" });
    await takeEach(cx, source, "stream source", (value) => {
      writer.write(value).catch(ignore);
      return cx.foreign(ready, { label: "stream ready" }) as PromiseLike<unknown> as Op<void>;
    });
    if (options?.preventClose !== true) await cx.foreign(() => writer.close(), { label: "close" });
  } catch (error) {
    if (options?.preventAbort !== true) {
      const reason = error instanceof CancelledError ? abortReason(error) : error;
      await cleanUp(cx, error, () => writer.abort(reason));
    }
    throw error;
  } finally {
    writer.releaseLock();
  }
}

const ignore = (): void => undefined;
