/** Owns the reports of a call as its task iterates them. */
import { checkActive } from "../active.js";
import { AsupersyncError } from "../errors.js";
import { foreignOp } from "../foreign.js";
import type { Op } from "../op.js";
import type { TaskRecord } from "../task.js";
import type { PageCall } from "./call.js";

/**
 * What a task in a worker reports, in order, for `for await`, once. The loop ends when the task has ended,
 * and fails with what it failed with. Leaving the loop early cancels the task and waits for its drain. What
 * is not iterated holds the task up as soon as the window is full, and is cancelled with the task of the
 * `cx`.
 */
export interface WorkerStream<Report, Output> extends AsyncIterable<Report> {
  /**
   * What the task gives in the end. Asked for without iterating, it lets go of the reports.
   *
   * @throws {AsupersyncError} `CX_ENDED`, `CX_FOREIGN`.
   */
  result(): Op<Output>;
}

/** The record behind {@link WorkerStream}. */
export class StreamRecord implements WorkerStream<unknown, unknown> {
  readonly #task: TaskRecord;
  readonly #call: PageCall;
  /** Ends with the call, drained. */
  readonly #ended: Op<unknown>;
  readonly #cancel: () => void;
  #isIterated = false;
  #isOver = false;
  /** Tells the wait for the next report that there is one, or that none will come. */
  #wake: () => void = () => undefined;

  constructor(task: TaskRecord, call: PageCall, ended: Op<unknown>, cancel: () => void) {
    this.#task = task;
    this.#call = call;
    this.#ended = ended;
    this.#cancel = cancel;
    void call.outcome.then(() => {
      this.#isOver = true;
      this.#wake();
    });
  }

  result(): Op<unknown> {
    checkActive(this.#task);
    if (!this.#isIterated) this.#call.inbox?.drop();
    return this.#ended;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    checkActive(this.#task);
    if (this.#isIterated) {
      throw new AsupersyncError("WRONG_STATE", "one that is iterated already", {
        expected: "a stream that was not iterated",
        mend: "iterate it once; open another stream to run the task again",
      });
    }
    this.#isIterated = true;
    const { inbox } = this.#call;
    if (inbox !== undefined) inbox.onReport = () => this.#wake();
    return { next: () => this.#next(), return: () => this.#leave() };
  }

  async #next(): Promise<IteratorResult<unknown, undefined>> {
    for (;;) {
      checkActive(this.#task);
      // A cancelled task gets no more, however much there is.
      if (this.#task.cancellation !== undefined) throw this.#task.cancellation;
      const next = this.#call.inbox?.take();
      if (next !== undefined) return { done: false, value: next.value };
      if (this.#isOver) {
        await this.#ended;
        return DONE;
      }
      await foreignOp(this.#task, (signal) => this.#arrival(signal), WAIT);
    }
  }

  #arrival(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      signal.addEventListener("abort", () => resolve());
    });
  }

  /** The loop was left: what the task comes to is not asked for any more. */
  async #leave(): Promise<IteratorResult<unknown, undefined>> {
    this.#cancel();
    this.#call.inbox?.drop();
    // It fails with the cancellation that this is, or with that of the task itself, which goes on anyway.
    await this.#ended.then(
      () => undefined,
      () => undefined,
    );
    return DONE;
  }
}

const DONE = { done: true, value: undefined } as const;
const WAIT = { label: "next report" } as const;
