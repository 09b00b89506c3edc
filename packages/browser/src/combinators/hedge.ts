/** Owns `cx.hedge`: further attempts beside one that is slow, of which the first value decides. */

import { PolicyCode } from "@asupersync/browser-core";
import { addOperation, taskOf } from "../cx.js";
import { Failures } from "../failures.js";
import type { Op, OpRecord } from "../op.js";
import { type TaskRecord, thrownBy } from "../task.js";
import { TimeoutError } from "../timeout-error.js";
import {
  checkBody,
  checkDuration,
  checkLabel,
  checkOptions,
  checkWhole,
  invalidArgument,
} from "../validate.js";
import { joinOp } from "../wait.js";
import { Any } from "./any.js";
import { type AttemptBody, attemptBody, attemptLabel } from "./attempt.js";
import { openBranches } from "./composite.js";
import { timeoutOp } from "./timeout.js";

addOperation("hedge", hedgeOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Runs `body`, and once more beside it if it has given no value after `afterMs`, and so on, at
     * most `attempts` times: the first value decides. The others are cancelled, and it settles when they
     * have drained. When the latest attempt fails the next one begins at once. For a slow tail of
     * something that may be done more than once.
     *
     * When all have failed it fails with what the first one threw; what the others threw is
     * `suppressed` in the outcome of a task that passes it on.
     *
     * @param body Also told which attempt it is, from 1.
     * @example
     * ```ts
     * const quote = await cx.hedge(loadQuote, { afterMs: 200 });
     * ```
     * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
     */
    hedge<T>(body: AttemptBody<T>, options: HedgeOptions): Op<T>;
  }
}

/** When further attempts begin, and how many. */
export interface HedgeOptions {
  /** Milliseconds between the beginnings of two attempts; finite, at least 0. */
  readonly afterMs: number;
  /** Attempts at most, the first included: whole, from 1 to 100. Default 2. */
  readonly attempts?: number;
  /** Its name in snapshots; 200 characters are kept. Default `hedge`. */
  readonly label?: string;
}

const HEDGE_OPTIONS = [
  "afterMs",
  "attempts",
  "label",
] as const satisfies readonly (keyof HedgeOptions)[];

const ATTEMPTS = 2;
/** Each attempt is a level of scopes. */
const ATTEMPTS_MAX = 100;

/** See {@link Cx.hedge}. */
function hedgeOp<T>(task: TaskRecord, body: AttemptBody<T>, options: HedgeOptions): Op<T> {
  checkBody(body);
  if (options === undefined) {
    throw invalidArgument(options, "hedge options", "pass { afterMs }: when to begin once more");
  }
  checkOptions(options, HEDGE_OPTIONS, "hedge options");
  const { afterMs, attempts = ATTEMPTS, label } = options;
  const plan: Plan = {
    body,
    afterMs: checkDuration(afterMs, "afterMs"),
    attempts: checkWhole(attempts, 1, ATTEMPTS_MAX, "attempts"),
    label: checkLabel(label) ?? "hedge",
  };
  return new Hedge(task, plan, 1).begin<T>();
}

/** What hedging goes by, checked. */
interface Plan {
  readonly body: AttemptBody<unknown>;
  readonly afterMs: number;
  readonly attempts: number;
  readonly label: string;
}

/** One attempt, and beside it what waits to begin the next: a hedge of its own. */
class Hedge extends Any {
  readonly #plan: Plan;
  readonly #attempt: number;
  #next: Hedge | undefined = undefined;

  constructor(task: TaskRecord, plan: Plan, attempt: number) {
    super(task, openBranches(task, { policy: PolicyCode.any, flags: 0, label: plan.label }));
    this.#plan = plan;
    this.#attempt = attempt;
  }

  begin<T>(): Op<T> {
    const { body, attempts } = this.#plan;
    const first = attemptBody(body, this.#attempt);
    return this.start(
      this.#attempt < attempts ? [first, (cx) => this.#later(taskOf(cx))] : [first],
      {
        label: attemptLabel(body),
      },
    );
  }

  *#later(task: TaskRecord): Generator<Op<unknown>, unknown, unknown> {
    const [first] = this.branches as [TaskRecord];
    const { afterMs } = this.#plan;
    try {
      yield* timeoutOp(task, afterMs, function* ended(cx) {
        yield* joinOp(taskOf(cx), first);
      });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    }
    this.#next = new Hedge(task, this.#plan, this.#attempt + 1);
    return yield* this.#next.begin();
  }

  /** Also one further on whose value the attempt in between was cancelled too early to pass on. */
  protected override get winner(): TaskRecord | undefined {
    return super.winner ?? this.#next?.winner;
  }

  protected override allFailed(op: OpRecord): void {
    const failures = new Failures();
    for (const branch of this.branches) {
      failures.add(thrownBy(branch));
      failures.addErrors(branch.extras?.failures);
    }
    this.failWith(op, failures);
  }
}
