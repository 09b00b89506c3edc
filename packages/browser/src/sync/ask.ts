/** Owns the wait for permits that every channel and lock is made of, and what it gives. */
import { ASKED, PermitsCode } from "@asupersync/browser-core";
import type { Cx } from "../cx.js";
import { AsupersyncError, refusal } from "../errors.js";
import type { Owed } from "../hand-over.js";
import {
  closeOp,
  nextToken,
  type Op,
  type OpRecord,
  type OpSource,
  openOp,
  reopenOp,
} from "../op.js";
import { Phase, type TaskRecord } from "../task.js";
import { type Line, NEVER_WAITS } from "./line.js";
import { mustObserve, userOf } from "./owner.js";

/**
 * Answers without a wait that a runtime gives between two turns. A loop that always finds what it asks
 * for would otherwise run alone; Rust bodies have the same bound.
 */
const ANSWERS_PER_TURN = 64;

/** No answer of the kernel: others are to run first. */
const LATER = 0;

/** The kernel's answer to a pass for which the permit was there. */
export const PASSED = 1;

/** Whether the task is to let others run before its next answer, of which this counts one. */
function letsOthersRun(task: TaskRecord): boolean {
  const { runtime } = task.scope;
  runtime.answers += 1;
  return runtime.answers > ANSWERS_PER_TURN;
}

/** As `letsOthersRun`, for answers that the kernel is not asked for: a cancellation is observed, too. */
export function mustPause(task: TaskRecord): boolean {
  return letsOthersRun(task) || mustObserve(task);
}

/**
 * Asks for permits: the obligation that has them, if they are there; anything else is for
 * {@link waitFor}.
 */
export function ask(task: TaskRecord, line: Line, permits: number): number {
  if (letsOthersRun(task)) return LATER;
  return askNow(task, line, permits, nextToken(task));
}

/** As {@link ask} for one permit that is used up at once: {@link PASSED}, if it was there. */
export function pass(task: TaskRecord, line: Line): number {
  if (letsOthersRun(task)) return LATER;
  const { port } = line.runtime;
  return port.semaphore_pass(task.handle, line.handle, line.use.kind, nextToken(task));
}

/**
 * Takes permits that are there.
 *
 * @throws {AsupersyncError} `WOULD_WAIT`; the closed code of the line; `LIMIT_REACHED`, `POISONED`.
 */
export function take(task: TaskRecord, line: Line, permits: number): number {
  const answer = askNow(task, line, permits, NEVER_WAITS);
  if (answer > 0) return answer;
  throw line.refusal(answer);
}

/** As `take`, and gives what the kernel says. */
export function askNow(task: TaskRecord, line: Line, permits: number, token: number): number {
  const { port } = line.runtime;
  return port.semaphore_acquire(task.handle, line.handle, permits, line.use.kind, token);
}

/**
 * The operation that goes on from `answer`, which was not an obligation that has its permits.
 *
 * @throws {AsupersyncError} What the kernel refused.
 */
export function waitFor<T>(task: TaskRecord, answer: number, wait: PermitWait): Op<T> {
  if (isAsked(answer)) {
    wait.inLine = answer - ASKED;
    return openOp<T>(task, wait);
  }
  if (answer === LATER) return pause(task, wait);
  throw wait.line.refusal(answer);
}

/** The operation whose `wait` begins after others have run, and a cancellation was observed. */
export function pause<T>(task: TaskRecord, wait: OpSource): Op<T> {
  const op = openOp<T>(task, wait);
  const answer = task.scope.runtime.port.task_sleep(task.handle, 0, op.token);
  if (answer >= 0) return op;
  closeOp(op);
  throw refusal(answer, `task "${task.label}"`);
}

/** Whether an answer is an obligation that waits: far below whatever is minus the code of an error. */
function isAsked(answer: number): boolean {
  return answer < ERRORS_MIN;
}

/** No answer that is an error is below this, and none that is an obligation in line is above it. */
const ERRORS_MIN = -(2 ** 32);

/**
 * What a wait for permits comes to.
 *
 * Cancel-safe: a wait that fails has nothing. The kernel takes the permits back itself; those that came
 * in the same batch as a cancellation are given back here.
 */
export abstract class PermitWait implements OpSource {
  /** Where it waits; another one if that was replaced before it began. */
  line: Line;
  readonly #permits: number;
  /** The obligation that waits in line; 0 while others run first. */
  inLine = 0;

  constructor(line: Line, permits: number) {
    this.line = line;
    this.#permits = permits;
  }

  finish(op: OpRecord, aux: number): void {
    const { inLine } = this;
    this.inLine = 0;
    try {
      if (inLine === 0) this.begin(op);
      else if (aux !== PermitsCode.granted) this.refused(op);
      else if (mustObserve(op.task)) this.#giveBack(op, inLine);
      else this.granted(op, inLine);
    } catch (error) {
      op.fail(error);
    }
  }

  /** The permits are there, and `obligation` of the task has them. */
  protected abstract granted(op: OpRecord, obligation: number): void;

  /** They will never come. */
  protected refused(op: OpRecord): void {
    op.fail(this.line.closedError());
  }

  /** Others have run. */
  protected begin(op: OpRecord): void {
    this.askAgain(op, askNow(op.task, this.line, this.#permits, nextToken(op.task)));
  }

  /** Goes on from what the kernel answered to another ask. */
  protected askAgain(op: OpRecord, answer: number): void {
    if (answer > 0) this.granted(op, answer);
    else if (isAsked(answer)) {
      this.inLine = answer - ASKED;
      reopenOp(op);
    } else if (this.line.isEnd(answer)) this.refused(op);
    else throw this.line.refusal(answer);
  }

  /** The grant came with a cancellation, which the task has to observe first. */
  #giveBack(op: OpRecord, obligation: number): void {
    const { port } = this.line.runtime;
    port.command((kernel) => kernel.obligation_abort(obligation));
    reopenOp(op);
    const answer = port.task_sleep(op.task.handle, 0, op.token);
    if (answer >= 0) return;
    closeOp(op);
    throw refusal(answer, `task "${op.task.label}"`);
  }
}

/** Permits that a task has: an obligation of it. */
export class Held implements Owed {
  #task: TaskRecord;
  readonly #line: Line;
  /** 0 once it has ended. */
  #obligation: number;

  constructor(task: TaskRecord, line: Line, obligation: number) {
    this.#task = task;
    this.#line = line;
    this.#obligation = obligation;
  }

  /** Whether it was neither kept nor taken back, and its task can still act. */
  get isHeld(): boolean {
    return this.#obligation !== 0 && this.#task.phase < Phase.completed;
  }

  /** Keeps the promise. @throws {AsupersyncError} `STALE_HANDLE`, `POISONED`. */
  commit(): void {
    this.check();
    const answer = this.#line.runtime.port.obligation_commit(this.#obligation);
    this.#obligation = 0;
    if (answer < 0) throw this.#refusal(answer);
  }

  /** Keeps the promise of what was lent, or does nothing if it has ended. */
  release(): void {
    const obligation = this.#obligation;
    this.#obligation = 0;
    // Stale if its task has ended: it was given back then.
    if (obligation !== 0) this.#line.runtime.port.obligation_commit(obligation);
  }

  /** Takes it back, or does nothing if it has ended. */
  abort(): void {
    const obligation = this.#obligation;
    this.#obligation = 0;
    if (obligation === 0) return;
    // Stale if its task has ended: it was taken back then.
    this.#line.runtime.port.command((kernel) => kernel.obligation_abort(obligation));
  }

  /** Hands it over to the task of `cx`. @throws {AsupersyncError} */
  transfer(cx: Cx): void {
    const task = userOf(cx, this.#line.runtime);
    this.check();
    const answer = this.#moveTo(task);
    if (answer < 0) throw this.#refusal(answer);
  }

  pass(from: TaskRecord, to: TaskRecord): boolean {
    return this.isHeld && this.#task === from && this.#moveTo(to) >= 0;
  }

  /** @throws {AsupersyncError} `STALE_HANDLE`. */
  check(): void {
    if (this.isHeld) return;
    const how = this.#obligation === 0 ? "was given back" : "went with its task";
    throw new AsupersyncError("STALE_HANDLE", `one of a ${this.#line.use.name} that ${how}`, {
      expected: "a permit that is held",
      mend: "use it once, before the task that got it ends",
    });
  }

  #moveTo(task: TaskRecord): number {
    const answer = this.#line.runtime.port.command((kernel) =>
      kernel.obligation_transfer(this.#obligation, task.handle),
    );
    if (answer >= 0) this.#task = task;
    return answer;
  }

  #refusal(answer: number): AsupersyncError {
    return refusal(answer, `a permit of a ${this.#line.use.name}`);
  }
}
