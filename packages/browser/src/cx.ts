/** Owns `cx`: everything that a body may ask for. */
import { checkActive } from "./active.js";
import { addGetter, addMethod, type MethodOf } from "./add-member.js";
import type { Body, Finalizer } from "./body.js";
import type { CancelInfo } from "./cancel.js";
import { childrenOf, spawnChild } from "./children.js";
import { deferTo } from "./defer.js";
import { AsupersyncError, type ErrorDetails } from "./errors.js";
import type { Op } from "./op.js";
import type { Outcome } from "./outcome.js";
import type { Scope } from "./scope.js";
import type { Task, TaskOptions, TaskRecord } from "./task.js";
import { describeReceived } from "./validate.js";
import { checkpointOp, joinOp, sleepOp } from "./wait.js";

/**
 * What a body may ask for. It is good for that body alone, while it runs: used after the task has ended
 * it throws `CX_ENDED`, from another task's body `CX_FOREIGN`.
 *
 * Every operation starts at once, belongs to the task, and is awaited (`await`) or yielded (`yield*`).
 * When the task is cancelled every wait fails with the same {@link CancelledError}, now and from then on:
 * catch it to clean up, and let it pass. Only finalizers and masked bodies still wait.
 *
 * {@link CoreCx} is what every runtime has. Every other operation is declared here, and added, by the
 * file that owns it.
 */
export interface Cx extends CoreCx {}

/** The part of {@link Cx} that is always there. */
export interface CoreCx {
  /** Runtime time in milliseconds, monotonic. */
  readonly now: number;
  /** Why the task is cancelled; undefined as long as it is not. */
  readonly cancelled: CancelInfo | undefined;
  /** The scope of the task's children, opened when first asked for: for those who spawn on its behalf. */
  readonly children: Scope;
  /** The task's label. */
  readonly label: string;
  /** Runtime time in milliseconds by which the task is cancelled, if there is any. */
  readonly deadline: number | undefined;
  /** A number from 0 up to 1 from the runtime's seeded stream: the same seed gives the same numbers. */
  random(): number;
  /**
   * Lets others run, and notices a cancellation. A loop without any other wait needs one, or it cannot
   * be cancelled.
   */
  checkpoint(): Op<void>;
  /**
   * Waits.
   *
   * @param ms Milliseconds, finite and at least 0. Never shorter; a hidden page may make it longer.
   * @throws {AsupersyncError} `INVALID_NUMBER`.
   */
  sleep(ms: number): Op<void>;
  /**
   * Spawns a child. The task ends only after it; when it fails, the other children and the task are
   * cancelled, and the task ends with that failure.
   *
   * @throws {CancelledError} When the task is cancelled already.
   * @throws {AsupersyncError} As {@link Scope.spawn}.
   */
  spawn<T>(body: Body<T>, options?: TaskOptions): Task<T>;
  /**
   * Waits for the end of another task, and gives its outcome. Waiting does not own: a cancellation ends
   * the wait and leaves the other task alone.
   *
   * @throws {AsupersyncError} `FOREIGN_HANDLE` for a task of another runtime, `FORGED_HANDLE` for none,
   *   `WRONG_STATE` for the task itself.
   */
  join<T>(task: Task<T>): Op<Outcome<T>>;
  /**
   * Registers what to run when the body and all children have ended; the last one registered runs
   * first, shielded from cancellation, within the drain time. One that fails makes the task `panicked`;
   * the others run all the same.
   */
  defer(finalizer: Finalizer): void;
}

/** An operation as the file that owns it has it: the task in place of the cx. */
export type TaskOperation = (task: TaskRecord, a: never, b: never, c: never, d: never) => unknown;

/** The `cx` of `task`: one for each body and finalizer. */
export function makeCx(task: TaskRecord): Cx {
  // What the record lacks of a `Cx` was added by the files that declare it.
  const core: CoreCx = new CxRecord(task);
  return core as Cx;
}

/**
 * The task that `cx` was given to, for functions that take a `cx`.
 *
 * @param facts What to say if it is none, where more than a `cx` would do.
 * @throws {AsupersyncError} `FORGED_HANDLE` for anything but a cx that a runtime gave out.
 */
export function taskOf(cx: Cx, facts: ErrorDetails = NO_CX): TaskRecord {
  const task = CxRecord.taskOf(cx);
  if (task !== undefined) return task;
  throw new AsupersyncError("FORGED_HANDLE", describeReceived(cx), facts);
}

const NO_CX: ErrorDetails = {
  expected: "the cx that a body was given",
  mend: "pass the parameter of the body itself, not a copy of it",
};

/**
 * Adds an operation to every `cx`. The file that owns the operation calls this once, and declares its
 * type on {@link Cx}; an app that does not load the file does not pay for it.
 */
export function addOperation(
  name: Exclude<keyof Cx, keyof CoreCx>,
  operation: TaskOperation,
): void {
  CxRecord.addOperation(name, operation as AnyOperation);
}

type AnyOperation = MethodOf<TaskRecord>;

/** Adds what is read like a field of every `cx`, by the same rule. */
export function addFact(
  name: Exclude<keyof Cx, keyof CoreCx>,
  read: (task: TaskRecord) => unknown,
): void {
  CxRecord.addFact(name, read);
}

/** The record behind {@link Cx}. */
class CxRecord implements CoreCx {
  readonly #task: TaskRecord;

  constructor(task: TaskRecord) {
    this.#task = task;
  }

  static taskOf(cx: unknown): TaskRecord | undefined {
    return typeof cx === "object" && cx !== null && #task in cx ? cx.#task : undefined;
  }

  static addOperation(name: string, operation: AnyOperation): void {
    addMethod(CxRecord.prototype, name, (cx, a, b, c, d) => operation(cx.#task, a, b, c, d));
  }

  static addFact(name: string, read: (task: TaskRecord) => unknown): void {
    addGetter(CxRecord.prototype, name, (cx) => read(cx.#task));
  }

  get now(): number {
    return this.#task.scope.runtime.port.now();
  }

  get cancelled(): CancelInfo | undefined {
    return this.#task.cancellation?.cancel;
  }

  get children(): Scope {
    return childrenOf(this.#task);
  }

  get label(): string {
    return this.#task.label;
  }

  get deadline(): number | undefined {
    return this.#task.deadline;
  }

  random(): number {
    checkActive(this.#task);
    return this.#task.scope.runtime.port.random();
  }

  checkpoint(): Op<void> {
    return checkpointOp(this.#task);
  }

  sleep(ms: number): Op<void> {
    return sleepOp(this.#task, ms);
  }

  spawn<T>(body: Body<T>, options?: TaskOptions): Task<T> {
    return spawnChild(this.#task, body, options);
  }

  join<T>(task: Task<T>): Op<Outcome<T>> {
    return joinOp(this.#task, task);
  }

  defer(finalizer: Finalizer): void {
    deferTo(this.#task, finalizer);
  }
}
