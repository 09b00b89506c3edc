/** Owns the scope of a task's own children: what `cx.spawn` spawns into. */
import { OwnershipFlag } from "@asupersync/browser-core";
import { checkActive } from "./active.js";
import type { Body } from "./body.js";
import { AsupersyncError, refusal } from "./errors.js";
import { type ScopeRecord, ScopeRole } from "./scope.js";
import { policyCode } from "./scope-options.js";
import { spawnIn } from "./spawn.js";
import type { TaskOptions, TaskRecord } from "./task.js";

/**
 * The scope of the task's children, opened now if it was not.
 *
 * @throws {AsupersyncError} `CX_ENDED`, `CX_FOREIGN`, `LIMIT_REACHED`, `POISONED`.
 */
export function childrenOf(task: TaskRecord): ScopeRecord {
  const opened = task.extras?.children;
  if (opened !== undefined) return opened;
  checkActive(task);
  const { runtime } = task.scope;
  const extras = task.more();
  // Linked, the kernel makes any failure the owner's at once; children that are to be collected are
  // looked at by whoever asked for that.
  const flags = extras.childPolicy === "fail-fast" ? OwnershipFlag.linked : 0;
  const policy = policyCode(extras.childPolicy);
  const handle = runtime.port.region_open_in(task.handle, policy, flags);
  if (handle < 0) throw refusal(handle, `task "${task.label}"`);
  extras.children = runtime.addScope({
    runtime,
    handle,
    role: ScopeRole.children,
    policy,
    label: "children",
    parent: undefined,
    owner: task,
    deadline: task.deadline,
  });
  return extras.children;
}

/**
 * Spawns a child of `task`. See {@link Cx.spawn}.
 *
 * @throws {CancelledError} When the task is cancelled: it takes no new work.
 */
export function spawnChild<T>(
  task: TaskRecord,
  body: Body<T>,
  options?: TaskOptions,
): TaskRecord<T> {
  checkActive(task);
  const scope = childrenOf(task);
  try {
    return spawnIn(scope, body, options);
  } catch (error) {
    const isClosed = error instanceof AsupersyncError && error.code === "SCOPE_CLOSED";
    if (!isClosed) throw error;
    const { port, reasons } = task.scope.runtime;
    const reason = port.task_reason(task.handle);
    if (reason === 0) throw error;
    // Thrown to the body, the cancellation is observed.
    task.cancelError = reasons.errorFor(reason);
    throw task.cancelError;
  }
}
