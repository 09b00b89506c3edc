/** Owns `cx.scope` and `cx.mask`: one body in a scope of its own. */
import { OwnershipFlag, PolicyCode } from "@asupersync/browser-core";
import type { Body } from "../body.js";
import type { Op, OpRecord } from "../op.js";
import { decodeScopeOptions, type ScopeOptions } from "../scope.js";
import type { TaskRecord } from "../task.js";
import { checkBody } from "../validate.js";
import { Composite } from "./composite.js";

/** See {@link Cx.scope}. */
export function scopeOp<T>(task: TaskRecord, body: Body<T>, options?: ScopeOptions): Op<T> {
  checkBody(body);
  const { label, policy } = decodeScopeOptions(options);
  const single = new SingleBranch(task, {
    policy: PolicyCode.failFast,
    flags: 0,
    label: label ?? "scope",
  });
  const op = single.start<T>([body]);
  single.setChildPolicy(policy);
  return op;
}

/** See {@link Cx.mask}. */
export function maskOp<T>(task: TaskRecord, body: Body<T>): Op<T> {
  checkBody(body);
  const flags = OwnershipFlag.shielded;
  return new SingleBranch(task, { policy: PolicyCode.failFast, flags, label: "mask" }).start([
    body,
  ]);
}

class SingleBranch extends Composite {
  /** The policy asked for is for what the body spawns; the scope itself has one branch only. */
  setChildPolicy(policy: ScopeOptions["policy"]): void {
    const [branch] = this.branches;
    if (branch !== undefined && policy === "collect-all") branch.more().childPolicy = policy;
  }

  override finish(op: OpRecord): void {
    this.ownCancellation();
    const [branch] = this.branches;
    if (branch === undefined) this.failCancelled(op);
    else this.followBranch(op, branch);
  }
}
