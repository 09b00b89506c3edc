/** Owns a runtime's record: its kernel, the tables by slot and token, and how it ends. */

import {
  CounterCode,
  ErrorKindCode,
  type KernelConfig,
  type KernelModule,
  OutcomeCode,
  PolicyCode,
  TierCode,
} from "@asupersync/browser-core";
import { IS_DEVELOPMENT } from "#environment";
import { current } from "./active.js";
import { addMethod, type MethodOf } from "./add-member.js";
import type { Body } from "./body.js";
import { ReasonCache } from "./cancel.js";
import { watchAwaits } from "./development/running.js";
import { type Warning, Warnings } from "./development/warnings.js";
import { ASYNC_DISPOSE } from "./dispose.js";
import { AsupersyncError, refusal } from "./errors.js";
import { indexOf } from "./handle.js";
import type { HostRecord } from "./host-op.js";
import { KernelPort } from "./kernel-port.js";
import { OpRecord, OpState } from "./op.js";
import { describeThrown, type Outcome, type PanicInfo } from "./outcome.js";
import { pump } from "./pump.js";
import { type CloseReport, ReportBuilder } from "./report.js";
import type { AddedSetup, CoreRuntime, Runtime, RuntimeState } from "./runtime.js";
import { type Scope, ScopeRecord, ScopeRole, type ScopeSetup } from "./scope.js";
import type { ScopeOptions } from "./scope-options.js";
import { settle } from "./settle.js";
import { idleTask } from "./shapes.js";
import type { SpawnSites } from "./stack.js";
import { advance } from "./step.js";
import { releaseTag } from "./tag.js";
import { panicError, type Task, type TaskOptions, type TaskRecord } from "./task.js";
import { type UnobservedFailure, UnobservedFailures } from "./unobserved.js";

/** Reads events for those who subscribed. */
export interface EventReader {
  /** Reads what is new, before a batch is delivered. */
  collect(): void;
  /** Tells what was read. */
  publish(): void;
}

/** Learns that the live tree may have changed. */
export interface ChangeListener {
  /** Notes a change outside a delivery. */
  touch(): void;
  /** Tells of changes: a delivery is over. */
  publish(): void;
}

/** Watches over the signals of tasks and scopes. */
export interface SignalWatch {
  /** Something was asked to cancel, outside of a delivery. */
  checkLater(): void;
  /** Aborts the signals of what is cancelled: a delivery is over. */
  check(): void;
  /** Nothing will cancel `watched` any more. */
  ended(watched: TaskRecord | ScopeRecord): void;
}

/** What the record of a runtime is made of. */
export interface RuntimeSetup {
  readonly module: KernelModule;
  readonly config: Omit<KernelConfig, "tag">;
  /** Names it in its handles. */
  readonly tag: number;
  readonly label: string;
  readonly added: AddedSetup;
  readonly onFailure: ((failure: UnobservedFailure) => void) | undefined;
  readonly onWarning: ((warning: Warning) => void) | undefined;
}

/** What the kernel `coreMin` was made without is refused, and not made up. */
export function expectTrace({ tier }: KernelModule): void {
  if (tier === TierCode.coreMin) throw new AsupersyncError("TRACE_ABSENT", "core-min");
}

/** What the record lacks of a {@link Runtime} is added by the files that declare it. */
export interface RuntimeRecord extends Runtime {}

/** The record behind {@link Runtime}. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `addToRuntime` makes what is not written here.
export class RuntimeRecord implements CoreRuntime {
  readonly port: KernelPort;
  readonly reasons: ReasonCache;
  readonly report = new ReportBuilder();
  readonly unobserved: UnobservedFailures;
  /** Where a development build tells what it finds; a production build finds nothing. */
  readonly warnings: Warnings | undefined;
  readonly root: ScopeRecord;
  readonly added: AddedSetup;
  /** There if it keeps where its tasks are spawned. */
  readonly sites: SpawnSites | undefined;
  /** Milliseconds that something cancelled has to end. */
  readonly drainMs: number;
  /** There while somebody listens to events. Made by those who offer it, so that nobody else pays for it. */
  eventReader: EventReader | undefined = undefined;
  /** There once somebody has asked for a snapshot, by the same rule. */
  snapshots: ChangeListener | undefined = undefined;
  /** There once somebody has asked for the signal of a task or scope. */
  signals: SignalWatch | undefined = undefined;

  /** Only held: one object of each kind, so that what was compiled for them outlives a collection. */
  readonly idle: TaskRecord | undefined;

  // What is live, by the slots of the kernel's own tables. Slot 0 is never used there.
  readonly tasks: (TaskRecord | undefined)[] = [undefined];
  readonly scopes: (ScopeRecord | undefined)[] = [undefined];
  readonly hostOps: (HostRecord | undefined)[] = [undefined];

  // Open operations by token. Token 0 is the checkpoint, which its task holds.
  readonly ops: (OpRecord | undefined)[] = [undefined];
  readonly freeTokens: number[] = [];

  /** Whether the present batch has started or resumed a body that goes on in microtasks. */
  hasResumedPromises = false;

  /** What channels and locks have answered without waiting since the last turn. */
  answers = 0;

  readonly module: KernelModule;
  readonly #tag: number;
  readonly #stopWatching: () => void;
  #state: RuntimeState = "open";
  #closing: Promise<CloseReport> | undefined = undefined;
  #resolveClosing: ((report: CloseReport) => void) | undefined = undefined;
  /** When `close` was called, and how many tasks had ended cancelled by then. */
  #closeStart = { atMs: 0, cancelled: 0 };

  constructor(setup: RuntimeSetup) {
    const { module, tag, label } = setup;
    if (setup.config.traceCapacity > 0 && module.tier === TierCode.coreMin) {
      releaseTag(tag);
      expectTrace(module);
    }
    const kernel = module.createKernel({ ...setup.config, tag }, () => pump(this));
    this.module = module;
    this.#tag = tag;
    this.port = new KernelPort(kernel, (error) => this.#trapped(error));
    this.#stopWatching = module.onDeath(() => {
      this.port.trap(new AsupersyncError("POISONED", "a trap in another runtime of this page"));
    });
    this.reasons = new ReasonCache(this.port);
    this.unobserved = new UnobservedFailures(this.report, setup.onFailure);
    this.warnings = IS_DEVELOPMENT ? new Warnings(setup.onWarning) : undefined;
    if (IS_DEVELOPMENT) watchAwaits(OpRecord.prototype, current);
    this.added = setup.added;
    this.sites = setup.added.sites;
    this.drainMs = setup.config.drainMs;
    this.root = this.addScope({
      runtime: this,
      handle: this.port.root(),
      role: ScopeRole.user,
      policy: PolicyCode.collectAll,
      label,
      parent: undefined,
      owner: undefined,
      deadline: undefined,
    });
    this.idle = IS_DEVELOPMENT ? undefined : idleTask(this.root);
  }

  get state(): RuntimeState {
    if (this.#state === "open" && this.root.state !== "open") return "closing";
    return this.#state;
  }

  run<T>(body: Body<T>, options?: TaskOptions): Promise<Outcome<T>> {
    return this.root.run(body, options);
  }

  spawn<T>(body: Body<T>, options?: TaskOptions): Task<T> {
    return this.root.spawn(body, options);
  }

  openScope(options?: ScopeOptions): Scope {
    return this.root.openScope(options);
  }

  now(): number {
    return this.port.now();
  }

  close(): Promise<CloseReport> {
    if (this.#closing === undefined) {
      const { port } = this;
      this.#closeStart = { atMs: port.now(), cancelled: port.count(CounterCode.tasksCancelled) };
      this.#closing = new Promise((resolve) => {
        this.#resolveClosing = resolve;
      });
      if (this.#state === "open") {
        this.#state = "closing";
        port.close();
      } else {
        this.#finish();
      }
    }
    return this.#closing;
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    await this.close();
  }

  /** Enters a scope that the kernel has opened. */
  addScope(setup: ScopeSetup): ScopeRecord {
    const scope = new ScopeRecord(setup);
    this.scopes[indexOf(setup.handle)] = scope;
    this.snapshots?.touch();
    return scope;
  }

  /** The kernel's memory as words, valid until the next call of the kernel. */
  words(): Uint32Array {
    return this.module.words();
  }

  /**
   * Lets every answer pass but one: for calls that cannot be wrong, on things that may have ended.
   *
   * @throws {AsupersyncError} `POISONED`.
   */
  expectSound(answer: number): void {
    if (answer === -ErrorKindCode.poisoned) throw refusal(answer, `runtime "${this.root.label}"`);
  }

  /** A delivery is over. */
  delivered(): void {
    this.signals?.check();
    this.eventReader?.publish();
    this.snapshots?.publish();
  }

  /** The kernel closed the root. */
  rootClosed(): void {
    this.#state = "closed";
    this.port.release();
    this.#letGo();
    this.#finish();
  }

  /** A call trapped, here or in another runtime of the instance. Nothing is unwound, so the rest waits. */
  #trapped(error: unknown): void {
    if (this.#state === "closed" || this.#state === "poisoned") return;
    this.#state = "poisoned";
    queueMicrotask(() => this.#endPoisoned(error));
    this.module.die();
  }

  #endPoisoned(error: unknown): void {
    const message = this.module.panicMessage() ?? describeThrown(error);
    const panic: PanicInfo = Object.freeze({ message, error, during: "kernel" });
    this.#letGo();
    this.unobserved.reportPanic(this.root.label, panic);
    for (const task of this.tasks) {
      if (task !== undefined) endPoisonedTask(task, panic);
    }
    for (const scope of this.scopes) {
      if (scope === undefined) continue;
      scope.finalizerFailed(panic);
      scope.closed(OutcomeCode.panicked, undefined);
    }
    this.scopes.fill(undefined);
    // Nobody is left to order it: requests and listeners must not outlive the kernel.
    for (const host of this.hostOps) {
      host?.abort(this.reasons.errorFor(0));
      host?.forget();
    }
    this.#finish();
    this.snapshots?.publish();
  }

  #letGo(): void {
    this.#stopWatching();
    releaseTag(this.#tag);
  }

  #finish(): void {
    if (this.#resolveClosing === undefined) return;
    this.unobserved.check();
    const { port } = this;
    const { atMs, cancelled } = this.#closeStart;
    const cancelledSince = port.count(CounterCode.tasksCancelled) - cancelled;
    const isPoisoned = this.#state === "poisoned";
    this.#resolveClosing(this.report.build(port.now() - atMs, cancelledSince, isPoisoned));
  }
}

/** Something of a runtime as the file that owns it has it: the record in place of the runtime. */
export type RuntimeOperation = (
  runtime: RuntimeRecord,
  a: never,
  b: never,
  c: never,
  d: never,
) => unknown;

/** Adds `name` to every runtime. Called when the file is loaded that declares it on {@link Runtime}. */
export function addToRuntime(
  name: Exclude<keyof Runtime, keyof CoreRuntime>,
  operation: RuntimeOperation,
): void {
  addMethod(RuntimeRecord.prototype, name, operation as MethodOf<RuntimeRecord>);
}

/** Settles a task whose kernel is gone, and wakes what still waits for it. */
function endPoisonedTask(task: TaskRecord, panic: PanicInfo): void {
  task.more().panic = panic;
  // The panic is told once, for the runtime.
  task.isObserved = true;
  const pending: OpRecord[] = [];
  for (let op = task.openOps; op !== undefined; op = op.after) pending.push(op);
  const { checkpoint } = task;
  if (checkpoint?.state === OpState.pending) pending.push(checkpoint);
  settle(task, OutcomeCode.panicked, 0);
  for (const op of pending) {
    op.fail(panicError(panic));
    if (op.reaction !== undefined) advance(op);
  }
}
