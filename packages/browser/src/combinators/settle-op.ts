/** Owns `cx.settle`: how every body ended, whatever that is. */
import { PolicyCode } from "@asupersync/browser-core";
import type { Body, BodyValue } from "../body.js";
import { addOperation } from "../cx.js";
import type { Op, OpRecord } from "../op.js";
import type { Outcome } from "../outcome.js";
import { keepShape } from "../shapes.js";
import type { TaskRecord } from "../task.js";
import { type BranchesOptions, checkBranches } from "./branches.js";
import { Composite, openBranches } from "./composite.js";

addOperation("settle", settleOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Runs all bodies, waits until every one has ended, and gives their outcomes in the order of
     * `bodies`. None of them cancels another, and no failure of one is a failure of this. Of no bodies
     * the outcomes are `[]`.
     *
     * A cancellation of the task while it waits shows in the outcomes, so that no value is lost, and in
     * the next wait.
     *
     * @example
     * ```ts
     * const [user, posts] = await cx.settle([loadUser, loadPosts]);
     * if (user.kind === "ok") show(user.value);
     * ```
     * @throws {CancelledError} When the task was cancelled before: nothing has started.
     */
    settle<const B extends readonly Body<unknown>[]>(
      bodies: B,
      options?: BranchesOptions,
    ): Op<{ -readonly [K in keyof B]: Outcome<BodyValue<B[K]>> }>;
  }
}

/** See {@link Cx.settle}. */
function settleOp<T>(
  task: TaskRecord,
  bodies: readonly Body<unknown>[],
  options?: BranchesOptions,
): Op<T> {
  const label = checkBranches("settle", bodies, options);
  keepShape(task.scope.runtime, idleSettle);
  return new Settle(
    task,
    openBranches(task, { policy: PolicyCode.collectAll, flags: 0, label }),
  ).start(bodies);
}

class Settle extends Composite {
  protected override get givesAll(): boolean {
    return true;
  }

  protected override decide(op: OpRecord): void {
    this.ownCancellation();
    if (this.haveAllStarted) op.fulfil(this.branches.map((branch) => branch.outcome));
    else this.failCancelled(op);
  }
}

function idleSettle(task: TaskRecord): Settle {
  return new Settle(task, task.scope);
}
