/** Owns the close report: what the runtime leaves behind when it has closed. */
import type { HostRecord } from "./host-op.js";
import type { ObligationKind } from "./obligation.js";
import { Phase, type TaskRecord } from "./task.js";

/** How a runtime's life ended. Immutable. */
export interface CloseReport {
  /** `violations` if anything was revoked or leaked, or the kernel broke. */
  readonly outcome: "clean" | "violations";
  /** Milliseconds from the call of `close` to the end of the last thing. */
  readonly durationMs: number;
  /** Tasks that ended cancelled meanwhile. */
  readonly cancelled: number;
  /** What did not end in its drain time, over the runtime's whole life; the first 100. */
  readonly revoked: readonly Revoked[];
  /** Obligations that tasks still held when they had ended, over the runtime's whole life; the first 100. */
  readonly leaked: readonly Leaked[];
  /** Failures that nobody had asked about, over the runtime's whole life; the first 100. */
  readonly failures: readonly unknown[];
}

/** A body, or somebody else's promise, that ignored its cancellation. It may still be running. */
export interface Revoked {
  readonly kind: "task" | "host-op";
  readonly label: string;
  /** Where it was spawned: frames of the caller's code, if the runtime keeps them (`spawnSites`). */
  readonly spawnSite: string | undefined;
  /** Where it stood. */
  readonly state: string;
}

/** An obligation that its task neither kept nor took back before it ended by itself: a bug of its body. */
export interface Leaked {
  readonly kind: ObligationKind;
  /** Label of the task. */
  readonly label: string;
  /** Where its task was spawned: frames of the caller's code, if the runtime keeps them. */
  readonly spawnSite: string | undefined;
}

/** Entries kept of each list. */
const ENTRIES_MAX = 100;

/** Collects what the report will say. */
export class ReportBuilder {
  readonly #revoked: Revoked[] = [];
  readonly #leaked: Leaked[] = [];
  readonly #failures: unknown[] = [];

  /** Notes a task, before it is marked. Its handle is stale, so the kernel cannot be asked any more. */
  revokedTask(task: TaskRecord): void {
    const isObserved = task.cancelError !== undefined;
    const bodyState = isObserved ? "cancelling" : "cancel-requested";
    const state = task.phase === Phase.running ? bodyState : "finalizing";
    note(this.#revoked, { kind: "task", label: task.label, spawnSite: task.spawnSite, state });
  }

  revokedHostOp({ task, label }: HostRecord): void {
    note(this.#revoked, { kind: "host-op", label, spawnSite: task.spawnSite, state: "draining" });
  }

  leaked(task: TaskRecord, kind: ObligationKind): void {
    note(this.#leaked, { kind, label: task.label, spawnSite: task.spawnSite });
  }

  failed(error: unknown): void {
    if (this.#failures.length < ENTRIES_MAX) this.#failures.push(error);
  }

  build(durationMs: number, cancelled: number, isPoisoned: boolean): CloseReport {
    const isClean = this.#revoked.length === 0 && this.#leaked.length === 0 && !isPoisoned;
    return Object.freeze({
      outcome: isClean ? "clean" : "violations",
      durationMs,
      cancelled,
      revoked: Object.freeze([...this.#revoked]),
      leaked: Object.freeze([...this.#leaked]),
      failures: Object.freeze([...this.#failures]),
    });
  }
}

function note<T>(list: T[], entry: T): void {
  if (list.length < ENTRIES_MAX) list.push(Object.freeze(entry));
}
