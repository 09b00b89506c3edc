/** Owns `cx.all`: every value, or the first failure. */
import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import type { Body, BodyValue } from "../body.js";
import { addOperation } from "../cx.js";
import type { Op, OpRecord } from "../op.js";
import { keepShape } from "../shapes.js";
import type { TaskRecord } from "../task.js";
import { type BranchesOptions, checkBranches } from "./branches.js";
import { Composite, openBranches } from "./composite.js";

addOperation("all", allOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Runs all bodies, and gives their values in the order of `bodies`. The first failure cancels the
     * others; when all have drained it fails with that. Of no bodies the values are `[]`.
     *
     * @example
     * ```ts
     * const [user, posts] = await cx.all([loadUser, loadPosts]);
     * ```
     */
    all<const B extends readonly Body<unknown>[]>(
      bodies: B,
      options?: BranchesOptions,
    ): Op<{ -readonly [K in keyof B]: BodyValue<B[K]> }>;
  }
}

/** See {@link Cx.all}. */
export function allOp<T>(
  task: TaskRecord,
  bodies: readonly Body<unknown>[],
  options?: BranchesOptions,
): Op<T> {
  const label = checkBranches("all", bodies, options);
  keepShape(task.scope.runtime, idleAll);
  return new All(task, openBranches(task, { policy: PolicyCode.failFast, flags: 0, label })).start(
    bodies,
  );
}

class All extends Composite {
  protected override get givesAll(): boolean {
    return true;
  }

  protected override decide(op: OpRecord): void {
    this.ownCancellation();
    const { failures } = this.scope;
    if (failures !== undefined) this.failWith(op, failures);
    else if (this.haveAllStarted && this.branches.every(isOk)) {
      op.fulfil(this.branches.map((branch) => branch.value));
    } else this.failCancelled(op);
  }
}

function isOk({ code }: TaskRecord): boolean {
  return code === OutcomeCode.ok;
}

function idleAll(task: TaskRecord): All {
  return new All(task, task.scope);
}
