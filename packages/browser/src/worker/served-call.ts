/** Owns one call as the worker that serves it has it: its task, and how many reports it may send. */
import { checkActive } from "../active.js";
import type { Cx } from "../cx.js";
import { taskOf } from "../cx.js";
import { foreignOp } from "../foreign.js";
import type { Op } from "../op.js";
import type { TaskRecord } from "../task.js";
import { checkpointOp } from "../wait.js";
import type { WorkerCx } from "./task-types.js";

export class ServedCall {
  readonly id: number;
  /** Set as soon as it is spawned. */
  task: TaskRecord | undefined = undefined;
  readonly #post: (id: number, value: unknown) => void;
  readonly #isHeard: boolean;
  #credit: number;
  /** Reports that wait for room, first to last. */
  readonly #waiting = new Set<() => void>();

  constructor(id: number, credit: number, post: (id: number, value: unknown) => void) {
    this.id = id;
    this.#post = post;
    this.#isHeard = credit > 0;
    this.#credit = credit;
  }

  /** The `cx` of its body, with `report`. */
  cxOf(cx: Cx): WorkerCx {
    const task = taskOf(cx);
    const value = (report: unknown): Op<void> => this.#report(task, report);
    return Object.defineProperty(cx, "report", { value }) as WorkerCx;
  }

  /** The page has taken `count` reports. */
  grant(count: number): void {
    if (this.#isHeard) this.#credit += count;
    for (const go of this.#waiting) {
      if (this.#credit === 0) return;
      this.#waiting.delete(go);
      // Spent here: who waits goes on in a microtask, and others may report before it.
      this.#credit -= 1;
      go();
    }
  }

  /** See {@link WorkerCx.report}. */
  #report(task: TaskRecord, value: unknown): Op<void> {
    checkActive(task);
    if (this.#isHeard) {
      if (this.#credit === 0)
        return foreignOp(task, (signal) => this.#later(value, signal), REPORT);
      this.#credit -= 1;
      this.#send(value);
    }
    // It notices a cancellation, and lets the messages in that say so.
    return checkpointOp(task);
  }

  /** Sends `value` when there is room; drained at once if that is not wanted any more. */
  #later(value: unknown, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        try {
          this.#send(value);
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      this.#waiting.add(go);
      signal.addEventListener("abort", () => {
        this.#waiting.delete(go);
        resolve();
      });
    });
  }

  #send(value: unknown): void {
    try {
      this.#post(this.id, value);
    } catch (error) {
      // Nothing was sent, so its room is free again.
      this.grant(1);
      throw error;
    }
  }
}

const REPORT = { label: "report" } as const;
