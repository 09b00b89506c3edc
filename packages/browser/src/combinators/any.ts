/** Owns `cx.any`: the first value decides, the others are cancelled and drained. */

import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import type { Body, BodyValue } from "../body.js";
import { addOperation } from "../cx.js";
import { AsupersyncError } from "../errors.js";
import type { Op, OpRecord } from "../op.js";
import { describeThrown } from "../outcome.js";
import { keepShape } from "../shapes.js";
import { type TaskRecord, thrownBy } from "../task.js";
import { AllFailedError } from "./all-failed-error.js";
import { type BranchesOptions, checkBranches } from "./branches.js";
import { Composite, openBranches } from "./composite.js";

addOperation("any", anyOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Runs all bodies; the first that gives a value decides, and failures are passed over. The others are
     * cancelled, and it settles when they have drained. When all have failed it fails with
     * {@link AllFailedError}, which has what each of them threw.
     *
     * @example
     * ```ts
     * const config = await cx.any([fromCache, fromNetwork]);
     * ```
     * @throws {AsupersyncError} `EMPTY_RACE` for no bodies.
     */
    any<const B extends readonly Body<unknown>[]>(
      bodies: B,
      options?: BranchesOptions,
    ): Op<BodyValue<B[number]>>;
  }
}

/** See {@link Cx.any}. */
export function anyOp<T>(
  task: TaskRecord,
  bodies: readonly Body<unknown>[],
  options?: BranchesOptions,
): Op<T> {
  const label = checkBranches("any", bodies, options);
  if (bodies.length === 0) throw new AsupersyncError("EMPTY_RACE", "no body");
  keepShape(task.scope.runtime, idleAny);
  return new Any(task, openBranches(task, { policy: PolicyCode.any, flags: 0, label })).start(
    bodies,
  );
}

/** The first value of its branches decides, and their failures are its own to look at. */
export class Any extends Composite {
  protected override decide(op: OpRecord): void {
    this.ownCancellation();
    const { branches, winner } = this;
    if (winner === undefined && branches.length > 0 && branches.every(hasFailed)) {
      this.allFailed(op);
      return;
    }
    if (winner === undefined) this.failCancelled(op);
    else op.fulfil(winner.value);
    // That a body failed is what this operation is for. That it left something behind is not.
    const { unobserved } = this.task.scope.runtime;
    for (const branch of branches) {
      if (branch.code === OutcomeCode.panicked) unobserved.report(branch);
    }
  }

  /** The branch whose value decides. */
  protected get winner(): TaskRecord | undefined {
    return this.scope.winner;
  }

  /** Fails `op`: no branch gave a value. */
  protected allFailed(op: OpRecord): void {
    op.fail(allFailed(this.branches.map(thrownBy)));
  }
}

function hasFailed({ code }: TaskRecord): boolean {
  return code === OutcomeCode.err || code === OutcomeCode.panicked;
}

function allFailed(errors: readonly unknown[]): AllFailedError {
  const count = `${errors.length} ${errors.length === 1 ? "failure" : "failures"}`;
  return new AllFailedError(
    `${count}, the first ${describeThrown(errors[0])}`,
    Object.freeze(errors),
  );
}

function idleAny(task: TaskRecord): Any {
  return new Any(task, task.scope);
}
