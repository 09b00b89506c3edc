/** Owns how a cancellation looks to code that knows signals only, and what a signal's reason means here. */
import { CancelKindCode } from "@asupersync/browser-core";
import {
  CancelledError,
  type DecodedRequest,
  decodeRequest,
  describeCancel,
  requestableCode,
  withoutStack,
} from "./cancel.js";
import { AsupersyncError } from "./errors.js";
import { describeThrown } from "./outcome.js";
import { isError } from "./validate.js";

/** One for each error, which is one for each reason: whoever compares two signals finds them equal. */
const made = new WeakMap<CancelledError, DOMException>();

/**
 * What a signal is aborted with: the `DOMException` that code which looks at its name expects, a
 * `TimeoutError` when time ran out and an `AbortError` otherwise. `cause` is the error itself.
 */
export function abortReason(error: CancelledError): DOMException {
  let reason = made.get(error);
  if (reason === undefined) {
    let first = error.cancel;
    while (first.cause !== undefined) first = first.cause;
    const isLate = first.kind === "timeout" || first.kind === "deadline";
    const text = `cancelled: ${describeCancel(error.cancel)}`;
    reason = withoutStack(() => new DOMException(text, isLate ? TIMEOUT : ABORT));
    // Not every host takes a cause when it makes one.
    Object.defineProperty(reason, "cause", { value: error, writable: true, configurable: true });
    made.set(error, reason);
  }
  return reason;
}

/**
 * The request that the reason of somebody's signal stands for. Never throws. A `TimeoutError` is a
 * `timeout`; a cancel kind, or `{ kind, message }`, is itself; of anything else the text is the message
 * of a `user` request. Of a signal of another task or scope the kind is kept if it can be asked for.
 */
export function requestOf(reason: unknown): DecodedRequest {
  try {
    const cancel = cancelledIn(reason)?.cancel;
    if (cancel !== undefined) {
      const code = requestableCode(cancel.kind);
      if (code !== undefined) return { code, message: cancel.message ?? "" };
      return {
        code: cancel.kind === "deadline" ? CancelKindCode.timeout : CancelKindCode.linkedExit,
        message: describeCancel(cancel),
      };
    }
    if (!isError(reason)) return decodeRequest(reason);
    const code = reason.name === TIMEOUT ? CancelKindCode.timeout : CancelKindCode.user;
    return { code, message: String(reason.message) };
  } catch {
    return { code: CancelKindCode.user, message: describeThrown(reason) };
  }
}

/** Whether something thrown says no more than that work was cancelled. */
export function isCancellation(thrown: unknown): boolean {
  return (isError(thrown) && thrown.name === ABORT) || cancelledIn(thrown) !== undefined;
}

const ABORT = "AbortError";
const TIMEOUT = "TimeoutError";

/** Node wraps a signal's reason in an error of its own, whose cause it is; more layers are none of ours. */
const LAYERS_MAX = 3;

/** The cancellation that something thrown, or a signal's reason, stands for, if it does. */
export function cancelledIn(thrown: unknown): CancelledError | undefined {
  let at = thrown;
  for (let layer = 0; layer < LAYERS_MAX && isError(at); layer += 1) {
    // Another error of ours has a meaning of its own: a timeout's cause is what it cancelled.
    if (at instanceof AsupersyncError) return at instanceof CancelledError ? at : undefined;
    at = at.cause;
  }
  return undefined;
}
