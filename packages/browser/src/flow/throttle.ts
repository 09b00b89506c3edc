/** Owns `throttle`: at most one value in a time. */
import { type Cx, taskOf } from "../cx.js";
import { checkDuration, checkOptions, invalidArgument } from "../validate.js";
import type { Flow } from "./flow.js";
import { Relay } from "./relay.js";
import { checkSource, type Source, takeEach } from "./source.js";

/** How a flow is throttled. */
export interface ThrottleOptions {
  /**
   * Which values of a window are given: the first, at its `leading` edge; the last, at its `trailing` edge;
   * or `both`. Default `both`.
   */
  readonly edge?: "both" | "leading" | "trailing";
}

const EDGES: readonly unknown[] = ["both", "leading", "trailing"];

/**
 * At most one value of `source` in `ms` milliseconds. A value that comes after quiet opens a window and is
 * given at once; of those that come in the window the last is given at its end, and opens the next. When
 * the source ends, the value that waits is given at once.
 *
 * One value waits at a time, so the source is taken from as fast as it gives, from the first `next` on. Of
 * values that came to be due while the consumer was busy, it gets the latest. A failure of the source
 * fails the flow, after the value that is due; one that still waits is dropped.
 *
 * @param ms Milliseconds, finite and at least 0.
 *
 * @example
 * ```ts
 * for await (const event of throttle(cx, events(cx, window, "scroll"), 100)) draw(window.scrollY);
 * ```
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
 */
export function throttle<T>(
  cx: Cx,
  source: Source<T>,
  ms: number,
  options?: ThrottleOptions,
): Flow<T> {
  checkSource(source);
  const window = checkDuration(ms, "window");
  checkOptions(options, ["edge"], "throttle options");
  const edge = options?.edge ?? "both";
  if (!EDGES.includes(edge)) {
    const mend = "pass one of the three or leave it out";
    throw invalidArgument(edge, 'the edge "both", "leading" or "trailing"', mend);
  }
  return new Relay<T>(taskOf(cx), "throttle", async (worker, emit) => {
    let waiting: { readonly value: T } | undefined;
    let opensMs = Number.NEGATIVE_INFINITY;
    let windows = 0;
    const open = (): void => {
      opensMs = worker.now + window;
      windows += 1;
      const opened = windows;
      if (edge !== "leading") worker.sleep(window).then(() => close(opened), ignore);
    };
    const close = (opened: number): void => {
      // A value may have opened the next window when this one's timer was due but had not gone off.
      if (waiting === undefined || opened !== windows) return;
      emit(waiting.value);
      waiting = undefined;
      open();
    };
    await takeEach(worker, source, "throttle source", (value) => {
      const isQuiet = waiting === undefined && worker.now >= opensMs;
      if (isQuiet) open();
      if (isQuiet && edge !== "trailing") emit(value);
      else if (edge !== "leading") waiting = { value };
      return undefined;
    });
    if (waiting !== undefined) emit((waiting as { readonly value: T }).value);
  });
}

const ignore = (): void => undefined;
