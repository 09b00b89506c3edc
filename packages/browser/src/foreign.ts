/** Owns `cx.foreign`: somebody else's promise, with a signal that reaches it and a drain that waits for it. */
import { HostKindCode } from "@asupersync/browser-core";
import { checkActive } from "./active.js";
import type { CancelInfo, CancelledError } from "./cancel.js";
import { addOperation } from "./cx.js";
import { HostRecord, HostResult, openHost } from "./host-op.js";
import type { Op } from "./op.js";
import type { TaskRecord } from "./task.js";
import { checkLabel, checkListener, checkOptions, invalidArgument } from "./validate.js";

addOperation("foreign", foreignOp);

declare module "./cx.js" {
  interface Cx {
    /**
     * Waits for somebody else's promise. `start` is called at once with a signal that aborts when the task
     * is cancelled; for work that takes no signal there is `onCancel`. The task then ends only when the
     * promise has settled, whose late result is swallowed; one that does not settle within the drain time
     * is revoked and named in the close report. What takes callbacks goes in {@link Cx.callback}.
     *
     * @example
     * ```ts
     * const file = await cx.foreign((signal) => showPicker({ signal }));
     * const rows = await cx.foreign(() => query.run(), { onCancel: () => query.stop() });
     * ```
     * @throws {AsupersyncError} `INVALID_ARGUMENT`. What `start` throws, or its promise is rejected with, fails
     *   the operation.
     */
    foreign<T>(start: (signal: AbortSignal) => PromiseLike<T>, options?: ForeignOptions): Op<T>;
  }
}

/** How a foreign operation is set up. */
export interface ForeignOptions {
  /** Its name in snapshots and reports; 200 characters are kept. Default: the function's name. */
  readonly label?: string;
  /**
   * Stops work that takes no signal. Called once, with the reason, when the task is cancelled or ends
   * before the promise has settled; the promise is waited for all the same, and so is one that this gives.
   * What it throws goes to `onFailure` as a `clean-up`.
   */
  readonly onCancel?: (reason: CancelInfo) => unknown;
}

const FOREIGN_OPTIONS = ["label", "onCancel"] as const satisfies readonly (keyof ForeignOptions)[];

/** See {@link Cx.foreign}. */
export function foreignOp<T>(
  task: TaskRecord,
  start: (signal: AbortSignal) => PromiseLike<T>,
  options?: ForeignOptions,
): Op<T> {
  checkActive(task);
  if (typeof start !== "function") {
    const mend = "pass (signal) => promise, so that the signal reaches the work";
    throw invalidArgument(start, "a function that gives a promise", mend);
  }
  checkOptions(options, FOREIGN_OPTIONS, "foreign options");
  const label = checkLabel(options?.label) ?? (start.name || "foreign");
  const onCancel = options?.onCancel;
  if (onCancel !== undefined) checkListener(onCancel, "onCancel");
  const host = new ForeignRecord(task, label, onCancel);
  const op = openHost<T>(host);
  // 0: the task is cancelled. Nothing is started, and the wait fails in the next turn.
  if (host.handle > 0) host.follow(start);
  return op;
}

class ForeignRecord extends HostRecord {
  readonly #onCancel: ForeignOptions["onCancel"];
  /** What `onCancel` has begun. */
  #stopping: PromiseLike<void> | undefined = undefined;

  constructor(task: TaskRecord, label: string, onCancel: ForeignOptions["onCancel"]) {
    super(task, HostKindCode.foreign, label);
    this.#onCancel = onCancel;
  }

  follow(start: (signal: AbortSignal) => PromiseLike<unknown>): void {
    const controller = new AbortController();
    this.controller = controller;
    const succeed = (value: unknown): void => this.#settled(HostResult.ok, value);
    const fail = (error: unknown): void => this.#settled(HostResult.err, error);
    try {
      Promise.resolve(start(controller.signal)).then(succeed, fail);
    } catch (error) {
      // Thrown before there was a promise: the same as its rejection.
      fail(error);
    }
  }

  override abort(reason: CancelledError): void {
    super.abort(reason);
    const onCancel = this.#onCancel;
    if (onCancel !== undefined) this.#stopping = this.cleanUp(() => onCancel(reason.cancel));
  }

  #settled(code: HostResult, value: unknown): void {
    if (this.#stopping === undefined) this.complete(code, value);
    else this.#stopping.then(() => this.complete(code, value));
  }
}
