/** Owns tasks: the public face of one, and its record. */
import { OutcomeCode } from "@asupersync/browser-core";
import type { Body, Finalizer } from "./body.js";
import {
  type CancelledError,
  type CancelRequest,
  type DecodedRequest,
  decodeRequest,
} from "./cancel.js";
import { ASYNC_DISPOSE } from "./dispose.js";
import { AsupersyncError } from "./errors.js";
import { Failures } from "./failures.js";
import type { OpRecord, OpSource } from "./op.js";
import type { Outcome, PanicInfo } from "./outcome.js";
import type { ScopeRecord } from "./scope.js";
import type { ScopePolicy } from "./scope-options.js";
import type { SignalLink } from "./signal-link.js";

/**
 * Where a task stands: `created → running → finalizing → completed`, by way of `cancel-requested`
 * (asked, not yet observed) and `cancelling` (observed: every wait fails) when it is cancelled.
 */
export type TaskState =
  | "created"
  | "running"
  | "cancel-requested"
  | "cancelling"
  | "finalizing"
  | "completed";

/**
 * A body at work. It belongs to the scope that spawned it and ends before that scope closes.
 * Leaving an `await using` task cancels it and waits for its end.
 *
 * @example
 * ```ts
 * const task = runtime.spawn(async (cx) => (await cx.fetch("/api/now")).json());
 * task.cancel("navigation");
 * const outcome = await task.join();
 * ```
 */
export interface Task<T> extends AsyncDisposable {
  /** Names the task in its runtime, for good. A safe integer. */
  readonly id: number;
  /** The label asked for, else the name of the body, else `task`. */
  readonly label: string;
  /** Where it stands now. */
  readonly state: TaskState;
  /** How it ended; undefined until it has. The same object every time. */
  readonly outcome: Outcome<T> | undefined;
  /** Waits for its end, children and finalizers included. Never rejects. */
  join(): Promise<Outcome<T>>;
  /**
   * Waits for its end, and gives its value.
   *
   * @throws What the body threw; {@link CancelledError} if it was cancelled, which is no unhandled
   *   rejection if nobody looks; {@link AsupersyncError} `PANICKED` if a finalizer failed.
   */
  result(): Promise<T>;
  /**
   * Asks it, and all that it owns, to cancel; returns at once. A waiting task is woken, a running one
   * observes it at its next wait. Asking again only strengthens the reason; after its end it changes
   * nothing.
   *
   * @throws {AsupersyncError} `INVALID_ARGUMENT` for a request that is none, `POISONED`.
   */
  cancel(reason?: CancelRequest): void;
}

/**
 * How a task is set up. A task gets the tighter of what is asked here and what its scope has. A scope
 * opened for clean-up, once its task was cancelled or in a finalizer, has neither polls nor a deadline
 * to keep to: the drain time of the task ends it.
 */
export interface TaskOptions {
  /** Its name in snapshots, reports and traces; 200 characters are kept. */
  readonly label?: string;
  /**
   * Which of the runnable tasks goes first: 0 (last) to 7 (first), whole; default 0. A task is never
   * behind its owner.
   */
  readonly priority?: number;
  /**
   * Times that it may be resumed before it is cancelled with `poll-quota`; whole, at least 1. Each
   * task of a scope that it opens gets what it has left by then.
   */
  readonly polls?: number;
  /** Milliseconds from now after which it is cancelled with `deadline`; finite, at least 0. */
  readonly deadlineMs?: number;
  /**
   * Cancels the task when it aborts, for its reason; one that is aborted already lets nothing start. A
   * `TimeoutError` (`AbortSignal.timeout`) is the kind `timeout`, any other reason is `user` with its text
   * as message, but for `abort("navigation")` and the like, which name a kind. However many tasks follow
   * a signal, it has one listener, and none when they have ended.
   */
  readonly signal?: AbortSignal;
}

/** How far a task is. Odd while code of its own may run. */
export const Phase = {
  created: 0,
  /** The body runs. */
  running: 1,
  /** The body has ended; what it owns drains. */
  ended: 2,
  /** A finalizer runs. */
  finalizing: 3,
  completed: 4,
  /** It did not answer: nothing it does reaches the runtime any more. */
  revoked: 6,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** What only some tasks need. */
export class TaskExtras {
  label: string | undefined = undefined;
  /** The stack of the call that spawned it, if the runtime keeps them. */
  spawned: Error | undefined = undefined;
  /** Runtime time in milliseconds. */
  deadline: number | undefined = undefined;
  /** What `cx.defer` registered; the last one runs first. */
  finalizers: Finalizer[] | undefined = undefined;
  /** The scope of `cx.spawn`. */
  children: ScopeRecord | undefined = undefined;
  childPolicy: ScopePolicy = "fail-fast";
  /** Failures of its children, and its own among them. */
  failures: Failures | undefined = undefined;
  /** The last operation that failed with more than one failure. */
  composite: Failures | undefined = undefined;
  /** Whether it runs a finalizer of its scope. */
  isFinalizer = false;
  /** Whether it only cleans up for a body that was revoked. */
  isSuccessor = false;
  /** What its own finalizers threw. */
  panic: PanicInfo | undefined = undefined;
  /** Of its own signal. */
  controller: AbortController | undefined = undefined;
  /** The signal that may cancel it. */
  link: SignalLink | undefined = undefined;
  joined: Promise<Outcome<unknown>> | undefined = undefined;
  resolveJoin: ((outcome: Outcome<unknown>) => void) | undefined = undefined;
}

/** What the record lacks of a {@link Task} is added by the files that declare it. */
export interface TaskRecord<T = unknown> extends Task<T> {}

/** The record behind {@link Task}. Its fields are set in one order, so that all have one shape. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `signal.ts` makes what is not written here.
export class TaskRecord<T = unknown> implements OpSource {
  phase: Phase;
  /** The body's outcome from its end on, the task's once completed. */
  code: OutcomeCode;
  /** By `code`: the value, what was thrown, the `CancelledError`, or the `PanicInfo`. */
  value: unknown;
  readonly scope: ScopeRecord;
  /** The kernel's name for it. */
  readonly handle: number;
  readonly body: Body<T>;
  /** The generator that is being stepped, if the body or finalizer is one. */
  generator: Generator<unknown, unknown, unknown> | undefined;
  /** The operation that the generator waits for. */
  waiting: OpRecord | undefined;
  /** The last checkpoint. */
  checkpoint: OpRecord<void> | undefined;
  /** The first of its open operations. */
  openOps: OpRecord | undefined;
  /** Set from the first wait that failed by cancellation. */
  cancelError: CancelledError | undefined;
  /** Whether somebody has asked how it ended. */
  isObserved: boolean;
  extras: TaskExtras | undefined;
  /** The outcome, once somebody has asked for it. */
  made: Outcome<unknown> | undefined;

  constructor(scope: ScopeRecord, handle: number, body: Body<T>) {
    this.phase = Phase.created;
    this.code = OutcomeCode.ok;
    this.value = undefined;
    this.scope = scope;
    this.handle = handle;
    this.body = body;
    this.generator = undefined;
    this.waiting = undefined;
    this.checkpoint = undefined;
    this.openOps = undefined;
    this.cancelError = undefined;
    this.isObserved = false;
    this.extras = undefined;
    this.made = undefined;
  }

  get id(): number {
    return this.handle;
  }

  get label(): string {
    return this.extras?.label ?? (this.body.name || "task");
  }

  get state(): TaskState {
    if (this.phase === Phase.completed) return "completed";
    if (this.phase > Phase.running) return "finalizing";
    if (this.cancelError !== undefined) return "cancelling";
    if (this.cancellation !== undefined) return "cancel-requested";
    return this.phase === Phase.created ? "created" : "running";
  }

  get outcome(): Outcome<T> | undefined {
    if (this.phase !== Phase.completed) return undefined;
    this.isObserved = true;
    this.made ??= outcomeOf(this);
    return this.made as Outcome<T>;
  }

  join(): Promise<Outcome<T>> {
    this.isObserved = true;
    if (this.outcome !== undefined) return Promise.resolve(this.outcome);
    const extras = this.more();
    extras.joined ??= new Promise((resolve) => {
      extras.resolveJoin = resolve;
    });
    return extras.joined as Promise<Outcome<T>>;
  }

  result(): Promise<T> {
    const result: Promise<T> = this.join().then((outcome) => {
      if (outcome.kind === "ok") return outcome.value;
      // A cancellation that nobody looks at is no failure that nobody handled.
      if (outcome.kind === "cancelled") result.catch(() => undefined);
      throw thrownBy(this);
    });
    return result;
  }

  cancel(reason?: CancelRequest): void {
    const request = decodeRequest(reason);
    if (this.phase >= Phase.completed) return;
    this.scope.runtime.expectSound(this.request(request));
  }

  /** Asks it to cancel, and gives the kernel's answer. */
  request({ code, message }: DecodedRequest): number {
    const { runtime } = this.scope;
    const answer = runtime.port.task_cancel(this.handle, code, message);
    runtime.signals?.checkLater();
    return answer;
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    this.cancel();
    await this.join();
  }

  /** The caller's frames of the call that spawned it, if the runtime keeps them. */
  get spawnSite(): string | undefined {
    const spawned = this.extras?.spawned;
    return spawned && this.scope.runtime.sites?.framesOf(spawned);
  }

  /** The rarely used fields, made now if they were not. */
  more(): TaskExtras {
    this.extras ??= new TaskExtras();
    return this.extras;
  }

  /** Why it is cancelled, observed or not; undefined as long as it is not. */
  get cancellation(): CancelledError | undefined {
    if (this.cancelError !== undefined || this.phase >= Phase.completed) return this.cancelError;
    const { port, reasons } = this.scope.runtime;
    const reason = port.task_reason(this.handle);
    return reason === 0 ? undefined : reasons.errorFor(reason);
  }

  /** Where failures of its children are noted, after its own if its body failed first. */
  noteFailures(): Failures {
    const extras = this.more();
    if (extras.failures === undefined) {
      extras.failures = new Failures();
      const hasFailed = this.phase > Phase.running && this.code === OutcomeCode.err;
      if (hasFailed) extras.failures.add(this.value);
    }
    return extras.failures;
  }

  /** Runtime time in milliseconds by which it is cancelled, if there is any. */
  get deadline(): number | undefined {
    return this.extras?.deadline ?? this.scope.deadline;
  }

  /** Ends a `cx.join` of this task. */
  finish(op: OpRecord): void {
    op.fulfil(this.outcome);
  }
}

/** What a completed task that is not `ok` makes its joiner throw. */
export function thrownBy(task: TaskRecord): unknown {
  if (task.code !== OutcomeCode.panicked) return task.value;
  return panicError(task.value as PanicInfo);
}

/** A panic as an error. */
export function panicError(panic: PanicInfo): AsupersyncError {
  // A leak is an error of ours, which says what was expected and how to mend it.
  if (panic.during === "end" && panic.error instanceof AsupersyncError) return panic.error;
  const code = panic.during === "kernel" ? "POISONED" : "PANICKED";
  return new AsupersyncError(code, panic.message, { cause: panic.error });
}

function outcomeOf(task: TaskRecord): Outcome<unknown> {
  switch (task.code) {
    case OutcomeCode.ok:
      return Object.freeze({ kind: "ok", value: task.value });
    case OutcomeCode.err:
      return Object.freeze({ kind: "err", error: task.value, ...task.extras?.failures?.rest });
    case OutcomeCode.cancelled:
      return Object.freeze({ kind: "cancelled", cancel: (task.value as CancelledError).cancel });
    case OutcomeCode.panicked:
      return Object.freeze({ kind: "panicked", panic: task.value as PanicInfo });
  }
}
