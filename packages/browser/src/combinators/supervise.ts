/** Owns `cx.supervise`: bodies that are started again when they fail, unless they do so too often. */
import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import { isCancellation } from "../abort-reason.js";
import { callAs } from "../active.js";
import type { Body, BodyValue } from "../body.js";
import { addOperation, taskOf } from "../cx.js";
import { AsupersyncError } from "../errors.js";
import { Failures } from "../failures.js";
import type { Op, OpRecord } from "../op.js";
import { type TaskRecord, thrownBy } from "../task.js";
import {
  checkBodies,
  checkBody,
  checkDuration,
  checkLabel,
  checkListener,
  checkOptions,
  checkWhole,
} from "../validate.js";
import { sleepOp } from "../wait.js";
import { attemptOp } from "./attempt.js";
import { Composite, openBranches } from "./composite.js";
import { decodeSchedule, PAUSES_OPTIONS, type Pauses, pauseAfter } from "./schedule.js";

addOperation("supervise", superviseOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Runs `body`, starts it again when it fails, and gives the value with which it ends at last. Each
     * run is a task of its own, which has drained before the next begins; a run that panicked counts as
     * failed. A cancellation is passed on, and nothing is started again after it.
     *
     * When it fails more often than `maxRestarts` within `withinMs`, it is given up: the operation
     * fails with `SUPERVISION_FAILED`, whose `cause` is the last failure. The ones before are
     * `suppressed` in the outcome of a task that passes it on.
     *
     * @example
     * ```ts
     * await cx.supervise(listen, { maxRestarts: 5, withinMs: 60_000 });
     * ```
     * @throws {AsupersyncError} `SUPERVISION_FAILED`, `INVALID_ARGUMENT`, `INVALID_NUMBER`.
     */
    supervise<T>(body: Body<T>, options?: SuperviseOptions): Op<T>;
    /**
     * Supervises several bodies, one for one: a failure starts that body again and leaves the others
     * alone, and all failures together count. Gives their values in the order of `bodies`. When it gives
     * up the others are cancelled and drained. Of no bodies the values are `[]`.
     */
    supervise<const B extends readonly Body<unknown>[]>(
      bodies: B,
      options?: SuperviseOptions,
    ): Op<{ -readonly [K in keyof B]: BodyValue<B[K]> }>;
  }
}

/** When a body is started again, and when that is given up. */
export interface SuperviseOptions {
  /** How long to pause before a restart: by how many there were within `withinMs`. */
  readonly restart?: Pauses;
  /**
   * Restarts at most within `withinMs`: whole, from 0 to 10,000. Default 3. For restarts without end
   * there is {@link Cx.retry}.
   */
  readonly maxRestarts?: number;
  /** Milliseconds; finite, at least 0. Default 5000. */
  readonly withinMs?: number;
  /** Called before each restart. What it throws is what the operation fails with. */
  readonly onRestart?: (restart: Restart) => void;
  /** Its name in snapshots; 200 characters are kept. Default `supervise`. */
  readonly label?: string;
}

/** A failure after which a body starts again. */
export interface Restart {
  /** What was thrown; for a panic the error that says so. */
  readonly error: unknown;
  /** Restarts within `withinMs`, this one included. */
  readonly restarts: number;
  /** Milliseconds until it starts. */
  readonly pauseMs: number;
}

const SUPERVISE_OPTIONS = [
  "restart",
  "maxRestarts",
  "withinMs",
  "onRestart",
  "label",
] as const satisfies readonly (keyof SuperviseOptions)[];

// What Elixir's supervisors allow.
const RESTARTS = 3;
const WITHIN_MS = 5_000;

/** Each restart that still counts is kept. */
const RESTARTS_MAX = 10_000;
/** See {@link Cx.supervise}. */
function superviseOp(
  task: TaskRecord,
  bodies: Body<unknown> | readonly Body<unknown>[],
  options: SuperviseOptions = {},
): Op<never> {
  const isOne = typeof bodies === "function";
  if (isOne) checkBody(bodies);
  else checkBodies(bodies, "supervise");
  checkOptions(options, SUPERVISE_OPTIONS, "supervise options");
  const { restart, maxRestarts = RESTARTS, withinMs = WITHIN_MS, onRestart } = options;
  if (onRestart !== undefined) checkListener(onRestart, "onRestart");
  const plan = {
    restart: decodeSchedule(restart, "restart", PAUSES_OPTIONS),
    maxRestarts: checkWhole(maxRestarts, 0, RESTARTS_MAX, "maxRestarts"),
    withinMs: checkDuration(withinMs, "withinMs"),
    onRestart,
  };
  const label = checkLabel(options.label) ?? "supervise";
  return new Supervisor(task, plan, label, isOne).begin(isOne ? [bodies] : bodies);
}

/** What supervising goes by, checked. */
interface Plan {
  readonly restart: Required<Pauses>;
  readonly maxRestarts: number;
  readonly withinMs: number;
  readonly onRestart: SuperviseOptions["onRestart"] | undefined;
}

class Supervisor extends Composite {
  readonly #plan: Plan;
  readonly #isOne: boolean;
  /** The restarts that still count, earliest first. */
  #restarts: readonly { readonly at: number; readonly error: unknown }[] = [];
  /** The run that gave the value of each body. */
  readonly #ended: TaskRecord[] = [];
  #endedCount = 0;

  constructor(task: TaskRecord, plan: Plan, label: string, isOne: boolean) {
    super(task, openBranches(task, { policy: PolicyCode.failFast, flags: 0, label }));
    this.#plan = plan;
    this.#isOne = isOne;
  }

  begin(bodies: readonly Body<unknown>[]): Op<never> {
    const runs = bodies.map(
      (body, index): Body<unknown> =>
        (cx) =>
          this.#runs(taskOf(cx), body, index),
    );
    return this.start(runs, { label: "runs" });
  }

  /** Returns what the last run did, so that an obligation goes on to who called. */
  *#runs(task: TaskRecord, body: Body<unknown>, index: number): Generator<Op<unknown>, unknown> {
    for (let count = 1; ; count += 1) {
      const run = yield* attemptOp(task, body, count);
      if (run.code === OutcomeCode.ok) {
        this.#ended[index] = run;
        this.#endedCount += 1;
        return run.value;
      }
      const error = thrownBy(run);
      if (run.code === OutcomeCode.cancelled || isCancellation(error)) throw error;
      yield* sleepOp(task, this.#pauseAfter(task, error));
    }
  }

  /**
   * Milliseconds until the body that failed starts again.
   *
   * @throws {AsupersyncError} `SUPERVISION_FAILED`.
   */
  #pauseAfter(task: TaskRecord, error: unknown): number {
    const { restart, maxRestarts, withinMs, onRestart } = this.#plan;
    const { port } = task.scope.runtime;
    const now = port.now();
    const recent = this.#restarts.filter(({ at }) => now - at <= withinMs);
    if (recent.length >= maxRestarts) {
      const received = `one failure more than ${maxRestarts} in ${withinMs} ms`;
      const failed = new AsupersyncError("SUPERVISION_FAILED", received, { cause: error });
      const failures = new Failures();
      for (const thrown of [failed, ...recent.map((restart) => restart.error)])
        failures.add(thrown);
      task.more().composite = failures;
      throw failed;
    }
    this.#restarts = [...recent, { at: now, error }];
    const restarts = this.#restarts.length;
    const pauseMs = pauseAfter(restart, restarts, port.random());
    if (onRestart !== undefined) {
      callAs(this.task, () => onRestart(Object.freeze({ error, restarts, pauseMs })));
    }
    return pauseMs;
  }

  protected override get givesAll(): boolean {
    return true;
  }

  protected override decide(op: OpRecord): void {
    this.ownCancellation();
    const { branches } = this;
    const runs = this.#ended;
    const first = this.scope.failures?.first;
    if (this.haveAllStarted && this.#endedCount === branches.length) {
      op.fulfil(this.#isOne ? runs[0]?.value : runs.map((run) => run.value));
    } else {
      const failed = branches.find(
        ({ code, value }) => code === OutcomeCode.err && value === first,
      );
      if (failed === undefined) this.failCancelled(op);
      else this.followBranch(op, failed);
    }
  }
}
