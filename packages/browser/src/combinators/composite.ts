/** Owns what operations on bodies share: a scope of their own, branches in it, and one drained wait. */
import {
  CancelKindCode,
  ErrorKindCode,
  OutcomeCode,
  type PolicyCode,
} from "@asupersync/browser-core";
import { checkActive } from "../active.js";
import type { Body } from "../body.js";
import { makeCancelledError } from "../cancel.js";
import { AsupersyncError, refusal } from "../errors.js";
import type { Failures } from "../failures.js";
import type { Handed } from "../hand-over.js";
import { closeOp, type Op, type OpRecord, type OpSource, OpState, openOp } from "../op.js";
import { type ScopeRecord, ScopeRole } from "../scope.js";
import { spawnIn } from "../spawn.js";
import { panicError, type TaskOptions, type TaskRecord, thrownBy } from "../task.js";

/** How the scope of a composite operation is opened. */
export interface BranchesSetup {
  readonly policy: PolicyCode;
  /** By `OwnershipFlag`. */
  readonly flags: number;
  readonly label: string;
  /** Milliseconds from now after which its branches are cancelled, if there is a limit. */
  readonly limitMs?: number;
}

/**
 * Opens the scope of an operation of `task`.
 *
 * @throws {AsupersyncError} For a task whose cx is not to be used here, or what the kernel refuses.
 */
export function openBranches(task: TaskRecord, setup: BranchesSetup): ScopeRecord {
  checkActive(task);
  const { runtime } = task.scope;
  const { policy, flags, label, limitMs } = setup;
  const handle = runtime.port.region_open_in(task.handle, policy, flags);
  if (handle < 0) throw refusal(handle, `task "${task.label}"`);
  let { deadline } = task;
  if (limitMs !== undefined) {
    const limit = runtime.port.region_timeout(handle, limitMs);
    deadline = Math.min(limit, deadline ?? limit);
  }
  return runtime.addScope({
    runtime,
    handle,
    role: ScopeRole.composite,
    policy,
    label,
    parent: undefined,
    owner: task,
    deadline,
  });
}

/**
 * An operation whose branches are tasks. It settles only when every one of them has ended, clean-up
 * included: a cancellation of its task reaches the branches, and the wait goes on until they drained.
 */
export abstract class Composite implements OpSource {
  protected readonly task: TaskRecord;
  protected readonly scope: ScopeRecord;
  protected branches: readonly TaskRecord[] = [];
  /** How many branches were asked for: those of a cancelled task do not start. */
  #expected = 0;

  /** @param scope Its own, by {@link openBranches}. */
  constructor(task: TaskRecord, scope: ScopeRecord) {
    this.task = task;
    this.scope = scope;
  }

  /** Its name in dumps: that of the scope it opened. */
  get label(): string {
    return this.scope.label;
  }

  finish(op: OpRecord): void {
    this.decide(op);
    const { handed } = this.scope;
    if (handed === undefined) return;
    for (const each of handed) if (!this.#passesOn(op, each)) each.owed.abort();
  }

  /** Settles `op` by what the branches came to: all that started have ended. */
  protected abstract decide(op: OpRecord): void;

  /** Whether the value of every branch that gave one is in the operation's, or else that of one is it. */
  protected get givesAll(): boolean {
    return false;
  }

  /**
   * Starts the branches and the wait for them.
   *
   * @param options Of each branch.
   * @throws {AsupersyncError} What the kernel refuses, with the branches cancelled.
   */
  start<T>(bodies: readonly Body<unknown>[], options?: TaskOptions): Op<T> {
    const { task, scope } = this;
    const { port } = task.scope.runtime;
    this.#expected = bodies.length;
    try {
      this.branches = bodies.map((body) => spawnIn(scope, body, options));
    } catch (error) {
      // The scope of a cancelled task is cancelled from birth: nothing starts, and the wait fails.
      const isBornCancelled = error instanceof AsupersyncError && error.code === "SCOPE_CLOSED";
      if (!isBornCancelled) {
        port.region_cancel(scope.handle, CancelKindCode.user, "");
        throw error;
      }
    }
    const op = openOp<T>(task, this);
    let answer = port.region_join(task.handle, scope.handle, op.token);
    // Born cancelled and empty, it has closed already: any wait of the task fails in its place.
    if (answer === -ErrorKindCode.staleHandle) answer = port.task_sleep(task.handle, 0, op.token);
    if (answer < 0) {
      closeOp(op);
      port.region_cancel(scope.handle, CancelKindCode.user, "");
      throw refusal(answer, `task "${task.label}"`);
    }
    return op;
  }

  /** Settles `op` like one branch ended. */
  protected followBranch(op: OpRecord, branch: TaskRecord): void {
    const failures = branch.extras?.failures;
    if (branch.code === OutcomeCode.cancelled) this.failCancelled(op, branch);
    else if (branch.code === OutcomeCode.panicked) op.fail(thrownBy(branch));
    else if (failures !== undefined) this.failWith(op, failures);
    else if (branch.code === OutcomeCode.ok) op.fulfil(branch.value);
    else op.fail(branch.value);
  }

  /** Fails `op` with the first failure; the others go with it if the body rethrows it. */
  protected failWith(op: OpRecord, failures: Failures): void {
    if (failures.panic !== undefined) {
      op.fail(panicError(failures.panic));
      return;
    }
    op.fail(failures.first);
    this.task.more().composite = failures;
  }

  /** Fails `op` for a cancellation: the task's own if it came from there, else that of `branch`. */
  protected failCancelled(op: OpRecord, branch = this.branches.find(isCancelled)): void {
    const { runtime } = this.task.scope;
    const { reason } = this.scope;
    const own = this.ownCancellation();
    if (own !== undefined && reason?.kind === "parent-cancelled") {
      op.fail(own);
      return;
    }
    if (branch !== undefined) op.fail(branch.value);
    else op.fail(reason === undefined ? runtime.reasons.errorFor(0) : makeCancelledError(reason));
  }

  /**
   * The task's own cancellation, if there is one. A drained wait that ended well is how a body may
   * first come to it, so it is noted as observed.
   */
  protected ownCancellation(): TaskRecord["cancelError"] {
    const { task } = this;
    const { port, reasons } = task.scope.runtime;
    const reason = port.task_reason(task.handle);
    if (reason !== 0) task.cancelError = reasons.errorFor(reason);
    return task.cancelError;
  }

  /** Whether the task gets what a branch returned, and with it the obligation that it holds. */
  #passesOn({ state, value }: OpRecord, handed: Handed): boolean {
    if (state !== OpState.fulfilled) return false;
    const { code } = handed.branch;
    return value === handed.value || (this.givesAll && code === OutcomeCode.ok);
  }

  /** Whether every branch that was asked for has started. */
  protected get haveAllStarted(): boolean {
    return this.branches.length === this.#expected;
  }
}

function isCancelled({ code }: TaskRecord): boolean {
  return code === OutcomeCode.cancelled;
}
