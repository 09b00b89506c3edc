/** Owns the end of a task: its final value, and everybody who is told. */

import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import { IS_DEVELOPMENT } from "#environment";
import { isCancellation } from "./abort-reason.js";
import { noteEnded } from "./development/awaits.js";
import { indexOf } from "./handle.js";
import { dropOps } from "./op.js";
import { finalizerPanic, UNKNOWN_PANIC } from "./outcome.js";
import { ScopeRole } from "./scope.js";
import { Phase, type TaskRecord } from "./task.js";

/**
 * Completes `task` with the outcome that the kernel decided.
 *
 * @param reason Number of the reason why it was cancelled, 0 if the kernel did not name one.
 */
export function settle(task: TaskRecord, code: OutcomeCode, reason: number): void {
  const { scope } = task;
  const { runtime } = scope;
  const index = indexOf(task.handle);
  if (runtime.tasks[index] === task) runtime.tasks[index] = undefined;
  if (task.openOps !== undefined) dropOps(task);
  if (IS_DEVELOPMENT) noteEnded(task, code);
  if (code !== OutcomeCode.ok) decideValue(task, code, reason);
  task.phase = Phase.completed;
  task.code = code;
  task.generator = undefined;
  task.waiting = undefined;
  task.checkpoint = undefined;
  if (code !== OutcomeCode.ok || scope.policy >= PolicyCode.race) tellScope(task);
  const { extras } = task;
  if (extras === undefined) return;
  extras.link?.delete(task);
  if (extras.controller !== undefined) runtime.signals?.ended(task);
  if (extras.resolveJoin !== undefined && task.outcome !== undefined) {
    extras.resolveJoin(task.outcome);
  }
}

/** Sets the value that goes with the final outcome, from the body's and what happened around it. */
function decideValue(task: TaskRecord, code: OutcomeCode, reason: number): void {
  const { extras } = task;
  const { reasons, unobserved } = task.scope.runtime;
  const hasThrown = task.code === OutcomeCode.err;
  const thrown = task.value;
  switch (code) {
    case OutcomeCode.ok:
      break;
    case OutcomeCode.err: {
      const composite = extras?.composite;
      if (hasThrown && composite !== undefined && composite.first === thrown) {
        task.noteFailures().addAll(composite);
      }
      // With failures of children there is an order of time, and the first one is primary.
      if (extras?.failures !== undefined) task.value = extras.failures.first;
      else if (!hasThrown) task.value = undefined;
      break;
    }
    case OutcomeCode.cancelled:
      task.cancelError ??= reasons.errorFor(reason);
      task.value = task.cancelError;
      if (hasThrown && !isCancellation(thrown)) unobserved.reportCleanUp(task, thrown);
      break;
    case OutcomeCode.panicked:
      task.value = extras?.panic ?? extras?.failures?.panic ?? UNKNOWN_PANIC;
      break;
  }
}

function tellScope(task: TaskRecord): void {
  const { scope } = task;
  const { unobserved } = scope.runtime;
  const isFailure = task.code === OutcomeCode.err || task.code === OutcomeCode.panicked;
  if (task.extras?.isFinalizer === true) {
    if (!isFailure) return;
    const panic = finalizerPanic(task.value);
    scope.finalizerFailed(panic);
    unobserved.report(task);
    return;
  }
  scope.taskEnded(task);
  if (isFailure && scope.role === ScopeRole.user && !task.isObserved) unobserved.watch(task);
}
