/** Owns how an obligation that a branch returns comes to the task whose operation the branch is of. */
import { addHandOver } from "./step.js";
import { Phase, type TaskRecord } from "./task.js";

addHandOver(handOver);

/** An obligation that a task has. */
export interface Owed {
  /** Lets `to` answer for it in place of `from`; false if `from` has it not, or it stays there. */
  pass(from: TaskRecord, to: TaskRecord): boolean;
  /** Takes it back, or does nothing if it has ended. */
  abort(): void;
}

/** What users hold of an obligation. */
export abstract class Holder {
  readonly #owed: Owed;

  /** @internal */
  constructor(owed: Owed) {
    this.#owed = owed;
  }

  /** The obligation behind `value`, if it is a holder. Asks nothing that a proxy could answer. */
  static owedBy(value: unknown): Owed | undefined {
    return typeof value === "object" && value !== null && #owed in value ? value.#owed : undefined;
  }
}

/** An obligation that came from a branch before anybody knew whether its value counts. */
export interface Handed {
  readonly branch: TaskRecord;
  /** What the branch returned. */
  readonly value: unknown;
  readonly owed: Owed;
}

/** Passes the obligation that `value` holds, which `branch` returns, on to the task that waits for it. */
function handOver(branch: TaskRecord, value: unknown): void {
  const owed = Holder.owedBy(value);
  const { scope } = branch;
  const { owner } = scope;
  if (owed === undefined || owner === undefined) return;
  if (owner.phase !== Phase.running && owner.phase !== Phase.finalizing) {
    // Nobody is left who could get it.
    if (owed.pass(branch, branch)) owed.abort();
  } else if (owed.pass(branch, owner)) {
    scope.handed ??= [];
    scope.handed.push({ branch, value, owed });
  }
}
