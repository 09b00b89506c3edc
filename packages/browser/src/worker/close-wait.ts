/** Owns the wait for a worker that was told to close: how long, and the report in the end. */
import type { CloseReport, Revoked } from "../report.js";
import { decodeReport } from "./wire-outcome.js";

/** What the worker's own report lacks when the worker gave none. */
const NOTHING: Omit<CloseReport, "durationMs"> = {
  outcome: "clean",
  cancelled: 0,
  revoked: [],
  leaked: [],
  failures: [],
};

/** Milliseconds: a host's timer that is armed for longer fires at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** How long it may take a worker to say that it is done, once it could: not what its tasks need. */
const ANSWER_MS = 1_000;

/** One close, from the call on. */
export class CloseWait {
  /** Entries kept of each list of a report. */
  static readonly ENTRIES_MAX = 100;

  /**
   * Milliseconds after which a thread is stuck: its runtime revokes a task after one drain time, and what
   * that registered for clean-up after another.
   */
  static boundMs(drainMs: number): number {
    return 2 * drainMs + ANSWER_MS;
  }

  readonly report: Promise<CloseReport>;
  /** Calls that were cancelled before they were sent. */
  cancelled = 0;
  /** What was told meanwhile. */
  readonly failures: unknown[] = [];
  readonly #drainMs: number;
  readonly #giveUp: () => void;
  readonly #startedMs = performance.now();
  #resolve: (report: CloseReport) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #answer = NOTHING;

  constructor(drainMs: number, giveUp: () => void) {
    this.#drainMs = drainMs;
    this.#giveUp = giveUp;
    this.report = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The worker was told: it has one drain time to say that it heard. */
  asked(): void {
    this.#wait(this.#drainMs);
  }

  /** It drains: its own runtime bounds that. */
  heard(): void {
    this.#wait(CloseWait.boundMs(this.#drainMs));
  }

  /** It is done. */
  answered(wire: unknown): void {
    this.#answer = decodeReport(wire) ?? NOTHING;
    this.#giveUp();
  }

  /** All is over; `names` are of the calls that never were answered. */
  finish(names: readonly string[]): void {
    clearTimeout(this.#timer);
    const { cancelled, leaked, failures } = this.#answer;
    const revoked: Revoked[] = [...this.#answer.revoked];
    for (const label of names) {
      revoked.push({ kind: "task", label, spawnSite: undefined, state: "cancel-requested" });
    }
    const isClean = this.#answer.outcome === "clean" && names.length === 0;
    this.#resolve(
      Object.freeze({
        outcome: isClean ? "clean" : "violations",
        durationMs: performance.now() - this.#startedMs,
        cancelled: cancelled + this.cancelled,
        revoked: Object.freeze(revoked.slice(0, CloseWait.ENTRIES_MAX)),
        leaked,
        failures: Object.freeze([...failures, ...this.failures].slice(0, CloseWait.ENTRIES_MAX)),
      }),
    );
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#giveUp, Math.min(ms, TIMER_MS_MAX));
  }
}
