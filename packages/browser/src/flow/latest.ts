/** Owns `latest`: work for each value, of which only that for the latest goes on. */
import type { CancelRequest } from "../cancel.js";
import { type Cx, taskOf } from "../cx.js";
import type { Op } from "../op.js";
import type { Task } from "../task.js";
import { checkBody } from "../validate.js";
import type { Flow } from "./flow.js";
import { Relay } from "./relay.js";
import { checkSource, type Source, takeEach } from "./source.js";

const SUPERSEDED: CancelRequest = { kind: "user", message: "superseded" };

/** Work for one value. */
export type LatestBody<T, R> = (
  cx: Cx,
  value: T,
) => Generator<Op<unknown>, R, unknown> | PromiseLike<R> | R;

/**
 * Runs `body` for each value of `source`, and gives what comes of it. A new value cancels the work for the one
 * before, with `user: superseded`, and its own work begins when that has drained: there is never more than
 * one. Values that come during the drain supersede each other without any work. After the last value its
 * work is waited for.
 *
 * One value waits at a time, so the source is taken from as fast as it gives, from the first `next` on. Of
 * results that came while the consumer was busy, it gets the latest. A failure of the work or of the
 * source cancels the other and fails the flow. Work that ends cancelled gives nothing.
 *
 * @example
 * ```ts
 * const inputs = events(cx, field, "input");
 * const hits = latest(cx, inputs, async (inner) => {
 *   const response = await inner.fetch(`/search?q=${encodeURIComponent(field.value)}`);
 *   return response.json<Hit[]>();
 * });
 * for await (const found of hits) show(found);
 * ```
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function latest<T, R>(cx: Cx, source: Source<T>, body: LatestBody<T, R>): Flow<R> {
  checkSource(source);
  checkBody(body);
  return new Relay<R>(taskOf(cx), "latest", async (worker, emit) => {
    let waiting: { readonly value: T } | undefined;
    let work: Task<R> | undefined;
    let working: Promise<void> | undefined;
    const begin = (): void => {
      if (waiting === undefined || worker.cancelled !== undefined) return;
      const { value } = waiting;
      waiting = undefined;
      const task = worker.spawn<R>((inner) => body(inner, value), { label: "latest work" });
      work = task;
      working = task.join().then((outcome) => {
        work = undefined;
        working = undefined;
        if (outcome.kind === "ok") emit(outcome.value);
        // A failure is the worker's own by now: it takes no more work.
        if (outcome.kind === "ok" || outcome.kind === "cancelled") begin();
      });
    };
    await takeEach(worker, source, "latest source", (value) => {
      waiting = { value };
      if (work === undefined) begin();
      else work.cancel(SUPERSEDED);
      return undefined;
    });
    while (working !== undefined) await working;
  });
}
