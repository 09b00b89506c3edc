/** Owns the barrier: nobody goes on before all have come. */
import type { Cx } from "../cx.js";
import { nextToken, type Op, type OpRecord, settledOp } from "../op.js";
import type { ScopeRecord } from "../scope.js";
import { checkWhole } from "../validate.js";
import { askNow, mustPause, pause, waitFor } from "./ask.js";
import { GateWait, openGate } from "./gate.js";
import type { Line } from "./line.js";
import { type Owner, scopeOf, userOf } from "./owner.js";

/** How a task passed a {@link Barrier}. */
export interface BarrierPass {
  /** Whether it was the last to come; of each round one is. */
  readonly isLeader: boolean;
  /** Rounds before this one. */
  readonly round: number;
}

/**
 * Opens a barrier for `parties` tasks, which goes with `owner`: where they meet, as often as they like.
 *
 * @param parties Whole, at least 1.
 * @throws {AsupersyncError} `INVALID_NUMBER`, `FORGED_HANDLE`; `LIMIT_REACHED` at 2^20 semaphores of a
 *   runtime; `LOCK_CLOSED` if the owner has closed.
 * @example
 * ```ts
 * const start = barrier(runtime, 3);
 * for (const player of players) {
 *   runtime.spawn(async (cx) => {
 *     await load(cx, player);
 *     await start.wait(cx); // nobody plays before all have loaded
 *     await play(cx, player);
 *   });
 * }
 * ```
 */
export function barrier(owner: Owner, parties: number): Barrier {
  const checked = checkWhole(parties, 1, 2 ** 31 - 1, "parties");
  return new Barrier(scopeOf(owner), checked);
}

/** Where a number of tasks meet; see {@link barrier}. */
export class Barrier {
  /** How many meet. */
  readonly parties: number;
  readonly #state: State;

  /** @internal */
  constructor(scope: ScopeRecord, parties: number) {
    this.parties = parties;
    this.#state = { parties, scope, gate: openGate(scope, NAME), round: 0 };
  }

  /**
   * Waits until as many tasks wait as the barrier is for. Cancel-safe: a task whose wait fails has not
   * come, and the others wait for another one.
   *
   * @throws {CancelledError} When the task is cancelled, also where it is the last to come.
   * @throws {AsupersyncError} `LOCK_CLOSED` if its owner closes first; `LIMIT_REACHED` at 2^20 semaphores
   *   of a runtime, of which it needs two when the last one comes, who then has not; and what is wrong
   *   with the `cx`.
   */
  wait(cx: Cx): Op<BarrierPass> {
    const state = this.#state;
    const task = userOf(cx, state.gate.runtime);
    if (mustPause(task)) return pause(task, new Arrival(state));
    if (isLast(state)) return settledOp(task, passAsLeader(state));
    const answer = askNow(task, state.gate, 1, nextToken(task));
    return waitFor(task, answer, new Arrival(state));
  }
}

interface State {
  readonly parties: number;
  readonly scope: ScopeRecord;
  /** What those wait for who have come. The last one to come ends it, and puts another in its place. */
  gate: Line;
  /** Rounds that are over. */
  round: number;
}

/** Whether only one more has to come. Who waits has come: the kernel takes out who is cancelled or ends. */
function isLast({ gate, parties }: State): boolean {
  const arrived = gate.waiting;
  if (arrived < 0) throw gate.refusal(arrived);
  return arrived + 1 >= parties;
}

function passAsLeader(state: State): BarrierPass {
  const { gate, scope, round } = state;
  state.gate = openGate(scope, NAME);
  state.round += 1;
  // All who wait are told by its end.
  gate.drop();
  return { isLeader: true, round };
}

/** One task on its way through. */
class Arrival extends GateWait {
  readonly #state: State;
  #round: number;

  constructor(state: State) {
    super(state.gate);
    this.#state = state;
    this.#round = state.round;
  }

  protected override begin(op: OpRecord): void {
    if (isLast(this.#state)) {
      op.fulfil(passAsLeader(this.#state));
      return;
    }
    this.line = this.#state.gate;
    this.#round = this.#state.round;
    super.begin(op);
  }

  protected override isOpen(): boolean {
    return this.#round < this.#state.round;
  }

  protected override pass(): BarrierPass {
    return { isLeader: false, round: this.#round };
  }
}

const NAME = "barrier";
