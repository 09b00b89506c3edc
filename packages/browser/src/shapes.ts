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
import type { ScopeRecord } from "./scope.js";
import { TaskRecord } from "./task.js";

type Make = (task: TaskRecord) => object;

const others: Make[] = [];

/** Keeps one of what `make` makes in every runtime that is created after this. It must ask nothing of the kernel. */
export function keepShape(make: Make): void {
  others.push(make);
}

/** One of each kind, for the runtime of `root` to hold. Their fields are of the types that live ones have. */
export function idleObjects(root: ScopeRecord): readonly unknown[] {
  const task = new TaskRecord<unknown>(root, root.handle, () => 0);
  return [
    task.more(),
    makeCx(task),
    new OpRecord(task, CHECKPOINT, undefined),
    new Reaction(),
    others.map((make) => make(task)),
  ];
}
