/** Owns the close report: what the runtime leaves behind when it has closed. */
import type { HostRecord } from "./host-op.js";
import { Phase, type TaskRecord } from "./task.js";

/** How a runtime's life ended. Immutable. */
export interface CloseReport {
  /** `violations` if anything was revoked or the kernel broke. */
  readonly outcome: "clean" | "violations";
  /** Milliseconds from the call of `close` to the end of the last thing. */
  readonly durationMs: number;
  /** Tasks that ended cancelled meanwhile. */
  readonly cancelled: number;
  /** What did not end in its drain time, over the runtime's whole life; the first 100. */
  readonly revoked: readonly Revoked[];
  /** Failures that nobody had asked about, over the runtime's whole life; the first 100. */
  readonly failures: readonly unknown[];
}

/** A body, or somebody else's promise, that ignored its cancellation. It may still be running. */
export interface Revoked {
  readonly kind: "task" | "host-op";
  readonly label: string;
  /** Stack of the call that spawned it, if the runtime keeps them (`spawnSites`). */
  readonly spawnSite: string | undefined;
  /** Where it stood. */
  readonly state: string;
}

/** Entries kept of each list. */
const ENTRIES_MAX = 100;

/** Collects what the report will say. */
export class ReportBuilder {
  readonly #revoked: Revoked[] = [];
  readonly #failures: unknown[] = [];

  /** Notes a task, before it is marked. Its handle is stale, so the kernel cannot be asked any more. */
  revokedTask(task: TaskRecord): void {
    const isObserved = task.cancelError !== undefined;
    const bodyState = isObserved ? "cancelling" : "cancel-requested";
    const state = task.phase === Phase.running ? bodyState : "finalizing";
    this.#note({ kind: "task", label: task.label, spawnSite: task.extras?.spawnSite, state });
  }

  revokedHostOp(host: HostRecord): void {
    const spawnSite = host.task.extras?.spawnSite;
    this.#note({ kind: "host-op", label: host.label, spawnSite, state: "draining" });
  }

  failed(error: unknown): void {
    if (this.#failures.length < ENTRIES_MAX) this.#failures.push(error);
  }

  build(durationMs: number, cancelled: number, isPoisoned: boolean): CloseReport {
    const isClean = this.#revoked.length === 0 && !isPoisoned;
    return Object.freeze({
      outcome: isClean ? "clean" : "violations",
      durationMs,
      cancelled,
      revoked: Object.freeze([...this.#revoked]),
      failures: Object.freeze([...this.#failures]),
    });
  }

  #note(revoked: Revoked): void {
    if (this.#revoked.length < ENTRIES_MAX) this.#revoked.push(Object.freeze(revoked));
  }
}
