/** Owns `cx.event`: the next event of a target or an emitter. */
import { addOperation } from "../cx.js";
import type { Op } from "../op.js";
import type { TaskRecord } from "../task.js";
import { checkFlag, checkListener, checkOptions } from "../validate.js";
import { callbackOp } from "./callback.js";
import {
  checkTarget,
  type EmitterLike,
  EVENT_OPTIONS,
  type EventOptions,
  type EventTypeOf,
  listen,
  type TargetEvent,
  typeName,
} from "./target.js";

addOperation("event", eventOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Waits for one event: the next that `filter` lets pass. Listening begins at once and ends with the
     * wait, however that ends.
     *
     * The body goes on in a microtask after the dispatch: what has to happen during it, such as
     * `preventDefault()`, belongs in `filter`.
     *
     * @example
     * ```ts
     * const { key } = await cx.event(window, "keydown", { filter: (event) => !event.repeat });
     * ```
     * @throws {AsupersyncError} `INVALID_ARGUMENT`. What `filter` throws fails the operation.
     */
    event<
      Target extends EventTarget,
      const Type extends EventTypeOf<Target>,
      E extends TargetEvent<Target, Type> = TargetEvent<Target, Type>,
    >(target: Target, type: Type, options?: EventOptions<TargetEvent<Target, Type>, E>): Op<E>;
    /**
     * Waits for one event of an emitter, and gives the arguments that it was emitted with. An `error` that
     * comes before it fails the operation with its first argument, as `once` of Node does.
     */
    event<Args extends readonly unknown[] = readonly unknown[]>(
      emitter: EmitterLike,
      type: string | symbol,
      options?: EventOptions<Args>,
    ): Op<Args>;
  }
}

function eventOp(
  task: TaskRecord,
  target: unknown,
  type: string,
  options?: EventOptions<never>,
): Op<unknown> {
  checkTarget(target, type);
  checkEventOptions(options, EVENT_OPTIONS);
  return callbackOp<unknown>(task, `event ${typeName(type)}`, (heard, failed) =>
    listen(target, type, options, { heard, failed }),
  );
}

/**
 * Checks how events are to be listened to.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkEventOptions(
  options: EventOptions<never> | undefined,
  known: readonly string[],
): void {
  checkOptions(options, known, "event options");
  if (options?.filter !== undefined) checkListener(options.filter, "filter");
  checkFlag(options?.capture, "capture");
  checkFlag(options?.passive, "passive");
}
