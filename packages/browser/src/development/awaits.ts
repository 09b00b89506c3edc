/** Owns the search for operations that nobody awaits. */
import { OutcomeCode } from "@asupersync/browser-core";
import type { OpRecord } from "../op.js";
import { calledFunction, captureStackSparingly } from "../stack.js";
import { Phase, type TaskRecord } from "../task.js";
import { noteMadeLast } from "./running.js";

/** An operation that nobody has asked for yet. It does not keep the operation alive. */
export interface MadeNote {
  readonly task: TaskRecord;
  /** What is known of it beside where it was made: `fetch /api/search`. */
  readonly label: string | undefined;
  /** The stack of where it was made; undefined among too many. */
  readonly captured: Error | undefined;
}

/** Notes kept of one task: what the first ones do not show, more of them would not. */
const NOTES_MAX = 64;

const notes = new WeakMap<TaskRecord, Set<MadeNote>>();

/** Where the host tells what was collected. Made when first needed, or a bundle would keep it. */
let collected: FinalizationRegistry<MadeNote> | undefined;

/**
 * An operation was made.
 *
 * @param above The method of the operation that was called for that: what is captured is not to hold it.
 */
export function noteMade(op: OpRecord, above: Parameters<typeof captureStackSparingly>[0]): void {
  const { task, source } = op;
  noteMadeLast(op);
  let ofTask = notes.get(task);
  if (ofTask === undefined) {
    ofTask = new Set();
    notes.set(task, ofTask);
  }
  if (ofTask.size >= NOTES_MAX) return;
  const label = source !== undefined && "kind" in source ? labelOf(source) : undefined;
  op.note = { task, label, captured: captureStackSparingly(above) };
  ofTask.add(op.note);
}

/** Somebody asks for the operation: it was awaited, yielded, or `then` was called. */
export function noteHeard(op: OpRecord): void {
  if (op.note === undefined) return;
  notes.get(op.task)?.delete(op.note);
  op.note = undefined;
}

/**
 * The operation has its value, so that only the caller's code still holds it. If it is collected unheard
 * nobody can ever await it: a body that never ends is found out too.
 */
export function noteFulfilled(op: OpRecord): void {
  if (op.note === undefined || typeof FinalizationRegistry === "undefined") return;
  collected ??= new FinalizationRegistry((note) => {
    if (notes.get(note.task)?.delete(note) === true) tell(note);
  });
  collected.register(op, op.note);
}

/**
 * The body has returned, so that what it still waits for never comes. What it leaves when it throws, or
 * when it was cancelled, it had no more occasion to await.
 */
export function noteReturned(task: TaskRecord): void {
  const ofTask = notes.get(task);
  if (ofTask === undefined || task.cancelError !== undefined) return;
  for (let op = task.openOps; op !== undefined; op = op.after) {
    if (op.note !== undefined && ofTask.delete(op.note)) tell(op.note);
  }
}

/**
 * The task ends, and with it the children that might still have asked for what came too late for its body.
 *
 * @param code The outcome of the task; `task.code` is still that of its body.
 */
export function noteEnded(task: TaskRecord, code: OutcomeCode): void {
  const ofTask = notes.get(task);
  if (ofTask === undefined) return;
  notes.delete(task);
  const hasReturned = task.code === OutcomeCode.ok && task.phase !== Phase.revoked;
  if (!hasReturned || code === OutcomeCode.cancelled || task.cancelError !== undefined) return;
  for (const note of ofTask) tell(note);
}

function tell({ task, label, captured }: MadeNote): void {
  const called = (captured && calledFunction(captured)) ?? "an operation";
  const name = called.replace(/^CxRecord\b/, "cx").replace(/Record\b/, "");
  const what = label === undefined ? name : `${name} (${label})`;
  const received = `${what} of task "${task.label}", which nobody awaited`;
  task.scope.runtime.warnings?.tell("OP_NOT_AWAITED", task, received, captured);
}

function labelOf(source: object): string | undefined {
  const { label } = source as { readonly label?: unknown };
  return typeof label === "string" ? label : undefined;
}
