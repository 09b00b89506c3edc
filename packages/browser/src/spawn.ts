/** Owns spawning: a body becomes a task of a scope. */
import { ErrorKindCode } from "@asupersync/browser-core";
import { IS_DEVELOPMENT } from "#environment";
import type { Body } from "./body.js";
import { openAsyncStack } from "./development/async-stack.js";
import { type AsupersyncError, refusal } from "./errors.js";
import { indexOf } from "./handle.js";
import type { Outcome } from "./outcome.js";
import type { ScopeRecord } from "./scope.js";
import { followSignal } from "./signal-link.js";
import { type TaskOptions, TaskRecord } from "./task.js";
import {
  checkBody,
  checkDuration,
  checkLabel,
  checkOptions,
  checkSignal,
  checkWhole,
} from "./validate.js";

/** The largest number that the kernel takes for polls; its next one means no quota. */
const POLLS_MAX = 2 ** 32 - 2;
const PRIORITY_MAX = 7;
/** Leaves a part of a budget as it is. */
const UNCHANGED = -1;

/**
 * Spawns `body` in `scope`.
 *
 * @throws {AsupersyncError} As {@link Scope.spawn}.
 */
export function spawnIn<T>(
  scope: ScopeRecord,
  body: Body<T>,
  options?: TaskOptions,
): TaskRecord<T> {
  checkBody(body);
  const budget = options === undefined ? undefined : decodeTaskOptions(options);
  const { runtime } = scope;
  const handle = runtime.port.region_spawn(scope.handle);
  if (handle < 0) throw refusedWork(scope, handle);
  const task = new TaskRecord<T>(scope, handle, body);
  runtime.tasks[indexOf(handle)] = task;
  if (budget !== undefined) applyOptions(task, budget);
  if (runtime.sites !== undefined) task.more().spawned = runtime.sites.capture();
  if (IS_DEVELOPMENT) openAsyncStack(task);
  return task;
}

/** Spawns `body` in `scope` and waits for its end. Neither throws nor rejects. */
export function runIn<T>(
  scope: ScopeRecord,
  body: Body<T>,
  options?: TaskOptions,
): Promise<Outcome<T>> {
  try {
    return spawnIn(scope, body, options).join();
  } catch (error) {
    return Promise.resolve(Object.freeze({ kind: "err", error }));
  }
}

/** The error for work that the kernel refused to a scope: one that has ended is not open either. */
export function refusedWork(scope: ScopeRecord, answer: number): AsupersyncError {
  // The kernel has closed it already where the next batch has not said so yet.
  const isClosed = answer === -ErrorKindCode.staleHandle;
  const state = isClosed ? "closed" : scope.state;
  return refusal(
    isClosed ? -ErrorKindCode.scopeClosed : answer,
    `scope "${scope.label}", which is ${state === "draining" ? "being cancelled" : state}`,
  );
}

const TASK_OPTIONS = [
  "label",
  "priority",
  "polls",
  "deadlineMs",
  "signal",
] as const satisfies readonly (keyof TaskOptions)[];

interface CheckedOptions {
  readonly label: string | undefined;
  readonly priority: number;
  readonly polls: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Checks the options of a task.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
 */
export function decodeTaskOptions(options: TaskOptions): CheckedOptions {
  checkOptions(options, TASK_OPTIONS, "task options");
  const { label, priority, polls, deadlineMs, signal } = options;
  return {
    label: checkLabel(label),
    priority:
      priority === undefined ? UNCHANGED : checkWhole(priority, 0, PRIORITY_MAX, "priority"),
    polls: polls === undefined ? UNCHANGED : checkWhole(polls, 1, POLLS_MAX, "polls"),
    deadlineMs: deadlineMs === undefined ? UNCHANGED : checkDuration(deadlineMs, "deadlineMs"),
    signal: checkSignal(signal),
  };
}

function applyOptions(task: TaskRecord, options: CheckedOptions): void {
  const { label, priority, polls, deadlineMs, signal } = options;
  const { port } = task.scope.runtime;
  const extras = task.more();
  extras.label = label;
  if (deadlineMs !== UNCHANGED) {
    const asked = port.now() + deadlineMs;
    extras.deadline = Math.min(asked, task.scope.deadline ?? asked);
  }
  if (priority !== UNCHANGED || polls !== UNCHANGED || deadlineMs !== UNCHANGED) {
    // Nothing can be refused: the numbers are checked and the task was made just now.
    port.task_budget(task.handle, deadlineMs, polls, UNCHANGED, priority);
  }
  if (signal !== undefined) extras.link = followSignal(task, signal);
}
