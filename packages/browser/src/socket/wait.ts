/** Owns one wait at a socket: a passive host operation of the task that waits, in a queue of such waits. */
import { HostKindCode } from "@asupersync/browser-core";
import { HostRecord, HostResult, openHost } from "../host-op.js";
import type { OpRecord } from "../op.js";
import type { TaskRecord } from "../task.js";

/**
 * A wait for something that others do. It promises nothing, so it ends with its task at once; what was
 * given to it is not lost if its task is cancelled in the same turn.
 */
export class SocketWait<T> extends HostRecord {
  /** What it waits with: a message to send. */
  readonly payload: T;
  readonly #queue: Set<SocketWait<T>>;
  #result: unknown = undefined;

  /** Stands in `queue` from {@link SocketWait.open} until it is answered or given up. */
  private constructor(task: TaskRecord, label: string, queue: Set<SocketWait<T>>, payload: T) {
    super(task, HostKindCode.signal, label);
    this.payload = payload;
    this.#queue = queue;
  }

  /**
   * Opens a wait of `task` at the end of `queue`, and gives its operation; `then` gets the wait unless
   * the task is cancelled, which fails the operation in the next turn.
   */
  static open<R, T>(
    task: TaskRecord,
    label: string,
    queue: Set<SocketWait<T>>,
    payload: T,
    then: (wait: SocketWait<T>) => void,
  ): OpRecord<R> {
    const wait = new SocketWait(task, label, queue, payload);
    const op = openHost<R>(wait);
    if (wait.handle > 0) {
      queue.add(wait);
      then(wait);
    }
    return op;
  }

  /** Gives it its result; false if it was given up meanwhile, and nothing was given. */
  answer(code: HostResult, result: unknown): boolean {
    const { port } = this.task.scope.runtime;
    this.#result = result;
    const isTaken = port.host_complete(this.handle, code) >= 0;
    this.forget();
    return isTaken;
  }

  override finish(op: OpRecord, aux: number): void {
    if (aux === HostResult.ok) op.fulfil(this.#result);
    else op.fail(this.#result);
  }

  /** The kernel ended it with the order: nothing drains. */
  override abort(): void {
    this.forget();
  }

  override forget(): void {
    this.#queue.delete(this);
    super.forget();
  }
}

/** Answers every wait in `queue` with `result`. */
export function answerAll<T>(queue: Set<SocketWait<T>>, code: HostResult, result: unknown): void {
  for (const wait of [...queue]) wait.answer(code, result);
}
