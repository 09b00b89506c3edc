/** Owns `cx.all`: every value, or the first failure. */
import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import type { Body } from "../body.js";
import type { Op, OpRecord } from "../op.js";
import type { TaskRecord } from "../task.js";
import { checkBodies, checkLabel, checkOptions } from "../validate.js";
import { Composite } from "./composite.js";

/** How an operation on several bodies is set up. */
export interface BranchesOptions {
  /** Its name in snapshots; 200 characters are kept. Default: the name of the operation. */
  readonly label?: string;
}

/** See {@link Cx.all}. */
export function allOp<T>(
  task: TaskRecord,
  bodies: readonly Body<unknown>[],
  options?: BranchesOptions,
): Op<T> {
  const label = checkBranches("all", bodies, options);
  return new All(task, { policy: PolicyCode.failFast, flags: 0, label }).start(bodies);
}

const BRANCHES_OPTIONS = ["label"] as const satisfies readonly (keyof BranchesOptions)[];

/**
 * Checks what an operation on several bodies was given, and gives its label.
 *
 * @param name The operation's name, which is its label by default.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkBranches(
  name: string,
  bodies: unknown,
  options: BranchesOptions | undefined,
): string {
  checkBodies(bodies, name);
  checkOptions(options, BRANCHES_OPTIONS, "options");
  return checkLabel(options?.label) ?? name;
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
