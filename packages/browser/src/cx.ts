/** Owns `cx`: everything that a body may ask for. */
import { checkActive } from "./active.js";
import type { Body, BodyValue, Finalizer } from "./body.js";
import type { CancelInfo } from "./cancel.js";
import { childrenOf, spawnChild } from "./children.js";
import { allOp, type BranchesOptions } from "./combinators/all.js";
import { raceOp } from "./combinators/race.js";
import { maskOp, type ScopeOpOptions, scopeOp } from "./combinators/scope-op.js";
import { timeoutOp } from "./combinators/timeout.js";
import { deferTo } from "./defer.js";
import { AsupersyncError, type ErrorDetails } from "./errors.js";
import { type ForeignOptions, foreignOp } from "./foreign.js";
import type { Op } from "./op.js";
import type { Outcome } from "./outcome.js";
import type { Scope } from "./scope.js";
import { signalOf } from "./signal.js";
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
  /**
   * Aborts when the task is cancelled, for code that takes a signal. Its `reason` is what such code
   * expects: a `DOMException` named `AbortError`, or `TimeoutError` when time ran out, with the
   * {@link CancelledError} as `cause`. Made when first asked for. `cx.fetch` and `cx.foreign` have their
   * own.
   */
  readonly signal: AbortSignal;
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
   * Runs `body` in a scope of its own, and waits for it and for every child that it spawns. Fails with
   * the first failure among them. With `collect-all` a failed child leaves the others alone.
   *
   * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
   */
  scope<T>(body: Body<T>, options?: ScopeOpOptions): Op<T>;
  /**
   * Runs all bodies, and gives their values in the order of `bodies`. The first failure cancels the
   * others; when all have drained it fails with that. Of no bodies the values are `[]`.
   *
   * @example
   * ```ts
   * const [user, posts] = await cx.all([loadUser, loadPosts]);
   * ```
   */
  all<const B extends readonly Body<unknown>[]>(
    bodies: B,
    options?: BranchesOptions,
  ): Op<{ -readonly [K in keyof B]: BodyValue<B[K]> }>;
  /**
   * Runs all bodies; the first that gives a value or fails decides. The others are cancelled, and it
   * settles when they have drained.
   *
   * @throws {AsupersyncError} `EMPTY_RACE` for no bodies.
   */
  race<const B extends readonly Body<unknown>[]>(
    bodies: B,
    options?: BranchesOptions,
  ): Op<BodyValue<B[number]>>;
  /**
   * Runs `body` and cancels it after its time. A value that it still gives is not lost; otherwise it
   * fails with {@link TimeoutError} when the body has drained. Of nested timeouts the smaller one wins.
   *
   * @param ms Milliseconds, finite and at least 0; 0 lets the body start only if it does so first.
   * @throws {AsupersyncError} `INVALID_NUMBER`, `INVALID_ARGUMENT`.
   */
  timeout<T>(ms: number, body: Body<T>): Op<T>;
  /**
   * Runs `body` shielded: a cancellation of this task does not reach it, and is noticed at the next wait
   * after it. The drain time bounds it: for what must not be left half done, not for long work.
   */
  mask<T>(body: Body<T>): Op<T>;
  /**
   * Registers what to run when the body and all children have ended; the last one registered runs
   * first, shielded from cancellation, within the drain time. One that fails makes the task `panicked`;
   * the others run all the same.
   */
  defer(finalizer: Finalizer): void;
  /**
   * Waits for somebody else's promise. `start` is called at once with a signal that aborts when the task
   * is cancelled; for work that takes no signal there is `onCancel`. The task then ends only when the
   * promise has settled, whose late result is swallowed; one that does not settle within the drain time
   * is revoked and named in the close report. What takes callbacks goes in {@link Cx.callback}.
   *
   * @example
   * ```ts
   * const file = await cx.foreign((signal) => showPicker({ signal }));
   * const rows = await cx.foreign(() => query.run(), { onCancel: () => query.stop() });
   * ```
   * @throws {AsupersyncError} `INVALID_ARGUMENT`. What `start` throws, or its promise is rejected with, fails
   *   the operation.
   */
  foreign<T>(start: (signal: AbortSignal) => PromiseLike<T>, options?: ForeignOptions): Op<T>;
}

/** An operation as the file that owns it has it: the task in place of the cx. */
export type TaskOperation = (task: TaskRecord, ...args: never[]) => unknown;

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
  CxRecord.add(name, operation);
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

  static add(name: string, operation: TaskOperation): void {
    const start = operation as (task: TaskRecord, ...args: unknown[]) => unknown;
    // Under its name, which stacks show.
    const method = {
      [name](this: CxRecord, ...args: unknown[]): unknown {
        return start(this.#task, ...args);
      },
    };
    Object.defineProperty(CxRecord.prototype, name, { value: method[name] });
  }

  get signal(): AbortSignal {
    return signalOf(this.#task);
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

  scope<T>(body: Body<T>, options?: ScopeOpOptions): Op<T> {
    return scopeOp(this.#task, body, options);
  }

  all<const B extends readonly Body<unknown>[]>(
    bodies: B,
    options?: BranchesOptions,
  ): Op<{ -readonly [K in keyof B]: BodyValue<B[K]> }> {
    return allOp(this.#task, bodies, options);
  }

  race<const B extends readonly Body<unknown>[]>(
    bodies: B,
    options?: BranchesOptions,
  ): Op<BodyValue<B[number]>> {
    return raceOp(this.#task, bodies, options);
  }

  timeout<T>(ms: number, body: Body<T>): Op<T> {
    return timeoutOp(this.#task, ms, body);
  }

  mask<T>(body: Body<T>): Op<T> {
    return maskOp(this.#task, body);
  }

  defer(finalizer: Finalizer): void {
    deferTo(this.#task, finalizer);
  }

  foreign<T>(start: (signal: AbortSignal) => PromiseLike<T>, options?: ForeignOptions): Op<T> {
    return foreignOp(this.#task, start, options);
  }
}
