/**
 * Owns the knowledge of whose code runs after an `await`: no host can be asked, so it is noted who
 * awaited, and said again around the microtask in which that code goes on.
 */
import type { current } from "../active.js";
import type { OpRecord } from "../op.js";
import type { Callback } from "../reaction.js";
import { captureStackSparingly } from "../stack.js";
import type { TaskRecord } from "../task.js";

/** A task whose code runs, and how that is known. */
interface Running {
  readonly task: TaskRecord;
  /**
   * `seen`: every `await` since its body began was on an operation. `inferred`: one of them was on
   * something else, and then it awaited an operation of `task` that was made just before.
   */
  readonly certainty: "seen" | "inferred";
}

/** Whose code runs in this microtask, if that is known. */
let running: Running | undefined;
/** The operation made last, as long as nothing else has happened. */
let madeLast: OpRecord | undefined;

/** An operation was made. */
export function noteMadeLast(op: OpRecord): void {
  madeLast = op;
}

/** The kernel's turn begins: what was made before is not awaited in the same breath any more. */
export function noteTurn(): void {
  madeLast = undefined;
}

/** Warns if the cx of `task` is used by the code of another task. */
export function checkRunning(task: TaskRecord): void {
  if (running === undefined || running.task === task) return;
  const isOwned = owns(task, running.task);
  // What is inferred may be wrong where tasks share operations, but not in that direction.
  if (running.certainty === "inferred" && !isOwned) return;
  const whose = isOwned ? ", which belongs to it" : "";
  const received = `the cx of task "${task.label}" in task "${running.task.label}"${whose}`;
  task.scope.runtime.warnings?.tell("CX_FOREIGN", task, received, captureStackSparingly());
}

/**
 * Makes `then` of all operations note who asks. The getter is what tells: `await` reads `then` at once,
 * in the code that awaits, and calls it only a microtask later.
 *
 * @param code Whose code is on the stack.
 */
export function watchAwaits(prototype: OpRecord, code: typeof current): void {
  const { then } = prototype;
  if (Object.getOwnPropertyDescriptor(prototype, "then")?.get !== undefined) return;
  // biome-ignore lint/suspicious/noThenProperty: operations are awaited, and this is how it is noticed.
  Object.defineProperty(prototype, "then", {
    configurable: true,
    get(this: OpRecord): OpRecord["then"] {
      const asker = askerOf(this, code.task);
      if (asker === undefined) return then;
      const follow = (onFulfilled?: unknown, onFailed?: unknown): unknown =>
        then.call(this, asAsker(asker, onFulfilled), asAsker(asker, onFailed));
      return follow as OpRecord["then"];
    },
  });
}

function askerOf(op: OpRecord, onStack: TaskRecord | undefined): Running | undefined {
  const isNew = madeLast === op;
  madeLast = undefined;
  if (onStack !== undefined) return { task: onStack, certainty: "seen" };
  if (running !== undefined) return running;
  return isNew ? { task: op.task, certainty: "inferred" } : undefined;
}

/** `callback`, around which `asker` is said to run: during the call, and in the microtask it leads to. */
function asAsker(asker: Running, callback: unknown): Callback | undefined {
  if (typeof callback !== "function") return undefined;
  return (value) => {
    const before = running;
    enter(asker);
    void RESOLVED.then(() => enter(asker));
    try {
      return callback(value) as unknown;
    } finally {
      void RESOLVED.then(() => enter(undefined));
      enter(before);
    }
  };
}

function enter(asker: Running | undefined): void {
  running = asker;
}

const RESOLVED = Promise.resolve();

/** Whether `owner` owns `task`, through however many scopes and tasks. */
function owns(owner: TaskRecord, task: TaskRecord): boolean {
  let scope: TaskRecord["scope"] | undefined = task.scope;
  while (scope !== undefined) {
    if (scope.owner === owner) return true;
    scope = scope.owner?.scope ?? scope.parent;
  }
  return false;
}
