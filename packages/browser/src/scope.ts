/** Owns scopes: the public face of one, and its record. */
import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import type { Body, Finalizer } from "./body.js";
import { type CancelledError, type CancelRequest, decodeRequest } from "./cancel.js";
import { ASYNC_DISPOSE } from "./dispose.js";
import { accepted, AsupersyncError } from "./errors.js";
import { Failures } from "./failures.js";
import type { Outcome, PanicInfo } from "./outcome.js";
import type { Runtime } from "./runtime.js";
import type { RuntimeRecord } from "./runtime-record.js";
import { runIn, spawnIn } from "./spawn.js";
import type { Task, TaskOptions, TaskRecord } from "./task.js";
import { checkFunction, checkLabel, checkOptions, describeReceived } from "./validate.js";

/**
 * Where a scope stands: `open → closing → finalizing → closed`, by way of `draining` when it was
 * cancelled. Only an open one takes work.
 */
export type ScopeState = "open" | "closing" | "draining" | "finalizing" | "closed";

/**
 * What a failed child does: `fail-fast` cancels the others, `collect-all` leaves them alone. A
 * cancelled child is no failure.
 */
export type ScopePolicy = "fail-fast" | "collect-all";

/** How a scope is set up. */
export interface ScopeOptions {
  /** Its name in snapshots, reports and traces; 200 characters are kept. */
  readonly label?: string;
  /** Default `fail-fast`. */
  readonly policy?: ScopePolicy;
}

/**
 * Owns tasks and scopes, and closes only when all of them have ended. Leaving an `await using` scope
 * closes it gracefully; cancel it first if its work is not wanted any more.
 *
 * @example
 * ```ts
 * await using scope = runtime.openScope({ label: "panel" });
 * scope.spawn(poll);
 * scope.spawn(listen);
 * scope.cancel("unmount"); // both end; closing waits for their clean-up
 * ```
 */
export interface Scope extends AsyncDisposable {
  /** Names the scope in its runtime, for good. A safe integer. */
  readonly id: number;
  readonly label: string;
  /** Where it stands now. */
  readonly state: ScopeState;
  readonly runtime: Runtime;
  /**
   * Spawns a task. Its body starts in the kernel's next turn, a microtask from now.
   *
   * @throws {AsupersyncError} `SCOPE_CLOSED` once the scope is not open, `RUNTIME_CLOSED`, `POISONED`,
   *   `LIMIT_REACHED`, `INVALID_ARGUMENT`, `INVALID_NUMBER`.
   */
  spawn<T>(body: Body<T>, options?: TaskOptions): Task<T>;
  /** Spawns a task and waits for its end. Never throws or rejects: a refusal is an `err` too. */
  run<T>(body: Body<T>, options?: TaskOptions): Promise<Outcome<T>>;
  /**
   * Opens a scope in this one, which then closes only after it.
   *
   * @throws {AsupersyncError} As {@link Scope.spawn}.
   */
  openScope(options?: ScopeOptions): Scope;
  /**
   * Registers what to run when all tasks and scopes in here have ended; the last one registered runs
   * first. A cancellation does not reach it, a drain time does. One that fails makes the scope's
   * outcome `panicked`; the others run all the same.
   *
   * @throws {AsupersyncError} As {@link Scope.spawn}.
   */
  defer(finalizer: () => void | Promise<void>): void;
  /**
   * Asks everything in here to cancel; returns at once. The scope takes no more work and closes when
   * all has drained. Asking again only strengthens the reason; after its end it changes nothing.
   *
   * @throws {AsupersyncError} `INVALID_ARGUMENT` for a request that is none, `POISONED`.
   */
  cancel(reason?: CancelRequest): void;
  /**
   * Takes no more work and waits until everything in here has ended. Never rejects; resolves with the
   * worst outcome among the children, where a cancelled child counts only if the scope was cancelled.
   */
  close(): Promise<Outcome<void>>;
}

/** Who learns how the tasks of a scope end. */
export const ScopeRole = {
  /** Whoever holds the scope. */
  user: 0,
  /** The task that owns it: their failure is its own. */
  children: 1,
  /** The operation that opened it. */
  composite: 2,
} as const;
export type ScopeRole = (typeof ScopeRole)[keyof typeof ScopeRole];

/** What a record of a scope is made of. */
export interface ScopeSetup {
  readonly runtime: RuntimeRecord;
  readonly handle: number;
  readonly role: ScopeRole;
  readonly policy: PolicyCode;
  readonly label: string;
  /** The scope above, if it is in one. */
  readonly parent: ScopeRecord | undefined;
  /** The task that owns it, if one does. */
  readonly owner: TaskRecord | undefined;
}

/** The record behind {@link Scope}. */
export class ScopeRecord implements Scope {
  readonly runtime: RuntimeRecord;
  /** The kernel's name for it. */
  readonly handle: number;
  readonly role: ScopeRole;
  readonly policy: PolicyCode;
  readonly label: string;
  readonly parent: ScopeRecord | undefined;
  readonly owner: TaskRecord | undefined;
  /** What the kernel has said of it. `closing` is asked of it. */
  stage: "open" | "finalizing" | "closed" = "open";
  /** Whether somebody has asked it to close. */
  isClosing = false;
  code: OutcomeCode = OutcomeCode.ok;
  /** Why it was cancelled; known once it has closed. */
  reason: CancelledError | undefined = undefined;
  failures: Failures | undefined = undefined;
  /** The first task to decide a race. */
  winner: TaskRecord | undefined = undefined;
  finalizers: Finalizer[] | undefined = undefined;
  /** What its finalizers threw. */
  panic: PanicInfo | undefined = undefined;
  #closed: Promise<Outcome<void>> | undefined = undefined;
  #resolveClosed: ((outcome: Outcome<void>) => void) | undefined = undefined;
  #outcome: Outcome<void> | undefined = undefined;

  constructor(setup: ScopeSetup) {
    this.runtime = setup.runtime;
    this.handle = setup.handle;
    this.role = setup.role;
    this.policy = setup.policy;
    this.label = setup.label;
    this.parent = setup.parent;
    this.owner = setup.owner;
  }

  get id(): number {
    return this.handle;
  }

  get state(): ScopeState {
    if (this.stage !== "open") return this.stage;
    if (this.runtime.port.region_reason(this.handle) !== 0) return "draining";
    return this.isClosing ? "closing" : "open";
  }

  /** Runtime time in milliseconds by which tasks in here are cancelled, if there is any. */
  get deadline(): number | undefined {
    return this.owner?.extras?.deadline ?? this.owner?.scope.deadline ?? this.parent?.deadline;
  }

  spawn<T>(body: Body<T>, options?: TaskOptions): Task<T> {
    return spawnIn(this, body, options);
  }

  run<T>(body: Body<T>, options?: TaskOptions): Promise<Outcome<T>> {
    return runIn(this, body, options);
  }

  openScope(options?: ScopeOptions): Scope {
    const { label, policy } = decodeScopeOptions(options);
    const { runtime } = this;
    const answer = runtime.port.region_open(this.handle, POLICY_CODES[policy]);
    const handle = accepted(answer, `scope "${this.label}" ${this.state}`);
    return runtime.addScope({
      runtime,
      handle,
      role: ScopeRole.user,
      policy: POLICY_CODES[policy],
      label: label ?? "scope",
      parent: this,
      owner: undefined,
    });
  }

  defer(finalizer: Finalizer): void {
    checkFunction(finalizer, "finalizer");
    const answer = this.runtime.port.region_defer(this.handle);
    accepted(answer, `scope "${this.label}" ${this.state}`);
    this.finalizers ??= [];
    this.finalizers.push(finalizer);
  }

  cancel(reason?: CancelRequest): void {
    const { code, message } = decodeRequest(reason);
    if (this.stage === "closed") return;
    const answer = this.runtime.port.region_cancel(this.handle, code, message);
    accepted(answer, `scope "${this.label}"`);
  }

  close(): Promise<Outcome<void>> {
    if (this.#outcome !== undefined) return Promise.resolve(this.#outcome);
    if (this.#closed === undefined) {
      this.isClosing = true;
      this.#closed = new Promise((resolve) => {
        this.#resolveClosed = resolve;
      });
      // A refusal needs no care: a scope that is not live has closed or was poisoned, which resolves.
      this.runtime.port.region_close(this.handle);
    }
    return this.#closed;
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    await this.close();
  }

  /** A task in here ended other than `ok`, or in a race. */
  taskEnded(task: TaskRecord): void {
    const isFailure = task.code === OutcomeCode.err || task.code === OutcomeCode.panicked;
    if (this.policy === PolicyCode.race || this.policy === PolicyCode.any) {
      const wins = task.code === OutcomeCode.ok || (isFailure && this.policy === PolicyCode.race);
      if (this.winner === undefined && wins) {
        this.winner = task;
        return;
      }
      // Nobody will ask how a loser failed.
      if (this.winner !== undefined && isFailure) this.runtime.unobserved.report(task);
    }
    if (isFailure) this.failuresOf().addTask(task);
  }

  /** A scope in here closed with failures of its own. */
  scopeFailed(scope: ScopeRecord): void {
    const { panic } = scope;
    const failures = this.failuresOf();
    if (panic !== undefined) failures.panic ??= panic;
    if (scope.failures === undefined) return;
    failures.panic ??= scope.failures.panic;
    for (const error of scope.failures.errors) failures.add(error);
  }

  /** The kernel closed it. */
  closed(code: OutcomeCode, reason: CancelledError | undefined): void {
    this.stage = "closed";
    this.code = code;
    this.reason = reason;
    const isFailure = code === OutcomeCode.err || code === OutcomeCode.panicked;
    if (isFailure) this.parent?.scopeFailed(this);
    if (this.role !== ScopeRole.user) return;
    this.#outcome = Object.freeze(this.#outcomeOf());
    this.#resolveClosed?.(this.#outcome);
  }

  /** Where failures of its children are noted: those of `cx.spawn` are the owner's. */
  failuresOf(): Failures {
    const { owner } = this;
    if (this.role !== ScopeRole.children || owner === undefined) {
      this.failures ??= new Failures();
      return this.failures;
    }
    const extras = owner.more();
    if (extras.failures === undefined) {
      extras.failures = new Failures();
      // The body failed before any child did.
      if (owner.phase > PHASE_RUNNING && owner.code === OutcomeCode.err) {
        extras.failures.add(owner.value);
      }
    }
    return extras.failures;
  }

  #outcomeOf(): Outcome<void> {
    const panic = this.panic ?? this.failures?.panic;
    switch (this.code) {
      case OutcomeCode.ok:
        return { kind: "ok", value: undefined };
      case OutcomeCode.err: {
        const error = this.failures?.errors[0];
        const suppressed = this.failures?.suppressed;
        return suppressed === undefined
          ? { kind: "err", error }
          : { kind: "err", error, suppressed };
      }
      case OutcomeCode.cancelled:
        return { kind: "cancelled", cancel: cancelOf(this) };
      case OutcomeCode.panicked:
        return { kind: "panicked", panic: panic ?? UNKNOWN_PANIC };
    }
  }
}
