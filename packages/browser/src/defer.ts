/** Owns `cx.defer`: what a task registers to run at its end. */
import { checkActive } from "./active.js";
import type { Finalizer } from "./body.js";
import { refusal } from "./errors.js";
import type { TaskRecord } from "./task.js";
import { checkFinalizer } from "./validate.js";

/** See {@link Cx.defer}. */
export function deferTo(task: TaskRecord, finalizer: Finalizer): void {
  checkActive(task);
  checkFinalizer(finalizer);
  const answer = task.scope.runtime.port.task_defer(task.handle);
  if (answer < 0) throw refusal(answer, `task "${task.label}"`);
  const extras = task.more();
  extras.finalizers ??= [];
  extras.finalizers.push(finalizer);
}
