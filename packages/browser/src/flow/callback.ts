/** Owns `cx.callback`: one value of code that calls back, and the clean-up that takes the callback away. */
import { HostKindCode } from "@asupersync/browser-core";
import { checkActive } from "../active.js";
import { addOperation } from "../cx.js";
import { HostRecord, HostResult, openHost } from "../host-op.js";
import type { Op } from "../op.js";
import type { TaskRecord } from "../task.js";
import { checkLabel, checkListener, checkOptions } from "../validate.js";

/** Begins work that calls back, as a promise's executor does, and may give what takes it back. */
export type CallbackStart<T> = (
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
  // biome-ignore lint/suspicious/noConfusingVoidType: `(resolve) => resolve(7)` gives nothing, which is void.
) => (() => unknown) | void;

/** How a callback operation is set up. */
export interface CallbackOptions {
  /** Its name in snapshots and reports; 200 characters are kept. Default: the function's name. */
  readonly label?: string;
}

addOperation("callback", callback);

declare module "../cx.js" {
  interface Cx {
    /**
     * Waits for code that calls back. `start` is called at once, as the executor of a promise is; the
     * first call of `resolve` or `reject` decides and later ones are swallowed. The function that it gives
     * is called exactly once: after that first call, or when the task is cancelled or ends. A cancelled
     * task waits for nothing more than that; a promise that the function gives is waited for too. What it
     * throws goes to `onFailure` as a `clean-up`.
     *
     * @example
     * ```ts
     * const position = await cx.callback<GeolocationPosition>((resolve, reject) => {
     *   const id = navigator.geolocation.watchPosition(resolve, reject);
     *   return () => navigator.geolocation.clearWatch(id);
     * });
     * ```
     * @throws {AsupersyncError} `INVALID_ARGUMENT`. What `start` throws fails the operation.
     */
    callback<T>(start: CallbackStart<T>, options?: CallbackOptions): Op<T>;
  }
}

const CALLBACK_OPTIONS = ["label"] as const satisfies readonly (keyof CallbackOptions)[];

function callback<T>(task: TaskRecord, start: CallbackStart<T>, options?: CallbackOptions): Op<T> {
  checkListener(start, "start");
  checkOptions(options, CALLBACK_OPTIONS, "callback options");
  return callbackOp(task, checkLabel(options?.label) ?? (start.name || "callback"), start);
}

/** {@link Cx.callback} for the operations of this package, of arguments that are right. */
export function callbackOp<T>(task: TaskRecord, label: string, start: CallbackStart<T>): Op<T> {
  checkActive(task);
  const host = new CallbackRecord(task, HostKindCode.foreign, label);
  const op = openHost<T>(host);
  if (host.handle > 0) host.start(start);
  return op;
}

class CallbackRecord extends HostRecord {
  /** A result may come, and the operation be aborted, before `start` has given its clean-up. */
  #stage: "starting" | "open" | "over" = "starting";
  #result: { readonly code: HostResult; readonly value: unknown } | undefined = undefined;
  #release: (() => unknown) | undefined = undefined;

  start<T>(start: CallbackStart<T>): void {
    const settle = (code: HostResult, value: unknown): void => {
      this.#result ??= { code, value };
      if (this.#stage === "open") this.#end();
    };
    try {
      const release = start(
        (value) => settle(HostResult.ok, value),
        (error) => settle(HostResult.err, error),
      );
      if (typeof release === "function") this.#release = release;
    } catch (error) {
      settle(HostResult.err, error);
    }
    this.#stage = "open";
    if (this.#result !== undefined) this.#end();
  }

  override abort(): void {
    this.#result = { code: HostResult.err, value: undefined };
    if (this.#stage === "open") this.#end();
  }

  #end(): void {
    this.#stage = "over";
    const { code, value } = this.#result ?? { code: HostResult.err, value: undefined };
    const release = this.#release;
    this.#release = undefined;
    const releasing = release && this.cleanUp(release);
    if (releasing === undefined) this.complete(code, value);
    else releasing.then(() => this.complete(code, value));
  }
}
