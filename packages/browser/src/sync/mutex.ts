/** Owns the lock that may be held across waits. */
import { ObligationKindCode, PermitFlowCode } from "@asupersync/browser-core";
import type { Cx } from "../cx.js";
import { DISPOSE } from "../dispose.js";
import { Holder } from "../hand-over.js";
import { type Op, type OpRecord, settledOp } from "../op.js";
import type { TaskRecord } from "../task.js";
import { ask, Held, PermitWait, take, waitFor } from "./ask.js";
import { Line, type LineUse } from "./line.js";
import { type Owner, scopeOf, userOf } from "./owner.js";

/**
 * Opens a lock with `value` in it, which goes with `owner`: one task at a time has the value, first come
 * first served.
 *
 * @throws {AsupersyncError} `FORGED_HANDLE`; `LIMIT_REACHED` at 2^20 semaphores of a runtime;
 *   `LOCK_CLOSED` if the owner has closed.
 * @example
 * ```ts
 * const account = mutex(runtime, { balance: 0 });
 * runtime.spawn(async (cx) => {
 *   using guard = await account.lock(cx);
 *   const added = await (await cx.fetch("/deposit")).json<number>(); // nobody else gets in meanwhile
 *   guard.value.balance += added;
 * });
 * ```
 */
export function mutex<T>(owner: Owner, value: T): Mutex<T> {
  const line = Line.open(scopeOf(owner), 1, PermitFlowCode.returned, MUTEX);
  return new Mutex({ line, value });
}

/** A value that one task at a time has; see {@link mutex}. */
export class Mutex<T> {
  readonly #state: State<T>;

  /** @internal */
  constructor(state: State<T>) {
    this.#state = state;
  }

  /** Whether a task has it now. */
  get isLocked(): boolean {
    return this.#state.line.available === 0;
  }

  /**
   * Waits for the lock. A task that has it already waits for itself, until it is cancelled. Cancel-safe:
   * one that fails does not have it, and a lock that it was about to get goes to the next one.
   *
   * @throws {CancelledError} When the task is cancelled, also where the lock is free.
   * @throws {AsupersyncError} `LOCK_CLOSED` once its owner has closed; `FOREIGN_HANDLE`, `CX_ENDED`,
   *   `CX_FOREIGN`, `LIMIT_REACHED`.
   */
  lock(cx: Cx): Op<MutexGuard<T>> {
    const state = this.#state;
    const task = userOf(cx, state.line.runtime);
    const answer = ask(task, state.line, 1);
    if (answer > 0) return settledOp(task, new MutexGuard(state, task, answer));
    return waitFor(task, answer, new LockWait(state));
  }

  /**
   * The lock, if it is free and nobody waits before; a cancelled task may ask, too.
   *
   * @throws {AsupersyncError} `WOULD_WAIT`, else as {@link Mutex.lock}.
   */
  tryLock(cx: Cx): MutexGuard<T> {
    const state = this.#state;
    const task = userOf(cx, state.line.runtime);
    return new MutexGuard(state, task, take(task, state.line, 1));
  }
}

/**
 * The value of a {@link Mutex}: an obligation of the task that got it, to be given back before that task
 * ends. Leaving a `using` guard gives it back.
 */
export class MutexGuard<T> extends Holder implements Disposable {
  readonly #state: State<T>;
  readonly #held: Held;

  /** @internal */
  constructor(state: State<T>, task: TaskRecord, obligation: number) {
    const held = new Held(task, state.line, obligation);
    super(held);
    this.#state = state;
    this.#held = held;
  }

  /**
   * The value, to be read and set while it is held.
   *
   * @throws {AsupersyncError} `STALE_HANDLE` once it was given back, or its task has ended.
   */
  get value(): T {
    this.#held.check();
    return this.#state.value;
  }

  set value(value: T) {
    this.#held.check();
    this.#state.value = value;
  }

  /** Gives the lock back. Again, or after its task has ended, it does nothing. */
  release(): void {
    this.#held.release();
  }

  /**
   * Hands the lock over to the task of `cx`, which answers for it from now on. To be called there, before
   * the task that got it ends.
   *
   * @throws {AsupersyncError} `STALE_HANDLE`, `FOREIGN_HANDLE`, `LIMIT_REACHED`; it stays where it is.
   */
  transfer(cx: Cx): void {
    this.#held.transfer(cx);
  }

  /** As {@link MutexGuard.release}. */
  [DISPOSE](): void {
    this.release();
  }
}

interface State<T> {
  readonly line: Line;
  value: T;
}

class LockWait<T> extends PermitWait {
  readonly #state: State<T>;

  constructor(state: State<T>) {
    super(state.line, 1);
    this.#state = state;
  }

  protected override granted(op: OpRecord, obligation: number): void {
    op.fulfil(new MutexGuard(this.#state, op.task, obligation));
  }
}

const MUTEX: LineUse = {
  code: "LOCK_CLOSED",
  name: "mutex",
  kind: ObligationKindCode.lease,
};
