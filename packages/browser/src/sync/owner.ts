/** Owns what a channel or lock belongs to. */
import { checkActive } from "../active.js";
import { childrenOf } from "../children.js";
import { type Cx, taskOf } from "../cx.js";
import { AsupersyncError } from "../errors.js";
import type { Runtime } from "../runtime.js";
import { RuntimeRecord } from "../runtime-record.js";
import { type Scope, ScopeRecord } from "../scope.js";
import { Phase, type TaskRecord } from "../task.js";

/**
 * What a channel or lock belongs to: it goes with it, and whoever waits for it then is told that it is
 * closed. A runtime or a scope; or, by its `cx`, a task: then it goes when the task's body and its
 * children have ended.
 */
export type Owner = Runtime | Scope | Cx;

/**
 * The scope that a channel or lock goes with.
 *
 * @throws {AsupersyncError} `FORGED_HANDLE` for what is no owner, `CX_ENDED`, `CX_FOREIGN`.
 */
export function scopeOf(owner: Owner): ScopeRecord {
  if (owner instanceof RuntimeRecord) return owner.root;
  if (owner instanceof ScopeRecord) return owner;
  const task = taskOf(owner as Cx, NO_OWNER);
  checkActive(task);
  // The scope of its children is closed once it is cancelled; its clean-up may still need a lock.
  return mustObserve(task) ? task.scope : childrenOf(task);
}

const NO_OWNER = {
  expected: "a runtime, a scope, or the cx that a body was given",
  mend: "pass the owner that it is to go with, itself and not a copy of it",
};

/**
 * The task of `cx`, which is to use something of `runtime`.
 *
 * @throws {AsupersyncError} `FORGED_HANDLE`, `FOREIGN_HANDLE`, `CX_ENDED`, `CX_FOREIGN`.
 */
export function userOf(cx: Cx, runtime: RuntimeRecord): TaskRecord {
  const task = taskOf(cx);
  checkActive(task);
  if (task.scope.runtime === runtime) return task;
  throw new AsupersyncError("FOREIGN_HANDLE", `the cx of task "${task.label}"`, {
    expected: "a cx of the runtime that the channel or lock is of",
    mend: "use it in tasks of that runtime",
  });
}

/** Whether the task is cancelled in a way that its next wait fails. */
export function mustObserve(task: TaskRecord): boolean {
  return task.phase === Phase.running && task.scope.runtime.port.task_reason(task.handle) !== 0;
}
