/** Owns the notification: that something has happened, without saying what. */
import type { Cx } from "../cx.js";
import { nextToken, type Op, type OpRecord, settledOp } from "../op.js";
import type { ScopeRecord } from "../scope.js";
import { askNow, mustPause, pause, waitFor } from "./ask.js";
import { GateWait, openGate } from "./gate.js";
import type { Line } from "./line.js";
import { type Owner, scopeOf, userOf } from "./owner.js";

/**
 * Opens a notification, which goes with `owner`. It remembers one that nobody waited for, so that
 * whoever checks a condition and then waits misses nothing.
 *
 * @throws {AsupersyncError} `FORGED_HANDLE`; `LIMIT_REACHED` at 2^20 semaphores of a runtime;
 *   `LOCK_CLOSED` if the owner has closed.
 * @example
 * ```ts
 * const changed = notify(runtime);
 * runtime.spawn(async (cx) => {
 *   for (;;) {
 *     while (dirty.size > 0) await save(cx, dirty);
 *     await changed.notified(cx);
 *   }
 * });
 * input.addEventListener("input", () => changed.notifyOne());
 * ```
 */
export function notify(owner: Owner): Notify {
  return new Notify(scopeOf(owner));
}

/** What wakes tasks that wait; see {@link notify}. */
export class Notify {
  readonly #state: State;

  /** @internal */
  constructor(scope: ScopeRecord) {
    this.#state = { scope, gate: openGate(scope, NAME) };
  }

  /**
   * Wakes the task that has waited longest, from anywhere; if none waits, the next one that would does
   * not. Notifications that nobody waited for count as one. One that a task was woken with and did not
   * take, since it was cancelled, goes to the next.
   */
  notifyOne(): void {
    const { gate } = this.#state;
    // One that went with its owner has nobody to notify.
    if (gate.available === 0) gate.add(1);
  }

  /**
   * Wakes every task that waits now, from anywhere. It is not remembered.
   *
   * @throws {AsupersyncError} `LIMIT_REACHED` at 2^20 semaphores of a runtime, of which it needs one more
   *   for a moment; nobody is woken then.
   */
  notifyAll(): void {
    if (this.#state.gate.waiting > 0) replaceGate(this.#state, 0);
  }

  /**
   * Waits for a notification, or takes the one that is remembered. Cancel-safe: one that fails has taken
   * none.
   *
   * @throws {CancelledError} When the task is cancelled, also where one is remembered.
   * @throws {AsupersyncError} `LOCK_CLOSED` once its owner has closed; and what is wrong with the `cx`.
   */
  notified(cx: Cx): Op<void> {
    const state = this.#state;
    const task = userOf(cx, state.gate.runtime);
    if (mustPause(task)) return pause(task, new NotifyWait(state));
    forgetMoreThanOne(state);
    const answer = askNow(task, state.gate, 1, nextToken(task));
    if (answer <= 0) return waitFor(task, answer, new NotifyWait(state));
    state.gate.commit(answer);
    return settledOp<void>(task, undefined);
  }
}

interface State {
  readonly scope: ScopeRecord;
  /** Has a permit while a notification is remembered. Replaced when all are notified. */
  gate: Line;
}

function replaceGate(state: State, permits: number): void {
  const { gate, scope } = state;
  state.gate = openGate(scope, NAME, permits);
  gate.drop();
}

/** One notification is remembered at most, also after some went back. Nobody waits where there are more. */
function forgetMoreThanOne(state: State): void {
  if (state.gate.available > 1) replaceGate(state, 1);
}

class NotifyWait extends GateWait {
  readonly #state: State;

  constructor(state: State) {
    super(state.gate);
    this.#state = state;
  }

  protected override begin(op: OpRecord): void {
    forgetMoreThanOne(this.#state);
    this.line = this.#state.gate;
    super.begin(op);
  }

  protected override isOpen(): boolean {
    return this.line !== this.#state.gate;
  }
}

const NAME = "notify";
