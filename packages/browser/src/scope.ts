/** Owns scopes: the public face of one, and its record. */
import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import type { Body, Finalizer } from "./body.js";
import {
  type CancelInfo,
  type CancelledError,
  type CancelRequest,
  type DecodedRequest,
  decodeRequest,
  makeCancelledError,
} from "./cancel.js";
import { ASYNC_DISPOSE } from "./dispose.js";
import { Failures } from "./failures.js";
import type { Handed } from "./hand-over.js";
import { type Outcome, type PanicInfo, UNKNOWN_PANIC } from "./outcome.js";
import type { Runtime } from "./runtime.js";
import type { RuntimeRecord } from "./runtime-record.js";
import { decodeScopeOptions, policyCode, type ScopeOptions } from "./scope-options.js";
import { followSignal, type SignalLink } from "./signal-link.js";
import { refusedWork, runIn, spawnIn } from "./spawn.js";
import { Phase, type Task, type TaskOptions, type TaskRecord } from "./task.js";
import { checkFinalizer } from "./validate.js";

/**
 * Where a scope stands: `open → closing → finalizing → closed`, by way of `draining` when it was
 * cancelled. Only an open one takes work.
 */
export type ScopeState = "open" | "closing" | "draining" | "finalizing" | "closed";

/**
 * Owns tasks and scopes, and closes only when all of them have ended. Leaving an `await using` scope
 * closes it gracefully; cancel it first if its work is not wanted any more.
 *
 * @example
 * ```ts
 * await using scope = runtime.openScope({ label: "panel" });
 * scope.spawn(poll);
 * scope.spawn(listen);
 * scope.cancel("unmount"); // both end; leaving the block waits for their clean-up
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
   * Spawns a task. Its body starts in the kernel's next turn, at the earliest a microtask from now.
   *
   * @throws {AsupersyncError} `SCOPE_CLOSED` once the scope is not open, `RUNTIME_CLOSED`, `POISONED`,
   *   `LIMIT_REACHED`, `INVALID_ARGUMENT`, `INVALID_NUMBER`.
   */
  spawn<T>(body: Body<T>, options?: TaskOptions): Task<T>;
  /** Spawns a task and waits for its end. Never throws or rejects: a refusal is an `err` outcome. */
  run<T>(body: Body<T>, options?: TaskOptions): Promise<Outcome<T>>;
  /**
   * Opens a scope in this one, which then closes only after it.
   *
   * @throws {AsupersyncError} As {@link Scope.spawn}.
   */
  openScope(options?: ScopeOptions): Scope;
  /**
   * Registers what to run when all tasks and scopes in here have ended; the last one registered runs
   * first. A cancellation does not reach it, the drain time does. One that fails makes the scope's
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
   * worst failure among the children, else with `cancelled` if the scope was cancelled, else `ok`.
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

/** What the record of a scope is made of. */
export interface ScopeSetup {
  readonly runtime: RuntimeRecord;
  /** The kernel's name for it. */
  readonly handle: number;
  readonly role: ScopeRole;
  readonly policy: PolicyCode;
  readonly label: string;
  /** The scope above, if it is in one. */
  readonly parent: ScopeRecord | undefined;
  /** The task that owns it, if one does. */
  readonly owner: TaskRecord | undefined;
  /** Runtime time in milliseconds by which its tasks are cancelled, if there is any. */
  readonly deadline: number | undefined;
}

/** What the record lacks of a {@link Scope} is added by the files that declare it. */
export interface ScopeRecord extends Scope {}

/** The record behind {@link Scope}. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `signal.ts` makes what is not written here.
export class ScopeRecord {
  readonly runtime: RuntimeRecord;
  readonly handle: number;
  readonly role: ScopeRole;
  readonly policy: PolicyCode;
  readonly label: string;
  readonly deadline: number | undefined;
  /** How far the kernel has said that it is. */
  stage: "open" | "finalizing" | "closed";
  /** How it ended, and why it was cancelled, once it has closed. */
  code: OutcomeCode;
  reason: CancelInfo | undefined;
  /**
   * The task that decided a race: the kernel tells ends in the order in which it took them. Without a
   * decision, the first failure of what a revoked branch left behind.
   */
  winner: TaskRecord | undefined;
  /** What `defer` registered; the last one runs first. */
  finalizers: Finalizer[] | undefined;
  /** Obligations that branches returned. Not declared where there are none. */
  declare handed?: Handed[];
  /** The scope above, if it is in one. */
  readonly parent: ScopeRecord | undefined;
  /** The task that owns it, if one does. */
  readonly owner: TaskRecord | undefined;
  #failures: Failures | undefined;
  /** The scopes opened in here that have not closed. */
  #scopes: Set<ScopeRecord> | undefined;
  #closing: Promise<Outcome<void>> | undefined;
  #resolveClosing: ((outcome: Outcome<void>) => void) | undefined;
  /** Of its own signal. */
  controller: AbortController | undefined;
  /** The signal that may cancel it. */
  #link: SignalLink | undefined;

  constructor(setup: ScopeSetup) {
    this.runtime = setup.runtime;
    this.handle = setup.handle;
    this.role = setup.role;
    this.policy = setup.policy;
    this.label = setup.label;
    this.deadline = setup.deadline;
    this.stage = "open";
    this.code = OutcomeCode.ok;
    this.reason = undefined;
    this.winner = undefined;
    this.finalizers = undefined;
    this.parent = setup.parent;
    this.owner = setup.owner;
    this.#failures = undefined;
    this.#scopes = undefined;
    this.#closing = undefined;
    this.#resolveClosing = undefined;
    this.controller = undefined;
    this.#link = undefined;
  }

  get id(): number {
    return this.handle;
  }

  get state(): ScopeState {
    if (this.stage !== "open") return this.stage;
    if (this.runtime.port.region_reason(this.handle) !== 0) return "draining";
    return this.#closing === undefined ? "open" : "closing";
  }

  spawn<T>(body: Body<T>, options?: TaskOptions): Task<T> {
    return spawnIn(this, body, options);
  }

  run<T>(body: Body<T>, options?: TaskOptions): Promise<Outcome<T>> {
    return runIn(this, body, options);
  }

  openScope(options?: ScopeOptions): Scope {
    const { label, policy, signal } = decodeScopeOptions(options);
    const { runtime } = this;
    const handle = runtime.port.region_open(this.handle, policyCode(policy));
    if (handle < 0) throw refusedWork(this, handle);
    const scope = runtime.addScope({
      runtime,
      handle,
      role: ScopeRole.user,
      policy: policyCode(policy),
      label: label ?? "scope",
      parent: this,
      owner: undefined,
      deadline: this.deadline,
    });
    this.#scopes ??= new Set();
    this.#scopes.add(scope);
    scope.follow(signal);
    return scope;
  }

  defer(finalizer: Finalizer): void {
    checkFinalizer(finalizer);
    const answer = this.runtime.port.region_defer(this.handle);
    if (answer < 0) throw refusedWork(this, answer);
    this.finalizers ??= [];
    this.finalizers.push(finalizer);
  }

  cancel(reason?: CancelRequest): void {
    const request = decodeRequest(reason);
    if (this.stage === "closed") return;
    this.runtime.expectSound(this.request(request));
  }

  /** Asks everything in here to cancel, and gives the kernel's answer. */
  request({ code, message }: DecodedRequest): number {
    const answer = this.runtime.port.region_cancel(this.handle, code, message);
    this.runtime.signals?.checkLater();
    return answer;
  }

  /** Lets `signal`, if there is one, cancel it. */
  follow(signal: AbortSignal | undefined): void {
    if (signal !== undefined) this.#link = followSignal(this, signal);
  }

  /** Why it is cancelled; undefined as long as it is not. */
  get cancellation(): CancelledError | undefined {
    if (this.stage === "closed") return this.reason && makeCancelledError(this.reason);
    const reason = this.runtime.port.region_reason(this.handle);
    return reason === 0 ? undefined : this.runtime.reasons.errorFor(reason);
  }

  close(): Promise<Outcome<void>> {
    if (this.stage === "closed") return Promise.resolve(this.#outcome());
    if (this.#closing === undefined) {
      this.#closing = new Promise((resolve) => {
        this.#resolveClosing = resolve;
      });
      this.stopAdmitting();
    }
    return this.#closing;
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    await this.close();
  }

  /** Takes no more work, here and in the scopes below, which whoever opened them may have forgotten. */
  stopAdmitting(): void {
    const pending: ScopeRecord[] = [this];
    for (let scope = pending.pop(); scope !== undefined; scope = pending.pop()) {
      // No refusal matters: a region that is gone has closed, which the next batch says.
      scope.runtime.port.region_close(scope.handle);
      for (const child of scope.#scopes ?? []) pending.push(child);
    }
  }

  /** The failures of its children. Those of `cx.spawn` are the owner's own. */
  get failures(): Failures | undefined {
    return this.role === ScopeRole.children ? this.owner?.extras?.failures : this.#failures;
  }

  /** A task in here ended, other than `ok` or in a race. */
  taskEnded(task: TaskRecord): void {
    const isFailure = task.code === OutcomeCode.err || task.code === OutcomeCode.panicked;
    if (this.owner?.phase === Phase.revoked && isFailure) {
      // The task that its failure belongs to is gone.
      this.runtime.unobserved.report(task);
      return;
    }
    const isSuccessor = task.extras?.isSuccessor === true;
    const hasValue = task.code === OutcomeCode.ok && !isSuccessor;
    if (this.policy === PolicyCode.any) {
      // Failures of its branches are the operation's own to look at.
      if (hasValue) this.winner ??= task;
      else if (isFailure && isSuccessor) this.runtime.unobserved.report(task);
      return;
    }
    if (this.policy === PolicyCode.race) {
      const { winner } = this;
      if (winner !== undefined && (isSuccessor || winner.extras?.isSuccessor !== true)) {
        // Nobody will ask how a loser failed.
        if (isFailure) this.runtime.unobserved.report(task);
        return;
      }
      if (hasValue || isFailure) {
        if (winner !== undefined) this.runtime.unobserved.report(winner);
        this.winner = task;
      }
    }
    if (isFailure) this.noteFailures().addTask(task);
  }

  /** A finalizer of its own failed. */
  finalizerFailed(panic: PanicInfo): void {
    this.noteFailures().panic ??= panic;
  }

  /** The kernel closed it. */
  closed(code: OutcomeCode, reason: CancelInfo | undefined): void {
    this.stage = "closed";
    this.code = code;
    this.reason = reason;
    this.#link?.delete(this);
    if (this.controller !== undefined) this.runtime.signals?.ended(this);
    const { failures } = this;
    const parent = this.parent;
    if (parent !== undefined) {
      parent.#scopes?.delete(this);
      if (failures !== undefined) parent.noteFailures().addAll(failures);
    }
    this.#resolveClosing?.(this.#outcome());
  }

  noteFailures(): Failures {
    const owner = this.owner;
    if (this.role === ScopeRole.children && owner !== undefined) return owner.noteFailures();
    this.#failures ??= new Failures();
    return this.#failures;
  }

  #outcome(): Outcome<void> {
    const { failures } = this;
    switch (this.code) {
      case OutcomeCode.ok:
        return Object.freeze({ kind: "ok", value: undefined });
      case OutcomeCode.err:
        return Object.freeze({ kind: "err", error: failures?.first, ...failures?.rest });
      case OutcomeCode.cancelled: {
        const cancel = this.reason ?? this.runtime.reasons.infoFor(0);
        return Object.freeze({ kind: "cancelled", cancel });
      }
      case OutcomeCode.panicked:
        return Object.freeze({ kind: "panicked", panic: failures?.panic ?? UNKNOWN_PANIC });
    }
  }
}
