/** Owns `cx.join`, `cx.sleep` and `cx.checkpoint`: the plain waits of a task. */
import { ErrorKindCode } from "@asupersync/browser-core";
import { checkActive } from "./active.js";
import { AsupersyncError, refusal } from "./errors.js";
import { CHECKPOINT, closeOp, type Op, OpRecord, OpState, openOp } from "./op.js";
import type { Outcome } from "./outcome.js";
import { Phase, type Task, TaskRecord } from "./task.js";
import { checkDuration, describeReceived } from "./validate.js";

/** See {@link Cx.checkpoint}. */
export function checkpointOp(task: TaskRecord): Op<void> {
  checkActive(task);
  let op = task.checkpoint;
  // The kernel knows one checkpoint of a task at a time: a second one is the same.
  if (op !== undefined && op.state === OpState.pending) return op;
  const answer = task.scope.runtime.port.task_checkpoint(task.handle);
  if (answer < 0) throw refusal(answer, `task "${task.label}"`);
  if (op !== undefined && task.generator !== undefined) {
    // A generator has passed its last checkpoint for good; an `async` body may await it once more.
    op.reuse();
    return op;
  }
  op = new OpRecord<void>(task, CHECKPOINT, undefined);
  task.checkpoint = op;
  return op;
}

/** See {@link Cx.sleep}. */
export function sleepOp(task: TaskRecord, ms: number): Op<void> {
  checkActive(task);
  const duration = checkDuration(ms, "duration");
  const op = openOp<void>(task, undefined);
  const answer = task.scope.runtime.port.task_sleep(task.handle, duration, op.token);
  if (answer < 0) throw refusedWait(op, answer);
  return op;
}

/** See {@link Cx.join}. */
export function joinOp<T>(task: TaskRecord, target: Task<T>): Op<Outcome<T>> {
  checkActive(task);
  if (!(target instanceof TaskRecord)) {
    throw new AsupersyncError("FORGED_HANDLE", describeReceived(target), {
      expected: "a task that a runtime gave out",
      mend: "pass what spawn gave; a promise goes in cx.foreign",
    });
  }
  if (target.scope.runtime !== task.scope.runtime) {
    throw new AsupersyncError("FOREIGN_HANDLE", `task "${target.label}"`);
  }
  if (target === task) {
    throw new AsupersyncError("WRONG_STATE", `task "${task.label}" itself`, {
      expected: "another task",
      mend: "no task can wait for its own end; join it from outside",
    });
  }
  target.isObserved = true;
  if (target.phase === Phase.completed && task.cancelError === undefined) {
    const settled = new OpRecord<Outcome<T>>(task, CHECKPOINT, undefined);
    settled.fulfil(target.outcome);
    return settled;
  }
  const { port } = task.scope.runtime;
  const op = openOp<Outcome<T>>(task, target);
  let answer = port.task_join(task.handle, target.handle, op.token);
  // The target has ended, though the batch that says so may be still to come: one turn is enough.
  if (answer === -ErrorKindCode.staleHandle) answer = port.task_sleep(task.handle, 0, op.token);
  if (answer < 0) throw refusedWait(op, answer);
  return op;
}

function refusedWait(op: OpRecord<never> | OpRecord<void> | OpRecord, answer: number): Error {
  closeOp(op);
  return refusal(answer, `task "${op.task.label}"`);
}
