/** Owns `cx.race`: the first to end decides, the others are cancelled and drained. */
import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import type { Body } from "../body.js";
import { AsupersyncError } from "../errors.js";
import type { Op, OpRecord } from "../op.js";
import { type TaskRecord, thrownBy } from "../task.js";
import { type BranchesOptions, checkBranches } from "./all.js";
import { Composite } from "./composite.js";

/** See {@link Cx.race}. */
export function raceOp<T>(
  task: TaskRecord,
  bodies: readonly Body<unknown>[],
  options?: BranchesOptions,
): Op<T> {
  const label = checkBranches("race", bodies, options);
  if (bodies.length === 0) throw new AsupersyncError("EMPTY_RACE", "no body");
  return new Race(task, { policy: PolicyCode.race, flags: 0, label }).start(bodies);
}

class Race extends Composite {
  protected override decide(op: OpRecord): void {
    this.ownCancellation();
    const { winner } = this.scope;
    if (winner === undefined) this.failCancelled(op);
    else if (winner.code === OutcomeCode.ok) op.fulfil(winner.value);
    else op.fail(thrownBy(winner));
  }
}
