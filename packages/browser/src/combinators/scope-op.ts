/** Owns `cx.scope` and `cx.mask`: one body in a scope of its own. */
import { OutcomeCode, OwnershipFlag, PolicyCode } from "@asupersync/browser-core";
import type { Body } from "../body.js";
import { makeCancelledError } from "../cancel.js";
import { addOperation } from "../cx.js";
import type { Op, OpRecord } from "../op.js";
import { decodeScopeOptions, type ScopeOptions } from "../scope-options.js";
import { keepShape } from "../shapes.js";
import { decodeTaskOptions } from "../spawn.js";
import type { TaskOptions, TaskRecord } from "../task.js";
import { checkBody } from "../validate.js";
import { Composite, openBranches } from "./composite.js";

addOperation("scope", scopeOp);
addOperation("mask", maskOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Runs `body` in a scope of its own, and waits for it and for every child that it spawns. Fails with
     * the first failure among them. With `collect-all` a failed child leaves the others alone.
     *
     * @example
     * ```ts
     * const count = await cx.scope(
     *   async (inner) => {
     *     for (const url of urls) inner.spawn((own) => load(own, url)); // all have ended with the scope
     *     return urls.length;
     *   },
     *   { deadlineMs: 10_000 },
     * );
     * ```
     * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
     */
    scope<T>(body: Body<T>, options?: ScopeOpOptions): Op<T>;
    /**
     * Runs `body` shielded: a cancellation of this task does not reach it, and is noticed at the next wait
     * after it. The drain time bounds it: for what must not be left half done, not for long work.
     */
    mask<T>(body: Body<T>): Op<T>;
  }
}

/**
 * How the scope of {@link CoreCx.scope} is set up. What is asked of its budget is for the body and for
 * all that it spawns: each task gets the tighter of that and of what is left here.
 */
export interface ScopeOpOptions extends ScopeOptions, Omit<TaskOptions, "label" | "signal"> {}

const SCOPE_OP_OPTIONS = [
  "label",
  "policy",
  "priority",
  "polls",
  "deadlineMs",
  "signal",
] as const satisfies readonly (keyof ScopeOpOptions)[];

/** See {@link Cx.scope}. */
export function scopeOp<T>(task: TaskRecord, body: Body<T>, options?: ScopeOpOptions): Op<T> {
  checkBody(body);
  const { label, policy, signal } = decodeScopeOptions(options, SCOPE_OP_OPTIONS);
  const budget = options && checkedBudget(options);
  keepShape(task.scope.runtime, idleSingleBranch);
  const single = new SingleBranch(
    task,
    openBranches(task, {
      policy: PolicyCode.failFast,
      flags: 0,
      label: label ?? "scope",
    }),
  );
  single.follow(signal);
  const op = single.start<T>([body], budget);
  single.setChildPolicy(policy);
  return op;
}

/** What of the options is for the body. Checked before anything is opened. */
function checkedBudget(options: ScopeOpOptions): TaskOptions {
  const { label: _, policy: __, signal: ___, ...budget } = options;
  decodeTaskOptions(budget);
  return budget;
}

/** See {@link Cx.mask}. */
export function maskOp<T>(task: TaskRecord, body: Body<T>): Op<T> {
  checkBody(body);
  const flags = OwnershipFlag.shielded;
  return new SingleBranch(
    task,
    openBranches(task, { policy: PolicyCode.failFast, flags, label: "mask" }),
  ).start([body]);
}

/** One branch, which decides. */
export class SingleBranch extends Composite {
  /** The policy asked for is for what the body spawns; the scope itself has one branch only. */
  setChildPolicy(policy: ScopeOptions["policy"]): void {
    const [branch] = this.branches;
    if (branch !== undefined && policy === "collect-all") branch.more().childPolicy = policy;
  }

  follow(signal: AbortSignal | undefined): void {
    this.scope.follow(signal);
  }

  protected override decide(op: OpRecord): void {
    const own = this.ownCancellation();
    const { reason } = this.scope;
    const [branch] = this.branches;
    const isCancelled = branch === undefined || branch.code === OutcomeCode.cancelled;
    if (!isCancelled) this.followBranch(op, branch);
    // What its signal said is closer to the truth than that the branch's parent was cancelled.
    else if (own === undefined && reason !== undefined) op.fail(makeCancelledError(reason));
    else this.failCancelled(op);
  }
}

function idleSingleBranch(task: TaskRecord): SingleBranch {
  return new SingleBranch(task, task.scope);
}
