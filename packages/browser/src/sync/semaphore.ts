/** Owns the semaphore: how many do something at once. */
import { ObligationKindCode, PermitFlowCode } from "@asupersync/browser-core";
import type { Cx } from "../cx.js";
import { DISPOSE } from "../dispose.js";
import { Holder } from "../hand-over.js";
import { type Op, type OpRecord, settledOp } from "../op.js";
import type { TaskRecord } from "../task.js";
import { checkWhole } from "../validate.js";
import { ask, Held, PermitWait, take, waitFor } from "./ask.js";
import { Line, type LineUse } from "./line.js";
import { type Owner, scopeOf, userOf } from "./owner.js";

/** Permits that one semaphore may have: the kernel's own limit. */
const PERMITS_MAX = 2 ** 31 - 1;

/**
 * Opens a semaphore, which goes with `owner`: a number of permits, lent first come first served, also to
 * one who asks for many while others ask for few.
 *
 * @param permits Whole, at least 0. With none it lends nothing until some are added.
 * @throws {AsupersyncError} `INVALID_NUMBER`, `FORGED_HANDLE`; `LIMIT_REACHED` at 2^20 semaphores of a
 *   runtime; `LOCK_CLOSED` if the owner has closed.
 * @example
 * ```ts
 * const uploads = semaphore(runtime, 3);
 * runtime.spawn(async (cx) => {
 *   using _permit = await uploads.acquire(cx); // three at once
 *   await cx.fetch("/upload", { method: "POST", body });
 * });
 * ```
 */
export function semaphore(owner: Owner, permits: number): Semaphore {
  const checked = checkWhole(permits, 0, PERMITS_MAX, "permits");
  return new Semaphore(Line.open(scopeOf(owner), checked, PermitFlowCode.returned, SEMAPHORE));
}

/** A number of permits; see {@link semaphore}. */
export class Semaphore {
  readonly #line: Line;

  /** @internal */
  constructor(line: Line) {
    this.#line = line;
  }

  /** Permits that nobody holds; none once its owner has closed. */
  get available(): number {
    return Math.max(this.#line.available, 0);
  }

  /** Obligations that wait in its line; none once its owner has closed. */
  get waiting(): number {
    return Math.max(this.#line.waiting, 0);
  }

  /**
   * Waits for `permits` permits at once. Cancel-safe: one that fails holds none, and what it was about to
   * get goes to the next one.
   *
   * @param permits Whole, at least 1; default 1.
   * @throws {CancelledError} When the task is cancelled, also where permits are there.
   * @throws {AsupersyncError} `INVALID_NUMBER`; `LOCK_CLOSED`, also while it waits; `FOREIGN_HANDLE`,
   *   `CX_ENDED`, `CX_FOREIGN`, `LIMIT_REACHED`.
   */
  acquire(cx: Cx, permits = 1): Op<SemaphorePermit> {
    const task = userOf(cx, this.#line.runtime);
    checkWhole(permits, 1, PERMITS_MAX, "permits");
    const answer = ask(task, this.#line, permits);
    if (answer > 0) return settledOp(task, new SemaphorePermit(task, this.#line, answer, permits));
    return waitFor(task, answer, new Acquire(this.#line, permits));
  }

  /**
   * `permits` permits, if they are there and nobody waits before; a cancelled task may ask, too.
   *
   * @throws {AsupersyncError} `WOULD_WAIT`, else as {@link Semaphore.acquire}.
   */
  tryAcquire(cx: Cx, permits = 1): SemaphorePermit {
    const task = userOf(cx, this.#line.runtime);
    checkWhole(permits, 1, PERMITS_MAX, "permits");
    return new SemaphorePermit(task, this.#line, take(task, this.#line, permits), permits);
  }

  /**
   * Adds permits, from anywhere.
   *
   * @throws {AsupersyncError} `INVALID_NUMBER`; `LIMIT_REACHED` if it had more than 2^31 - 1 then;
   *   `LOCK_CLOSED`, `POISONED`.
   */
  add(permits: number): void {
    this.#line.add(checkWhole(permits, 0, PERMITS_MAX, "permits"));
  }

  /** Refuses everybody from now on, those who wait included. What is lent stays lent. */
  close(): void {
    this.#line.drop();
  }
}

/**
 * Permits of a {@link Semaphore}: an obligation of the task that got them, to be given back before that
 * task ends. Leaving a `using` one gives them back.
 */
export class SemaphorePermit extends Holder implements Disposable {
  /** How many. */
  readonly permits: number;
  readonly #held: Held;

  /** @internal */
  constructor(task: TaskRecord, line: Line, obligation: number, permits: number) {
    const held = new Held(task, line, obligation);
    super(held);
    this.permits = permits;
    this.#held = held;
  }

  /** Gives them back. Again, or after its task has ended, it does nothing. */
  release(): void {
    this.#held.release();
  }

  /**
   * Hands them over to the task of `cx`, which answers for them from now on. To be called there, before
   * the task that got them ends.
   *
   * @throws {AsupersyncError} `STALE_HANDLE`, `FOREIGN_HANDLE`, `LIMIT_REACHED`; they stay where they are.
   */
  transfer(cx: Cx): void {
    this.#held.transfer(cx);
  }

  /** As {@link SemaphorePermit.release}. */
  [DISPOSE](): void {
    this.release();
  }
}

class Acquire extends PermitWait {
  readonly #count: number;

  constructor(line: Line, permits: number) {
    super(line, permits);
    this.#count = permits;
  }

  protected override granted(op: OpRecord, obligation: number): void {
    op.fulfil(new SemaphorePermit(op.task, this.line, obligation, this.#count));
  }
}

const SEMAPHORE: LineUse = {
  code: "LOCK_CLOSED",
  name: "semaphore",
  kind: ObligationKindCode.semaphorePermit,
};
