/** Owns `cx.retry`: a body that is tried until it gives a value. */
import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import { isCancellation } from "../abort-reason.js";
import { callAs } from "../active.js";
import { addOperation, taskOf } from "../cx.js";
import { Failures } from "../failures.js";
import type { Op, OpRecord } from "../op.js";
import type { TaskRecord } from "../task.js";
import { checkBody, checkFlag, checkLabel, checkListener } from "../validate.js";
import { sleepOp } from "../wait.js";
import { type AttemptBody, attemptOp } from "./attempt.js";
import { Composite, openBranches } from "./composite.js";
import {
  type CheckedSchedule,
  decodeSchedule,
  nextPause,
  SCHEDULE_OPTIONS,
  type Schedule,
} from "./schedule.js";

addOperation("retry", retryOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Runs `body` until it gives a value, as often and with such pauses as the schedule says. Each
     * attempt is a task of its own, which has drained before the next begins. A cancellation is never
     * tried again, nor is a panic.
     *
     * It fails with what the last attempt threw, that very thing; what the ones before threw is
     * `suppressed` in the outcome of a task that passes it on. For a limit in time put a
     * {@link CoreCx.timeout} around it, or into the body for one on each attempt.
     *
     * @param body Also told which attempt it is, from 1.
     * @example
     * ```ts
     * const user = await cx.retry(loadUser, { attempts: 5, retryIf: (error) => error !== gone });
     * ```
     * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
     */
    retry<T>(body: AttemptBody<T>, options?: RetryOptions): Op<T>;
  }
}

/** How often a body is tried, how long to pause between, and after which failures. */
export interface RetryOptions extends Schedule {
  /**
   * Whether to try again after `error`, thrown by the `attempt`th attempt. What it throws is what the
   * operation fails with. Default: always. Not asked after a cancellation, an `AbortError` included.
   */
  readonly retryIf?: (error: unknown, attempt: number) => boolean;
  /** Called before each pause. What it throws is what the operation fails with. */
  readonly onRetry?: (retry: Retry) => void;
  /** Its name in snapshots; 200 characters are kept. Default `retry`. */
  readonly label?: string;
}

/** A failed attempt that another one will follow. */
export interface Retry {
  /** What it threw. */
  readonly error: unknown;
  /** Which one failed, from 1. */
  readonly attempt: number;
  /** Milliseconds until the next one. */
  readonly pauseMs: number;
}

const RETRY_OPTIONS = [
  ...SCHEDULE_OPTIONS,
  "retryIf",
  "onRetry",
  "label",
] as const satisfies readonly (keyof RetryOptions)[];

/** See {@link Cx.retry}. */
function retryOp<T>(task: TaskRecord, body: AttemptBody<T>, options: RetryOptions = {}): Op<T> {
  checkBody(body);
  const schedule = decodeSchedule(options, "retry options", RETRY_OPTIONS);
  const { retryIf, onRetry, label } = options;
  if (retryIf !== undefined) checkListener(retryIf, "retryIf");
  if (onRetry !== undefined) checkListener(onRetry, "onRetry");
  return new Retrying(task, { schedule, retryIf, onRetry }, checkLabel(label)).begin(body);
}

/** What retrying goes by, checked. */
interface Plan {
  readonly schedule: CheckedSchedule;
  readonly retryIf: RetryOptions["retryIf"] | undefined;
  readonly onRetry: RetryOptions["onRetry"] | undefined;
}

class Retrying extends Composite {
  readonly #plan: Plan;
  /** What the attempts threw. */
  readonly #failures = new Failures();
  /** The attempt that no other one will follow, once there is one. */
  #last: TaskRecord | undefined = undefined;

  constructor(task: TaskRecord, plan: Plan, label = "retry") {
    super(task, openBranches(task, { policy: PolicyCode.failFast, flags: 0, label }));
    this.#plan = plan;
  }

  begin<T>(body: AttemptBody<T>): Op<T> {
    return this.start([(cx) => this.#attempts(taskOf(cx), body)], { label: "attempts" });
  }

  /** Returns what the last attempt did, so that an obligation goes on to who called. */
  *#attempts(
    task: TaskRecord,
    body: AttemptBody<unknown>,
  ): Generator<Op<unknown>, unknown, unknown> {
    const { port } = task.scope.runtime;
    const began = port.now();
    for (let count = 1; ; count += 1) {
      const attempt = yield* attemptOp(task, body, count);
      const pauseMs = this.#pauseAfter(attempt, count, began);
      if (pauseMs === undefined) {
        this.#last = attempt;
        return attempt.value;
      }
      yield* sleepOp(task, pauseMs);
    }
  }

  /** Milliseconds until the next attempt; undefined when there is to be none. */
  #pauseAfter({ code, value: error }: TaskRecord, attempt: number, began: number) {
    const { schedule, onRetry } = this.#plan;
    const { port } = this.task.scope.runtime;
    if (code !== OutcomeCode.err || isCancellation(error)) return undefined;
    this.#failures.add(error);
    if (attempt >= schedule.attempts || !this.#isTransient(error, attempt)) return undefined;
    const pauseMs = nextPause(schedule, attempt, port.now() - began, port.random());
    if (pauseMs !== undefined && onRetry !== undefined) {
      callAs(this.task, () => onRetry(Object.freeze({ error, attempt, pauseMs })));
    }
    return pauseMs;
  }

  #isTransient(error: unknown, attempt: number): boolean {
    const { retryIf } = this.#plan;
    if (retryIf === undefined) return true;
    const answer = callAs(this.task, () => retryIf(error, attempt));
    checkFlag(answer, "the answer of retryIf");
    return answer;
  }

  protected override decide(op: OpRecord): void {
    this.ownCancellation();
    const [conductor] = this.branches;
    // What the last attempt came to is not lost because the task was cancelled meanwhile.
    const decisive = this.#last ?? conductor;
    if (decisive === undefined) this.failCancelled(op);
    else if (decisive.code !== OutcomeCode.err) this.followBranch(op, decisive);
    else this.failWith(op, failuresOf(decisive, this.#failures));
  }
}

/** The failures of `task`, which come first, and the `earlier` ones. */
function failuresOf(task: TaskRecord, earlier: Failures): Failures {
  const failures = new Failures();
  failures.add(task.value);
  failures.addErrors(task.extras?.failures);
  failures.addErrors(earlier);
  return failures;
}
