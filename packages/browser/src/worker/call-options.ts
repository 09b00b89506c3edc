/** Owns the checks of what a call is given: its name, its options, and the reason of its cancellation. */
import { cancelledIn, requestOf } from "../abort-reason.js";
import { type CancelInfo, type CancelKind, cancelKind } from "../cancel.js";
import { checkFlag, checkListener, checkOptions, invalidArgument } from "../validate.js";
import type { CallOptions, RunOptions, WorkerCloseOptions } from "./create-worker.js";
import { NAME_CHARS_MAX } from "./protocol.js";

const CALL_OPTIONS = ["onReport"] as const satisfies readonly (keyof CallOptions)[];
const RUN_OPTIONS = ["signal", ...CALL_OPTIONS] as const satisfies readonly (keyof RunOptions)[];

/**
 * The name of a task.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkName(name: unknown): void {
  if (typeof name === "string" && name.length <= NAME_CHARS_MAX) return;
  const expected = `the name of a task, of at most ${NAME_CHARS_MAX} characters`;
  throw invalidArgument(name, expected, "pass a key of what defineTasks took");
}

/** @throws {AsupersyncError} `INVALID_ARGUMENT`. */
export function checkCallOptions(options: CallOptions | undefined): CallOptions {
  checkOptions(options, CALL_OPTIONS, "call options");
  if (options?.onReport !== undefined) checkListener(options.onReport, "onReport");
  return options ?? {};
}

/** @throws {AsupersyncError} `INVALID_ARGUMENT`. */
export function checkRunOptions(options: RunOptions | undefined): RunOptions {
  checkOptions(options, RUN_OPTIONS, "run options");
  if (options?.onReport !== undefined) checkListener(options.onReport, "onReport");
  const signal: unknown = options?.signal;
  if (signal === undefined || isSignal(signal)) return options ?? {};
  throw invalidArgument(signal, "an AbortSignal as signal", "pass controller.signal");
}

const CLOSE_OPTIONS = ["graceful"] as const satisfies readonly (keyof WorkerCloseOptions)[];

/** @throws {AsupersyncError} `INVALID_ARGUMENT`. */
export function checkCloseOptions(options: WorkerCloseOptions | undefined): WorkerCloseOptions {
  checkOptions(options, CLOSE_OPTIONS, "close options");
  checkFlag(options?.graceful, "graceful");
  return options ?? {};
}

function isSignal(value: unknown): value is AbortSignal {
  return Object.prototype.toString.call(value) === "[object AbortSignal]";
}

/** Why a call is cancelled, from what a signal was aborted with or a text; `at` is the page's own time. */
export function reasonOf(reason: unknown, kind?: CancelKind): CancelInfo {
  const cancel = cancelledIn(reason)?.cancel;
  if (cancel !== undefined) return cancel;
  const { code, message } = requestOf(reason);
  return Object.freeze({
    kind: kind ?? cancelKind(code),
    message: message === "" ? undefined : message,
    at: performance.now(),
    cause: undefined,
    truncated: false,
  });
}
