/** Owns the asynchronous stacks of the browser's developer tools: where a task was spawned. */
import type { TaskRecord } from "../task.js";

/** What `console.createTask` gives, where the host has it. */
interface AsyncStack {
  run<T>(code: () => T): T;
}

const stacks = new WeakMap<TaskRecord, AsyncStack>();

/** The task is spawned here: its code is to show this stack below its own. */
export function openAsyncStack(task: TaskRecord): void {
  const host = console as { createTask?: (name: string) => AsyncStack };
  const stack = host.createTask?.(task.label || "task");
  if (stack !== undefined) stacks.set(task, stack);
}

/** Runs code of the task above the stack of its spawn. */
export function runOnAsyncStack<T>(task: TaskRecord, code: () => T): T {
  const stack = stacks.get(task);
  return stack === undefined ? code() : stack.run(code);
}
