/** Owns `events`: the events of a target or an emitter, one by one, with a bound on those that wait. */
import { checkActive } from "../active.js";
import { type Cx, taskOf } from "../cx.js";
import { AsupersyncError } from "../errors.js";
import type { TaskRecord } from "../task.js";
import { checkWhole, invalidArgument } from "../validate.js";
import { checkEventOptions } from "./event.js";
import { type Flow, PushedFlow } from "./flow.js";
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

/**
 * What becomes of an event that comes when the buffer is full: `fail` ends the flow with `BUFFER_FULL`,
 * after what is held; `drop-oldest` and `drop-newest` leave one out and count it.
 */
export type EventOverflow = "fail" | "drop-oldest" | "drop-newest";

/** How a flow of events is set up. */
export interface EventsOptions<E, Narrow extends E = E> extends EventOptions<E, Narrow> {
  /** Events that are held while the task is busy; whole, from 1 to 2^20. Default 256. */
  readonly capacity?: number;
  /** Default `fail`: nothing is lost without a word. */
  readonly overflow?: EventOverflow;
}

/** Events as they come. */
export interface EventFlow<E> extends Flow<E> {
  /** Events that were left out so far, for want of room. */
  readonly dropped: number;
}

/** Some seconds of a pointer that moves, at one event a frame. */
const CAPACITY = 256;
const CAPACITY_MAX = 2 ** 20;

const EVENTS_OPTIONS = [...EVENT_OPTIONS, "capacity", "overflow"];
const OVERFLOWS: readonly unknown[] = ["fail", "drop-oldest", "drop-newest"];

/**
 * The events that `target` dispatches as `type`, from now on: listening begins with the call, and ends
 * with the loop, with {@link Flow.cancel} or with the task. There is no back-pressure on a target, so what
 * comes while the task is busy is held, up to `capacity`.
 *
 * @example
 * ```ts
 * for await (const { data } of events(cx, port, "message")) await handle(data);
 * ```
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`, `CX_ENDED`, `CX_FOREIGN`; the flow fails
 *   with `BUFFER_FULL` by its overflow, or with what `filter` throws.
 */
export function events<
  Target extends EventTarget,
  const Type extends EventTypeOf<Target>,
  E extends TargetEvent<Target, Type> = TargetEvent<Target, Type>,
>(
  cx: Cx,
  target: Target,
  type: Type,
  options?: EventsOptions<TargetEvent<Target, Type>, E>,
): EventFlow<E>;
/**
 * What an emitter emits as `type`, as the arguments that it was emitted with. An `error` fails the flow with
 * its first argument, as `on` of Node's `events` does.
 */
export function events<Args extends readonly unknown[] = readonly unknown[]>(
  cx: Cx,
  emitter: EmitterLike,
  type: string | symbol,
  options?: EventsOptions<Args>,
): EventFlow<Args>;
export function events(
  cx: Cx,
  target: unknown,
  type: string | symbol,
  options?: EventsOptions<never>,
): EventFlow<unknown> {
  const task = taskOf(cx);
  checkActive(task);
  checkTarget(target, type);
  checkEventOptions(options, EVENTS_OPTIONS);
  const capacity = checkWhole(options?.capacity ?? CAPACITY, 1, CAPACITY_MAX, "capacity");
  const overflow = options?.overflow ?? "fail";
  if (!OVERFLOWS.includes(overflow)) {
    const expected = 'the overflow "fail", "drop-oldest" or "drop-newest"';
    throw invalidArgument(overflow, expected, "pass one of the three or leave it out");
  }
  const flow = new HeardFlow(task, `events ${typeName(type)}`, capacity, overflow);
  flow.listen(() => listen(target, type, options, flow));
  return flow;
}

class HeardFlow extends PushedFlow<unknown> implements EventFlow<unknown> {
  dropped = 0;
  readonly #capacity: number;
  readonly #overflow: EventOverflow;
  #unlisten: (() => void) | undefined = undefined;

  constructor(task: TaskRecord, label: string, capacity: number, overflow: EventOverflow) {
    super(task, label);
    this.#capacity = capacity;
    this.#overflow = overflow;
  }

  listen(start: () => () => void): void {
    if (this.open()) this.#unlisten = start();
  }

  heard(event: unknown): void {
    if (this.give(event)) return;
    const { buffer } = this;
    if (buffer.length < this.#capacity) {
      buffer.push(event);
      return;
    }
    if (this.#overflow === "fail") {
      const received = `one more than the ${this.#capacity} events that may wait`;
      this.failed(new AsupersyncError("BUFFER_FULL", received));
      return;
    }
    this.dropped += 1;
    if (this.#overflow === "drop-newest") return;
    buffer.shift();
    buffer.push(event);
  }

  failed(error: unknown): void {
    this.fail(error);
  }

  protected override release(): undefined {
    this.#unlisten?.();
    this.#unlisten = undefined;
  }
}
