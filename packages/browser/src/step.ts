/** Owns how bodies and finalizers run: started once, stepped if they are generators, followed if promises. */

import { OutcomeCode } from "@asupersync/browser-core";
import { IS_DEVELOPMENT } from "#environment";
import { isCancellation } from "./abort-reason.js";
import { current } from "./active.js";
import { answerOf } from "./answer.js";
import type { Body, Finalizer } from "./body.js";
import { makeCx } from "./cx.js";
import { runOnAsyncStack } from "./development/async-stack.js";
import { noteHeard, noteReturned } from "./development/awaits.js";
import { AsupersyncError } from "./errors.js";
import { OpRecord, OpState } from "./op.js";
import { finalizerPanic } from "./outcome.js";
import { ScopeRole } from "./scope.js";
import { settle } from "./settle.js";
import { Phase, type TaskRecord } from "./task.js";
import { invalidArgument } from "./validate.js";

type AnyGenerator = Generator<unknown, unknown, unknown>;

/** What all native generator functions are instances of, and what all their objects share. */
const GeneratorFunction = function* () {}.constructor;
const GENERATOR: Pick<AnyGenerator, "next" | "throw"> = Object.getPrototypeOf(
  Object.getPrototypeOf((function* () {})()),
);
const { next: NEXT, throw: THROW } = GENERATOR;

/** Never called: what is an instance of it is a native generator, which compiled code finds by itself. */
function NativeGenerator(): void {}
NativeGenerator.prototype = GENERATOR;

/** What the kernel adds to the outcome of a task that completed in the call. */
const COMPLETED_NOW = 4;

/** Begins the body of `task`. */
export function startBody(task: TaskRecord): void {
  task.phase = Phase.running;
  run(task, task.body);
}

/** Begins the finalizer that `task` registered last. */
export function startFinalizer(task: TaskRecord): void {
  const { extras } = task;
  const finalizer = extras?.finalizers?.pop();
  if (extras === undefined || finalizer === undefined) return;
  // What the body spawned has ended; a finalizer gets a scope of its own, shielded as it is.
  extras.children = undefined;
  task.phase = Phase.finalizing;
  run(task, finalizer);
}

/** Lets those go on that wait for `op`, which has just been settled. */
export function advance(op: OpRecord): void {
  const { task } = op;
  if (op.reaction !== undefined) {
    task.scope.runtime.hasResumedPromises = true;
    op.react();
  }
  if (task.waiting === op) {
    task.waiting = undefined;
    step(task, op.state !== OpState.fulfilled, op.value);
  } else if (op.state === OpState.unheard) {
    task.scope.runtime.unobserved.watchOp(op);
  }
}

function run(task: TaskRecord, code: Body<unknown> | Finalizer): void {
  let result: unknown;
  current.task = task;
  try {
    result = IS_DEVELOPMENT ? runOnAsyncStack(task, () => code(makeCx(task))) : code(makeCx(task));
  } catch (error) {
    current.task = undefined;
    threw(task, error);
    return;
  }
  current.task = undefined;
  // What a native generator function gives is looked at by the function, not the object: every such
  // function makes objects of a shape of its own, and asking each shape costs more than the step.
  // Compiled code walks a chain of prototypes by itself; for `getPrototypeOf` it calls the engine.
  if (code instanceof GeneratorFunction) {
    task.generator = result as AnyGenerator;
    step(task, false, undefined);
  } else if (result instanceof Promise) {
    follow(task, result);
  } else {
    take(task, result);
  }
}

/** Goes on by what a body gave that is of no native function. */
function take(task: TaskRecord, result: unknown): void {
  let kind: ResultKind;
  try {
    kind = kindOf(result);
  } catch (error) {
    // A proxy, or a getter, that does not want to be asked.
    threw(task, error);
    return;
  }
  switch (kind) {
    case "native generator":
      task.generator = result as AnyGenerator;
      step(task, false, undefined);
      break;
    case "generator":
      task.generator = delegate(result as AnyGenerator);
      step(task, false, undefined);
      break;
    case "thenable":
      // What it is made of may throw or call back at once; a promise around it does neither.
      follow(task, Promise.resolve(result as PromiseLike<unknown>));
      break;
    case "async generator":
      threw(task, asyncGeneratorRefused());
      break;
    case "value":
      returned(task, result);
      break;
  }
}

type ResultKind = "native generator" | "generator" | "thenable" | "async generator" | "value";

function kindOf(result: unknown): ResultKind {
  if (result instanceof NativeGenerator) return "native generator";
  if (isGenerator(result)) return "generator";
  if (isThenable(result)) return "thenable";
  return isAsyncGenerator(result) ? "async generator" : "value";
}

/** A native generator that does what another kind of generator does. */
function* delegate(generator: AnyGenerator): AnyGenerator {
  return yield* generator;
}

function follow(task: TaskRecord, promise: Promise<unknown>): void {
  // What the body awaits is known a microtask from now; an operation settled before costs one more.
  task.scope.runtime.hasResumedPromises = true;
  promise.then(
    (value) => returned(task, value),
    (error: unknown) => threw(task, error),
  );
}

/**
 * Steps the generator of `task` until it waits or ends. An operation that is settled already is
 * answered without leaving the loop.
 *
 * @param hasFailed Whether `input` is an error to throw at its `yield`, or the value to give it.
 */
function step(task: TaskRecord, hasFailed: boolean, input: unknown): void {
  const { generator } = task;
  if (generator === undefined) return;
  let fails = hasFailed;
  let value = input;
  current.task = task;
  for (;;) {
    let result: IteratorResult<unknown, unknown>;
    try {
      // Looked up on the object, either would be looked up anew for each function's shape.
      result = IS_DEVELOPMENT
        ? stepOnAsyncStack(task, generator, fails, value)
        : fails
          ? THROW.call(generator, value)
          : NEXT.call(generator, value);
    } catch (error) {
      current.task = undefined;
      threw(task, error);
      return;
    }
    const yielded = result.value;
    if (result.done === true) {
      current.task = undefined;
      returned(task, yielded);
      return;
    }
    if (!(yielded instanceof OpRecord) || yielded.task !== task) {
      const answer = answerOf(yielded);
      fails = answer === undefined;
      value = answer === undefined ? misyielded(task, yielded) : answer.value;
      continue;
    }
    if (IS_DEVELOPMENT) noteHeard(yielded);
    if (yielded.state === OpState.pending) {
      task.waiting = yielded;
      current.task = undefined;
      return;
    }
    fails = yielded.state !== OpState.fulfilled;
    value = yielded.value;
    if (fails) yielded.state = OpState.failed;
  }
}

function stepOnAsyncStack(
  task: TaskRecord,
  generator: AnyGenerator,
  fails: boolean,
  value: unknown,
): IteratorResult<unknown, unknown> {
  return runOnAsyncStack(task, () =>
    fails ? THROW.call(generator, value) : NEXT.call(generator, value),
  );
}

function misyielded(task: TaskRecord, yielded: unknown): AsupersyncError {
  if (yielded instanceof OpRecord) {
    const received = `an operation of task "${yielded.task.label}" yielded by "${task.label}"`;
    return new AsupersyncError("CX_FOREIGN", received);
  }
  const mend = "yield* one, such as cx.sleep(ms); a promise goes in cx.foreign";
  return invalidArgument(yielded, "an operation of cx", mend);
}

function asyncGeneratorRefused(): AsupersyncError {
  return new AsupersyncError("INVALID_ARGUMENT", "an async generator", {
    expected: "a body: async (cx) => … or function* (cx) { … }",
    mend: "leave out async, and yield* what it awaits; or leave out the star",
  });
}

let handOver: ((branch: TaskRecord, value: unknown) => void) | undefined;

/** Shows `call` what each branch returns, before the branch ends. Added by who makes what can be handed over. */
export function addHandOver(call: (branch: TaskRecord, value: unknown) => void): void {
  handOver = call;
}

function returned(task: TaskRecord, value: unknown): void {
  task.generator = undefined;
  if (IS_DEVELOPMENT) noteReturned(task);
  if (task.phase === Phase.running) {
    if (task.scope.role === ScopeRole.composite) handOver?.(task, value);
    endBody(task, OutcomeCode.ok, value);
  } else if (task.phase === Phase.finalizing) endFinalizer(task, OutcomeCode.ok);
}

function threw(task: TaskRecord, error: unknown): void {
  task.generator = undefined;
  if (task.phase === Phase.running) {
    // Code that was given a signal throws for a cancellation that no wait of the task has seen yet.
    if (task.cancelError === undefined && isCancellation(error))
      task.cancelError = task.cancellation;
    const isOwn = task.cancelError !== undefined && isCancellation(error);
    endBody(task, isOwn ? OutcomeCode.cancelled : OutcomeCode.err, error);
  } else if (task.phase === Phase.finalizing) {
    const extras = task.more();
    extras.panic ??= finalizerPanic(error);
    endFinalizer(task, OutcomeCode.err);
  }
}

function endBody(task: TaskRecord, code: OutcomeCode, value: unknown): void {
  const { extras } = task;
  if (extras !== undefined) {
    if (code === OutcomeCode.err) extras.failures?.add(value);
    else extras.children?.stopAdmitting();
  }
  task.phase = Phase.ended;
  task.code = code;
  task.value = value;
  ended(task, task.scope.runtime.port.task_complete(task.handle, code));
}

function endFinalizer(task: TaskRecord, code: OutcomeCode): void {
  task.phase = Phase.ended;
  ended(task, task.scope.runtime.port.task_finalized(task.handle, code));
}

/** Takes the kernel's word on whether the task has ended with that. */
function ended(task: TaskRecord, answer: number): void {
  // 0: `taskDone` follows. Below: it was revoked or the kernel is poisoned, and both settle it.
  if (answer < COMPLETED_NOW) return;
  settle(task, (answer - COMPLETED_NOW) as OutcomeCode, 0);
  // The kernel has nothing to deliver for it.
  task.scope.runtime.snapshots?.touch();
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof value.then === "function";
}

function isGenerator(value: unknown): value is AnyGenerator {
  return (
    isObject(value) &&
    typeof value.next === "function" &&
    typeof value.throw === "function" &&
    Symbol.iterator in value &&
    !(value instanceof OpRecord)
  );
}

function isAsyncGenerator(value: unknown): boolean {
  return isObject(value) && Symbol.asyncIterator in value && typeof value.throw === "function";
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null;
}
