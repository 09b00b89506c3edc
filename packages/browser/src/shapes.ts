/**
 * Owns what keeps compiled code: one idle object of each kind that comes and goes by the thousand.
 *
 * When a full collection finds no object of a kind, V8 forgets its shape, and with that all code that it has
 * compiled for it. Pages are collected when they idle, which is when no task is live: the first thousands of
 * operations after that ran at a fifth to a tenth of their speed.
 */
import { makeCx } from "./cx.js";
import { CHECKPOINT, OpRecord } from "./op.js";
import { Reaction } from "./reaction.js";
import type { RuntimeRecord } from "./runtime-record.js";
import type { ScopeRecord } from "./scope.js";
import { TaskRecord } from "./task.js";

type Make = (task: TaskRecord) => unknown;

/**
 * A task of `root` that the kernel does not know, with what every task has. Its fields are of the types that
 * live ones have; its value is one object of each other kind, by what made it.
 */
export function idleTask(root: ScopeRecord): TaskRecord {
  const task = new TaskRecord<unknown>(root, root.handle, () => 0);
  task.more();
  task.checkpoint = new OpRecord(task, CHECKPOINT, undefined);
  task.checkpoint.reaction = new Reaction();
  task.value = new Map<Make, unknown>([[makeCx, makeCx(task)]]);
  return task;
}

/**
 * Holds one of what `make` makes, which is the same function at every call, in the runtime from its first use
 * on. Not sooner: code that several kinds share is the slower the more of them it has met. `make` must ask
 * nothing of the kernel.
 */
export function keepShape({ idle }: RuntimeRecord, make: Make): void {
  if (idle === undefined) return;
  const kinds = idle.value as Map<Make, unknown>;
  if (!kinds.has(make)) kinds.set(make, make(idle));
}
