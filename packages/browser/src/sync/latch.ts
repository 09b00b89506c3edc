/** Owns the latch: it opens when a count has come to nothing, and stays open. */
import type { Cx } from "../cx.js";
import { type Op, settledOp } from "../op.js";
import { checkWhole } from "../validate.js";
import { ask, mustPause, pause, waitFor } from "./ask.js";
import { GateWait, openGate } from "./gate.js";
import type { Line } from "./line.js";
import { type Owner, scopeOf, userOf } from "./owner.js";

/**
 * Opens a latch, which goes with `owner`: whoever waits for it goes on once it was counted down `count`
 * times.
 *
 * @param count Whole, at least 0. One of 0 is open from the start.
 * @throws {AsupersyncError} `INVALID_NUMBER`, `FORGED_HANDLE`; `LIMIT_REACHED` at 2^20 semaphores of a
 *   runtime; `LOCK_CLOSED` if the owner has closed.
 * @example
 * ```ts
 * const loaded = latch(runtime, images.length);
 * for (const image of images) image.addEventListener("load", () => loaded.countDown(), { once: true });
 * await loaded.wait(cx);
 * ```
 */
export function latch(owner: Owner, count: number): Latch {
  const checked = checkWhole(count, 0, Number.MAX_SAFE_INTEGER, "count");
  return new Latch(openGate(scopeOf(owner), "latch"), checked);
}

/** A count that lets all pass at 0; see {@link latch}. */
export class Latch {
  readonly #state: State;

  /** @internal */
  constructor(gate: Line, count: number) {
    this.#state = { gate, count };
    if (count === 0) gate.drop();
  }

  /** How often it is still to be counted down. */
  get count(): number {
    return this.#state.count;
  }

  /**
   * Counts down, from anywhere; at 0 it opens. One that is open stays so.
   *
   * @param by Whole, at least 1; default 1. More than there is left counts to 0.
   * @throws {AsupersyncError} `INVALID_NUMBER`.
   */
  countDown(by = 1): void {
    checkWhole(by, 1, Number.MAX_SAFE_INTEGER, "count");
    const state = this.#state;
    if (state.count === 0) return;
    state.count = Math.max(state.count - by, 0);
    if (state.count === 0) state.gate.drop();
  }

  /**
   * Waits until it is open. Cancel-safe: waiting changes nothing.
   *
   * @throws {CancelledError} When the task is cancelled, also where it is open.
   * @throws {AsupersyncError} `LOCK_CLOSED` if its owner closes first; and what is wrong with the `cx`.
   */
  wait(cx: Cx): Op<void> {
    const state = this.#state;
    const task = userOf(cx, state.gate.runtime);
    if (state.count > 0) return waitFor(task, ask(task, state.gate, 1), new LatchWait(state));
    if (mustPause(task)) return pause(task, new LatchWait(state));
    return settledOp<void>(task, undefined);
  }
}

interface State {
  readonly gate: Line;
  count: number;
}

class LatchWait extends GateWait {
  readonly #state: State;

  constructor(state: State) {
    super(state.gate);
    this.#state = state;
  }

  protected override isOpen(): boolean {
    return this.#state.count === 0;
  }
}
