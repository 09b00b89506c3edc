/** Owns flows: values that come one by one to one task, which waits for each and may leave when it likes. */
import { HostKindCode } from "@asupersync/browser-core";
import { abortReason } from "../abort-reason.js";
import { callAs, checkActive } from "../active.js";
import type { CancelledError } from "../cancel.js";
import { AsupersyncError, refusal } from "../errors.js";
import { HostRecord, HostResult } from "../host-op.js";
import { CHECKPOINT, closeOp, type Op, OpRecord, type OpSource, openOp } from "../op.js";
import type { TaskRecord } from "../task.js";

/**
 * Values that come one by one, to the task whose `cx` it was made with: `for await (const value of flow)` in
 * an `async` body, `const { done, value } = yield* flow.next()` in a generator body. It can be gone
 * through once.
 *
 * Leaving the loop ends what is behind it, and so does the end of the task; a cancellation fails the
 * pending wait.
 */
export interface Flow<T> extends AsyncIterable<T> {
  /**
   * Waits for the next value; `done` once there will be none.
   *
   * @throws {AsupersyncError} `WRONG_STATE` while another wait for it is pending, `CX_ENDED`.
   */
  next(): Op<IteratorResult<T, undefined>>;
  /** Says that the rest is not wanted. The task ends only when what is behind it has ended. */
  cancel(): void;
  /** For `for await`. A flow is its own iterator. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined>;
}

const DONE: IteratorResult<never, undefined> = Object.freeze({ done: true, value: undefined });

/** What all flows do as async iterators, by the three methods that they have of their own. */
export abstract class FlowBase<T> implements Flow<T> {
  readonly task: TaskRecord;

  constructor(task: TaskRecord) {
    this.task = task;
  }

  abstract next(): Op<IteratorResult<T, undefined>>;
  abstract cancel(): void;
  /** Cancels it, and resolves when what is behind it has ended. */
  protected abstract drained(): PromiseLike<unknown> | undefined;

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => (this.next() as OpRecord<IteratorResult<T, undefined>>).promise(),
      return: async () => {
        this.cancel();
        await this.drained();
        return DONE;
      },
    };
  }

  /**
   * Calls as code of the task, whoever asks: the worker of a flow that is made of this one does. The wait
   * is the task's own all the same.
   *
   * @throws {AsupersyncError} `CX_ENDED`.
   */
  protected asOwner<R>(call: () => R): R {
    return callAs(this.task, () => {
      checkActive(this.task);
      return call();
    });
  }

  /** An operation that has its result already; of a task that is cancelled it fails. */
  protected settled(result: unknown, hasFailed = false): Op<IteratorResult<T, undefined>> {
    const { task } = this;
    if (task.cancelError === undefined) {
      const op = new OpRecord<IteratorResult<T, undefined>>(task, CHECKPOINT, undefined);
      if (hasFailed) op.fail(result);
      else op.fulfil(result);
      return op;
    }
    return this.sleep(0, { finish: (op) => (hasFailed ? op.fail(result) : op.fulfil(result)) });
  }

  /** Waits `ms` milliseconds, and lets `source` say what comes of it. */
  protected sleep(ms: number, source: OpSource): OpRecord<IteratorResult<T, undefined>> {
    const { task } = this;
    const op = openOp<IteratorResult<T, undefined>>(task, source);
    const answer = task.scope.runtime.port.task_sleep(task.handle, ms, op.token);
    if (answer >= 0) return op;
    closeOp(op);
    throw refusal(answer, `task "${task.label}"`);
  }
}

/** The error for a second wait for the next value of a flow. */
export function refusedNext(): AsupersyncError {
  return new AsupersyncError("WRONG_STATE", "a second one", {
    expected: "one wait at a time for the next value of a flow",
    mend: "await the one before, or make a flow for each consumer",
  });
}

/**
 * A flow whose values are pushed into it, held in a buffer until they are asked for. A host operation of
 * the task stands for it, from {@link PushedFlow.open} to its end.
 */
export abstract class PushedFlow<T> extends FlowBase<T> implements OpSource {
  /** What holds, in the order of arrival. */
  protected readonly buffer: T[] = [];
  #stage: "closed" | "open" | "over" = "closed";
  #isWaiting = false;
  /** What the wait that has ended is to be told, by the batch that says so. */
  #answer: { readonly hasFailed: boolean; readonly value: unknown } | undefined = undefined;
  /** The source failed, which the consumer has not heard. */
  #failure: { readonly error: unknown } | undefined = undefined;
  #draining: Promise<void> | undefined = undefined;
  #host: FlowHost | undefined = undefined;
  readonly #label: string;

  constructor(task: TaskRecord, label: string) {
    super(task);
    this.#label = label;
  }

  /**
   * What is behind it is to end: `reason` is what a signal of the task would be aborted with, or
   * undefined if the source has ended by itself. The task ends only after what it gives.
   */
  protected abstract release(reason: unknown): PromiseLike<unknown> | undefined;

  /** A wait has begun that the buffer could not answer. */
  protected asked(): void {}

  /** Opens it, if the task is not cancelled. What is behind it may begin if this is true. */
  protected open(): boolean {
    const { task } = this;
    const host = new FlowHost(task, this.#label, (reason) => this.#stop(abortReason(reason)));
    const { port } = task.scope.runtime;
    const handle = port.host_open(task.handle, CHECKPOINT, HostKindCode.foreign);
    if (handle < 0) throw refusal(handle, `task "${task.label}"`);
    this.#host = host;
    // 0: the task is cancelled.
    this.#stage = handle === 0 ? "over" : "open";
    if (handle > 0) host.opened(handle);
    return handle > 0;
  }

  protected get stage(): "closed" | "open" | "over" {
    return this.#stage;
  }

  next(): Op<IteratorResult<T, undefined>> {
    return this.asOwner(() => this.#next());
  }

  #next(): Op<IteratorResult<T, undefined>> {
    if (this.#isWaiting) throw refusedNext();
    if (this.buffer.length > 0) {
      return this.settled({ done: false, value: this.buffer.shift() as T });
    }
    const failure = this.#failure;
    if (failure !== undefined) {
      this.#failure = undefined;
      return this.settled(failure.error, true);
    }
    const host = this.#host;
    if (this.#stage === "over" || host === undefined) return this.settled(DONE);
    const { task } = this;
    const op = openOp<IteratorResult<T, undefined>>(task, this);
    const answer = task.scope.runtime.port.host_wait(host.handle, op.token);
    if (answer < 0) {
      closeOp(op);
      throw refusal(answer, `${this.#label} of task "${task.label}"`);
    }
    this.#isWaiting = true;
    this.asked();
    return op;
  }

  cancel(): void {
    this.#stop(new DOMException("the rest is not wanted", "AbortError"));
  }

  protected drained(): Promise<void> | undefined {
    return this.#draining;
  }

  /** Gives a value to who waits for it. False if nobody does: it is for the buffer then. */
  protected give(value: T): boolean {
    if (!this.#isWaiting) return false;
    this.#isWaiting = false;
    this.#answer = { hasFailed: false, value: { done: false, value } };
    this.#host?.notify(HostResult.ok, undefined);
    return true;
  }

  /** The source has no more values. */
  protected end(): void {
    this.#end(false, DONE);
  }

  /** The source failed. What came before is given first. */
  protected fail(error: unknown): void {
    if (this.#stage === "open" && !this.#isWaiting) this.#failure = { error };
    this.#end(true, error);
  }

  finish(op: OpRecord): void {
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer?.hasFailed === true) op.fail(answer.value);
    else op.fulfil(answer?.value ?? DONE);
  }

  #end(hasFailed: boolean, value: unknown): void {
    if (this.#stage !== "open") return;
    this.#stage = "over";
    this.#conclude(this.release(undefined), hasFailed, value);
  }

  #stop(reason: unknown): void {
    this.buffer.length = 0;
    this.#failure = undefined;
    if (this.#stage !== "open") return;
    this.#stage = "over";
    this.#conclude(this.release(reason), false, DONE);
  }

  /** Ends the host operation after `releasing`; who waits hears of the end at once. */
  #conclude(releasing: PromiseLike<unknown> | undefined, hasFailed: boolean, value: unknown): void {
    // A value may be on its way to who waited last: it must not be overtaken.
    if (this.#isWaiting) this.#answer = { hasFailed, value };
    this.#isWaiting = false;
    const host = this.#host;
    if (host === undefined) return;
    if (releasing === undefined) {
      host.complete(HostResult.ok, undefined);
      return;
    }
    host.notify(HostResult.ok, undefined);
    this.#draining = Promise.resolve(host.cleanUp(() => releasing)).then(() => {
      host.complete(HostResult.ok, undefined);
    });
  }
}

/** The host operation of a flow. */
class FlowHost extends HostRecord {
  readonly #stop: (reason: CancelledError) => void;

  constructor(task: TaskRecord, label: string, stop: (reason: CancelledError) => void) {
    super(task, HostKindCode.foreign, label);
    this.#stop = stop;
  }

  override abort(reason: CancelledError): void {
    this.#stop(reason);
  }
}
