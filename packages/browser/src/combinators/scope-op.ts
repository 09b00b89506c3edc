/** Owns `cx.scope` and `cx.mask`: one body in a scope of its own. */
import { OwnershipFlag, PolicyCode } from "@asupersync/browser-core";
import type { Body } from "../body.js";
import type { Op, OpRecord } from "../op.js";
import { decodeScopeOptions, type ScopeOptions } from "../scope.js";
import { decodeTaskOptions } from "../spawn.js";
import type { TaskOptions, TaskRecord } from "../task.js";
import { checkBody } from "../validate.js";
import { Composite } from "./composite.js";

/**
 * How the scope of {@link CoreCx.scope} is set up. What is asked of its budget is for the body and for
 * all that it spawns: each task gets the tighter of that and of what is left here.
 */
export interface ScopeOpOptions extends ScopeOptions, Omit<TaskOptions, "label"> {}

const SCOPE_OP_OPTIONS = [
  "label",
  "policy",
  "priority",
  "polls",
  "deadlineMs",
] as const satisfies readonly (keyof ScopeOpOptions)[];

/** See {@link Cx.scope}. */
export function scopeOp<T>(task: TaskRecord, body: Body<T>, options?: ScopeOpOptions): Op<T> {
  checkBody(body);
  const { label, policy } = decodeScopeOptions(options, SCOPE_OP_OPTIONS);
  const { label: _, policy: __, ...budget } = options ?? {};
  decodeTaskOptions(budget);
  const single = new SingleBranch(task, {
    policy: PolicyCode.failFast,
    flags: 0,
    label: label ?? "scope",
  });
  const op = single.start<T>([body], options && budget);
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

/** One branch, which decides. */
export class SingleBranch extends Composite {
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
