/** Owns `cx.race`: the first to end decides, the others are cancelled and drained. */
import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import type { Body, BodyValue } from "../body.js";
import { addOperation } from "../cx.js";
import { AsupersyncError } from "../errors.js";
import type { Op, OpRecord } from "../op.js";
import { keepShape } from "../shapes.js";
import { type TaskRecord, thrownBy } from "../task.js";
import { type BranchesOptions, checkBranches } from "./branches.js";
import { Composite, openBranches } from "./composite.js";

addOperation("race", raceOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Runs all bodies; the first that gives a value or fails decides. The others are cancelled, and it
     * settles when they have drained.
     *
     * @example
     * ```ts
     * const page = await cx.race([mirrorA, mirrorB]); // the slower one has let go by now
     * ```
     * @throws {AsupersyncError} `EMPTY_RACE` for no bodies.
     */
    race<const B extends readonly Body<unknown>[]>(
      bodies: B,
      options?: BranchesOptions,
    ): Op<BodyValue<B[number]>>;
  }
}

/** See {@link Cx.race}. */
export function raceOp<T>(
  task: TaskRecord,
  bodies: readonly Body<unknown>[],
  options?: BranchesOptions,
): Op<T> {
  const label = checkBranches("race", bodies, options);
  if (bodies.length === 0) throw new AsupersyncError("EMPTY_RACE", "no body");
  keepShape(task.scope.runtime, idleRace);
  return new Race(task, openBranches(task, { policy: PolicyCode.race, flags: 0, label })).start(
    bodies,
  );
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

function idleRace(task: TaskRecord): Race {
  return new Race(task, task.scope);
}
