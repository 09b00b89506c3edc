/** Owns `debounce`: values that were followed by quiet. */
import { type Cx, taskOf } from "../cx.js";
import { checkDuration } from "../validate.js";
import type { Flow } from "./flow.js";
import { Relay } from "./relay.js";
import { checkSource, type Source, takeEach } from "./source.js";

/**
 * The values of `source` that nothing followed for `ms` milliseconds: of those that come one upon the other,
 * the last. When the source ends, the value that waits is given at once.
 *
 * One value waits at a time, so the source is taken from as fast as it gives, from the first `next` on. Of
 * values that came to be due while the consumer was busy, it gets the latest. A failure of the source
 * fails the flow, after the value that is due; one that still waits is dropped.
 *
 * @param ms Milliseconds, finite and at least 0.
 *
 * @example
 * ```ts
 * for await (const event of debounce(cx, events(cx, field, "input"), 200)) await search(field.value);
 * ```
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
 */
export function debounce<T>(cx: Cx, source: Source<T>, ms: number): Flow<T> {
  checkSource(source);
  const quiet = checkDuration(ms, "quiet time");
  return new Relay<T>(taskOf(cx), "debounce", async (worker, emit) => {
    let waiting: { readonly value: T } | undefined;
    let lastMs = 0;
    let timer: "idle" | "armed" = "idle";
    const giveWaiting = (): void => {
      if (waiting !== undefined) emit(waiting.value);
      waiting = undefined;
    };
    const arm = (left: number): void => {
      timer = "armed";
      worker.sleep(left).then(look, ignore);
    };
    // One timer for a burst, however many values it has: when it is due it asks how long it was quiet.
    const look = (): void => {
      timer = "idle";
      const left = lastMs + quiet - worker.now;
      if (left > 0) arm(left);
      else giveWaiting();
    };
    await takeEach(worker, source, "debounce source", (value) => {
      waiting = { value };
      lastMs = worker.now;
      if (timer === "idle") arm(quiet);
      return undefined;
    });
    giveWaiting();
  });
}

const ignore = (): void => undefined;
