/** Owns the rule that a `cx` is for the body it was given to, and only while that runs. */
import { IS_DEVELOPMENT } from "#environment";
import { checkRunning } from "./development/running.js";
import { AsupersyncError } from "./errors.js";
import { Phase, type TaskRecord } from "./task.js";

/**
 * The task whose code is on the stack, as far as that can be known: a generator while it is stepped,
 * any other body until its first `await`.
 */
export const current: { task: TaskRecord | undefined } = { task: undefined };

/**
 * Lets a use of `task`'s cx pass. A development build warns of one by another task's code that an
 * `await` hides: it is misuse as well, but not what is to break an app in development alone.
 *
 * @throws {AsupersyncError} `CX_ENDED` when no code of the task is to run any more, `CX_FOREIGN` when
 *   another task's is running.
 */
export function checkActive(task: TaskRecord): void {
  // The odd phases are those in which code of the task may run.
  if ((task.phase & 1) === 1 && (current.task === task || current.task === undefined)) {
    if (IS_DEVELOPMENT && current.task === undefined) checkRunning(task);
    return;
  }
  throw misuse(task);
}

/** Calls a function of the caller's as code of `task`, whose cx it may use. */
export function callAs<T>(task: TaskRecord, call: () => T): T {
  const before = current.task;
  current.task = task;
  try {
    return call();
  } finally {
    current.task = before;
  }
}

function misuse(task: TaskRecord): AsupersyncError {
  if ((task.phase & 1) === 1) {
    const received = `the cx of task "${task.label}" in task "${current.task?.label}"`;
    return new AsupersyncError("CX_FOREIGN", received);
  }
  const how = task.phase === Phase.revoked ? "was revoked" : "has ended";
  return new AsupersyncError("CX_ENDED", `the cx of task "${task.label}", which ${how}`);
}
