/** Owns outcomes: how work ended, as a value, and one sentence about it for people. */
import { type CancelInfo, describeCancel } from "./cancel.js";
import { AsupersyncError } from "./errors.js";
import type { ObligationKind } from "./obligation.js";

/**
 * How a task or a scope ended. `ok < err < cancelled < panicked`: the worst wins when siblings combine.
 *
 * - `ok`: the body gave its value.
 * - `err`: the body threw `error`, whatever that is; it is the very thing that was thrown. Failures
 *   that came later are `suppressed`, at most 16.
 * - `cancelled`: the body observed a cancellation, whatever it made of it. Not a failure.
 * - `panicked`: a finalizer failed, an obligation leaked, or the kernel broke.
 */
export type Outcome<T, E = unknown> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "err"; readonly error: E; readonly suppressed?: readonly unknown[] }
  | { readonly kind: "cancelled"; readonly cancel: CancelInfo }
  | { readonly kind: "panicked"; readonly panic: PanicInfo };

/** What broke. */
export interface PanicInfo {
  /** One line about `error`. */
  readonly message: string;
  /** What was thrown. */
  readonly error: unknown;
  /**
   * Where: in a finalizer of the caller's; at the task's end, when it still held an obligation; or in
   * the kernel, which then is poisoned.
   */
  readonly during: "finalizer" | "end" | "kernel";
}

/** Failures kept beside the first one. */
export const SUPPRESSED_MAX = 16;

/**
 * One sentence about an outcome that a person can read, without full stop: `failed: TypeError: no
 * network`, `was cancelled: parent-cancelled after unmount`.
 */
export function describeOutcome(outcome: Outcome<unknown>): string {
  switch (outcome.kind) {
    case "ok":
      return "gave its value";
    case "err": {
      const count = outcome.suppressed?.length ?? 0;
      const others =
        count === 0 ? "" : `, and ${count} more ${count === 1 ? "failure" : "failures"}`;
      return `failed: ${describeThrown(outcome.error)}${others}`;
    }
    case "cancelled":
      return `was cancelled: ${describeCancel(outcome.cancel)}`;
    case "panicked":
      return `panicked ${PANIC_PLACES[outcome.panic.during]}: ${outcome.panic.message}`;
  }
}

const PANIC_PLACES = {
  finalizer: "in a finalizer",
  end: "at its end",
  kernel: "in the kernel",
} as const;

/** What a finalizer threw, as a panic. */
export function finalizerPanic(error: unknown): PanicInfo {
  return Object.freeze({ message: describeThrown(error), error, during: "finalizer" });
}

/** What a task leaked, as a panic. */
export function leakPanic(label: string, kind: ObligationKind): PanicInfo {
  const what = kind === "lease" ? "the guard of a lock" : `a ${kind}`;
  const error = new AsupersyncError("OBLIGATION_LEAKED", `${what} still held by "${label}"`);
  return Object.freeze({ message: describeThrown(error), error, during: "end" });
}

/** A panic that nothing is known about. */
export const UNKNOWN_PANIC: PanicInfo = Object.freeze({
  message: "the kernel did not say",
  error: undefined,
  during: "kernel",
});

/** One line about anything that was thrown; never throws itself. */
export function describeThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return "something indescribable";
  }
}
