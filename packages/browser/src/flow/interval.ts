/** Owns `interval`: ticks at equal distances, and what becomes of those that were missed. */
import { checkActive } from "../active.js";
import { type Cx, taskOf } from "../cx.js";
import { AsupersyncError } from "../errors.js";
import { type Op, type OpRecord, type OpSource, OpState } from "../op.js";
import type { TaskRecord } from "../task.js";
import { checkDuration, checkOptions, invalidArgument } from "../validate.js";
import { type Flow, FlowBase, refusedNext } from "./flow.js";

/**
 * What an interval does when it is asked for a tick after further ones were due: its task was slow, or
 * the machine slept.
 *
 * - `skip` leaves them out and says how many; the next tick is the next one on the old grid. The pace is
 *   kept, and a page that was hidden for an hour does not do an hour's work at once.
 * - `burst` gives each of them, one after the other without a pause, until it has caught up. For work that
 *   must be done as often as time has passed.
 * - `delay` begins a new grid: the next tick is one period after this one was given. For pauses that must
 *   not be shorter than the period.
 */
export type MissedTicks = "skip" | "burst" | "delay";

/** How an interval is set up. */
export interface IntervalOptions {
  /** Default `skip`. */
  readonly missed?: MissedTicks;
}

/** One tick of an interval. */
export interface Tick {
  /** When it was due, in milliseconds of runtime time. It is given then or later. */
  readonly due: number;
  /** Ticks after this one that were due by now and are left out; always 0 but with `skip`. */
  readonly missed: number;
}

/**
 * Ticks every `ms` milliseconds from now on; the first tick is due at once. Being late does not add up:
 * the ticks stand on a grid. A tick that is due already lets others run first.
 *
 * @param ms Milliseconds, finite and more than 0.
 *
 * @example
 * ```ts
 * for await (const { missed } of interval(cx, 1_000)) clock.advance(1 + missed);
 * ```
 * @throws {AsupersyncError} `INVALID_NUMBER`, `INVALID_ARGUMENT`, `CX_ENDED`, `CX_FOREIGN`.
 */
export function interval(cx: Cx, ms: number, options?: IntervalOptions): Flow<Tick> {
  const task = taskOf(cx);
  checkActive(task);
  const period = checkDuration(ms, "period");
  if (period === 0) {
    throw new AsupersyncError("INVALID_NUMBER", "0", {
      expected: "more than 0 milliseconds as period",
      mend: "pass the distance of two ticks; without any there is cx.checkpoint in a loop",
    });
  }
  checkOptions(options, ["missed"], "interval options");
  const missed = options?.missed ?? "skip";
  if (missed !== "skip" && missed !== "burst" && missed !== "delay") {
    const expected = 'missed to be "skip", "burst" or "delay"';
    throw invalidArgument(missed, expected, "pass one of the three or leave it out");
  }
  return new Interval(task, period, missed);
}

class Interval extends FlowBase<Tick> implements OpSource {
  readonly #period: number;
  readonly #missed: MissedTicks;
  #due: number;
  #waiting: OpRecord | undefined = undefined;
  #stage: "ticking" | "over" = "ticking";

  constructor(task: TaskRecord, period: number, missed: MissedTicks) {
    super(task);
    this.#period = period;
    this.#missed = missed;
    this.#due = this.#now();
  }

  next(): Op<IteratorResult<Tick, undefined>> {
    return this.asOwner(() => this.#next());
  }

  #next(): Op<IteratorResult<Tick, undefined>> {
    if (this.#waiting?.state === OpState.pending) throw refusedNext();
    const wait = this.#stage === "over" ? 0 : Math.max(0, this.#due - this.#now());
    const op = this.sleep(wait, this);
    this.#waiting = op;
    return op;
  }

  cancel(): void {
    // A tick that is waited for comes when it is due, as the end: there is nothing to take back.
    this.#stage = "over";
  }

  protected drained(): undefined {}

  finish(op: OpRecord): void {
    if (this.#stage === "over") op.fulfil({ done: true, value: undefined });
    else op.fulfil({ done: false, value: this.#give() });
  }

  /** The tick that is due, and when the next one is. */
  #give(): Tick {
    const due = this.#due;
    const period = this.#period;
    const now = this.#now();
    const missed = this.#missed === "skip" ? Math.floor(Math.max(0, now - due) / period) : 0;
    this.#due = (this.#missed === "delay" ? now : due + missed * period) + period;
    return { due, missed };
  }

  #now(): number {
    return this.task.scope.runtime.port.now();
  }
}
