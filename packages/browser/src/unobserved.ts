/** Owns failures that nobody asked about: each is told once, and none is silent. */
import { OutcomeCode } from "@asupersync/browser-core";
import { CancelledError } from "./cancel.js";
import { type OpRecord, OpState } from "./op.js";
import type { PanicInfo } from "./outcome.js";
import type { ReportBuilder } from "./report.js";
import { panicError, type TaskRecord } from "./task.js";

/** A failure that nobody had asked about when its batch was over. */
export interface UnobservedFailure {
  /** What was thrown. */
  readonly error: unknown;
  /**
   * `task`: the task failed. `clean-up`: it failed after it was cancelled, or a clean-up that it gave
   * failed, which its outcome does not say. `finalizer`: a finalizer failed. `leak`: an obligation leaked. `operation`: an operation failed that was never awaited.
   * `kernel`: the kernel broke, and every task of the runtime has ended `panicked`.
   */
  readonly kind: "task" | "clean-up" | "finalizer" | "leak" | "operation" | "kernel";
  /** Label of the task; of the runtime, if the kernel broke. */
  readonly label: string;
  /** Where the task was spawned: frames of the caller's code, if the runtime keeps them. */
  readonly spawnSite: string | undefined;
}

/** Collects unobserved failures and tells them. */
export class UnobservedFailures {
  readonly #report: ReportBuilder;
  readonly #onFailure: (failure: UnobservedFailure) => void;
  #tasks: TaskRecord[] = [];
  #ops: OpRecord[] = [];
  #state: "idle" | "checking" = "idle";

  constructor(
    report: ReportBuilder,
    onFailure: ((failure: UnobservedFailure) => void) | undefined,
  ) {
    this.#report = report;
    this.#onFailure = onFailure ?? reportToHost;
  }

  /** A task failed that nobody has asked about yet. */
  watch(task: TaskRecord): void {
    this.#tasks.push(task);
    this.#checkLater();
  }

  /** An operation failed that nobody awaits yet. */
  watchOp(op: OpRecord): void {
    this.#ops.push(op);
    this.#checkLater();
  }

  /** A task failed that nobody can ask about. */
  report(task: TaskRecord): void {
    const panic = task.code === OutcomeCode.panicked ? (task.value as PanicInfo) : undefined;
    const error = panic === undefined ? task.value : panic.error;
    const isFinalizer = panic !== undefined || task.extras?.isFinalizer === true;
    const kind = panic?.during === "end" ? "leak" : isFinalizer ? "finalizer" : "task";
    this.#tellOf(task, kind, error);
  }

  /** A cancelled task threw something of its own while it cleaned up. */
  reportCleanUp(task: TaskRecord, error: unknown): void {
    this.#tellOf(task, "clean-up", error);
  }

  /** The kernel broke. */
  reportPanic(label: string, panic: PanicInfo): void {
    this.#tell({ error: panicError(panic), kind: "kernel", label, spawnSite: undefined });
  }

  /** A listener of the caller's threw. */
  reportListener(error: unknown): void {
    reportToHost({ error });
  }

  /** Tells what is still unobserved now. */
  check(): void {
    this.#state = "idle";
    const tasks = this.#tasks;
    const ops = this.#ops;
    this.#tasks = [];
    this.#ops = [];
    for (const task of tasks) {
      if (!task.isObserved) this.report(task);
    }
    for (const op of ops) {
      // One that was cancelled has not failed.
      if (op.state === OpState.unheard && !(op.value instanceof CancelledError))
        this.#tellOf(op.task, "operation", op.value);
    }
  }

  /** In a task of its own: whoever asks in the microtasks until then has asked in time. */
  #checkLater(): void {
    if (this.#state === "checking") return;
    this.#state = "checking";
    setTimeout(() => this.check(), 0);
  }

  #tellOf(task: TaskRecord, kind: UnobservedFailure["kind"], error: unknown): void {
    this.#tell({ error, kind, label: task.label, spawnSite: task.spawnSite });
  }

  #tell(failure: UnobservedFailure): void {
    this.#report.failed(failure.error);
    try {
      this.#onFailure(Object.freeze(failure));
    } catch (error) {
      // Telling must not stop the pump, and must not be silent either.
      reportToHost({ error });
    }
  }
}

/** Tells a failure where the host shows what nobody handled. */
export function reportToHost({ error }: { readonly error: unknown }): void {
  if (typeof globalThis.reportError === "function") {
    globalThis.reportError(error);
  } else {
    // biome-ignore lint/suspicious/noConsole: the last place where a failure can be seen.
    console.error(error);
  }
}
