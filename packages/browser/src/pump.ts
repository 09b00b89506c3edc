/** Owns delivery: the kernel is turned, and each record of the batch is carried out in order. */

import { EffectCode, type OutcomeCode } from "@asupersync/browser-core";
import { IS_DEVELOPMENT } from "#environment";
import type { CancelledError } from "./cancel.js";
import { noteTurn } from "./development/running.js";
import { indexOf } from "./handle.js";
import { type ObligationKind, obligationKind } from "./obligation.js";
import { CHECKPOINT, closeOp, type OpRecord, OpState } from "./op.js";
import { leakPanic } from "./outcome.js";
import type { RuntimeRecord } from "./runtime-record.js";
import type { ScopeRecord } from "./scope.js";
import { settle } from "./settle.js";
import { advance, startBody, startFinalizer } from "./step.js";
import { Phase, TaskRecord } from "./task.js";

const RECORD_WORDS = 4;
const BYTES_PER_WORD = 4;

/**
 * Turns the kernel until it has nothing for now. Called by the kernel, with nothing of its own on the
 * stack; it arms its next wake itself.
 */
export function pump(runtime: RuntimeRecord): void {
  const { port } = runtime;
  if (IS_DEVELOPMENT) noteTurn();
  for (let batch = port.turn(); batch !== 0; batch = port.turn()) {
    runtime.hasResumedPromises = false;
    runtime.answers = 0;
    runtime.eventReader?.collect();
    deliver(runtime, batch);
    if (runtime.hasResumedPromises) {
      // Bodies of this batch go on in microtasks; the kernel comes back after them.
      port.pause();
      break;
    }
  }
  runtime.delivered();
}

function deliver(runtime: RuntimeRecord, batch: number): void {
  let words = runtime.words();
  const head = batch / BYTES_PER_WORD;
  const end = head + (words[head] as number) * RECORD_WORDS;
  for (let at = head + 1; at <= end; at += RECORD_WORDS) {
    // What is delivered calls the kernel, whose memory may grow: that empties every view of it. The
    // batch itself stays where it is until the next turn.
    if (words.length === 0) words = runtime.words();
    deliverRecord(
      runtime,
      words[at] as EffectCode,
      words[at + 1] as number,
      words[at + 2] as number,
      words[at + 3] as number,
    );
  }
}

function deliverRecord(
  runtime: RuntimeRecord,
  code: EffectCode,
  slot: number,
  token: number,
  aux: number,
): void {
  switch (code) {
    case EffectCode.start: {
      const task = runtime.tasks[slot];
      if (task !== undefined) startBody(task);
      break;
    }
    case EffectCode.resume: {
      const op = openedOp(runtime, slot, token);
      if (op === undefined) break;
      if (op.source === undefined) op.fulfil(undefined);
      else op.source.finish(op, aux);
      // It may wait once more.
      if (op.state !== OpState.pending) advance(op);
      break;
    }
    case EffectCode.cancel: {
      const op = openedOp(runtime, slot, token);
      if (op === undefined) break;
      const error = runtime.reasons.errorFor(aux);
      noteCancelled(op, error);
      op.fail(error);
      advance(op);
      break;
    }
    case EffectCode.finalize: {
      const task = runtime.tasks[slot];
      if (task !== undefined) startFinalizer(task);
      break;
    }
    case EffectCode.taskDone: {
      const task = runtime.tasks[slot];
      if (task !== undefined) settle(task, token as OutcomeCode, aux);
      break;
    }
    case EffectCode.hostCancel:
      runtime.hostOps[slot]?.abort(runtime.reasons.errorFor(aux));
      break;
    case EffectCode.regionClosed:
      regionClosed(runtime, slot, token as OutcomeCode, aux);
      break;
    case EffectCode.regionFinalize: {
      const scope = runtime.scopes[slot];
      if (scope !== undefined) spawnFinalizer(runtime, scope);
      break;
    }
    case EffectCode.taskRevoked:
      taskRevoked(runtime, slot, token);
      break;
    case EffectCode.hostRevoked: {
      const host = runtime.hostOps[slot];
      if (host === undefined) break;
      runtime.report.revokedHostOp(host);
      host.forget();
      break;
    }
    case EffectCode.hostDropped:
      runtime.hostOps[slot]?.forget();
      break;
    case EffectCode.obligationLeaked: {
      const task = runtime.tasks[slot];
      if (task !== undefined) obligationLeaked(runtime, task, obligationKind(token));
      break;
    }
  }
}

/** The operation whose wait has ended. It has none when its task ended in the same batch. */
function openedOp(runtime: RuntimeRecord, slot: number, token: number): OpRecord | undefined {
  if (token === CHECKPOINT) return runtime.tasks[slot]?.checkpoint;
  const op = runtime.ops[token];
  if (op === undefined || indexOf(op.task.handle) !== slot) return undefined;
  closeOp(op);
  return op;
}

/** A wait on others may also fail because its host operation was let go, and then the task is not cancelled. */
function noteCancelled({ task, source }: OpRecord, error: CancelledError): void {
  if (source === undefined || task.scope.runtime.port.task_reason(task.handle) !== 0) {
    task.cancelError ??= error;
  }
}

function regionClosed(
  runtime: RuntimeRecord,
  slot: number,
  code: OutcomeCode,
  reason: number,
): void {
  const scope = runtime.scopes[slot];
  if (scope === undefined) return;
  runtime.scopes[slot] = undefined;
  // Where a branch has won, nobody asks why the others were cancelled.
  const isAsked = reason !== 0 && scope.winner === undefined;
  scope.closed(code, isAsked ? runtime.reasons.infoFor(reason) : undefined);
  if (scope === runtime.root) runtime.rootClosed();
}

function spawnFinalizer(runtime: RuntimeRecord, scope: ScopeRecord): void {
  const finalizer = scope.finalizers?.pop();
  if (finalizer === undefined) return;
  scope.stage = "finalizing";
  const handle = runtime.port.region_finalizer_spawn(scope.handle);
  // Refused only by a kernel that is poisoned: it keeps room for finalizers.
  if (handle < 0) return;
  const task = new TaskRecord(scope, handle, finalizer);
  task.more().isFinalizer = true;
  runtime.tasks[indexOf(handle)] = task;
}

/** `taskDone` follows, and says whether the leak is held against the task. */
function obligationLeaked(runtime: RuntimeRecord, task: TaskRecord, kind: ObligationKind): void {
  runtime.report.leaked(task, kind);
  task.more().panic ??= leakPanic(task.label, kind);
}

/** `taskDone` follows. What the task registered goes on in its successor. */
function taskRevoked(runtime: RuntimeRecord, slot: number, successorSlot: number): void {
  const task = runtime.tasks[slot];
  if (task === undefined) return;
  runtime.report.revokedTask(task);
  task.phase = Phase.revoked;
  task.generator = undefined;
  if (successorSlot === 0) return;
  const handle = runtime.port.task_at(successorSlot);
  if (handle <= 0) return;
  const successor = new TaskRecord(task.scope, handle, task.body);
  successor.phase = Phase.ended;
  const extras = successor.more();
  extras.label = `${task.label} (revoked)`;
  extras.isSuccessor = true;
  extras.finalizers = task.extras?.finalizers;
  runtime.tasks[successorSlot] = successor;
}
