/** Owns the checks of what comes from outside: every number, name and function is hostile. */
import { AsupersyncError } from "./errors.js";

/** The longest time that can be asked for, in milliseconds: what a `Date` can span. */
export const DURATION_MS_MAX = 8.64e15;

/** Characters of a label that are kept. */
export const LABEL_CHARS_MAX = 200;

const RECEIVED_CHARS_MAX = 80;

/**
 * A duration in milliseconds: finite, at least 0. Fractions are allowed.
 *
 * @throws {AsupersyncError} `INVALID_NUMBER`.
 */
export function checkDuration(ms: unknown, what: string): number {
  if (typeof ms === "number" && ms >= 0 && ms <= DURATION_MS_MAX) return ms;
  throw new AsupersyncError("INVALID_NUMBER", `${what} ${describeReceived(ms)}`);
}

/**
 * A whole number from `min` to `max`.
 *
 * @throws {AsupersyncError} `INVALID_NUMBER`.
 */
export function checkWhole(value: unknown, min: number, max: number, what: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw new AsupersyncError("INVALID_NUMBER", `${what} ${describeReceived(value)}`);
}

/**
 * A function.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkFunction(value: unknown, what: string): void {
  if (typeof value === "function") return;
  throw new AsupersyncError("INVALID_ARGUMENT", `${what} ${describeReceived(value)}`);
}

/**
 * An object with options, or nothing.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkOptions(value: unknown, what: string): void {
  if (value === undefined || (typeof value === "object" && value !== null)) return;
  throw new AsupersyncError("INVALID_ARGUMENT", `${what} ${describeReceived(value)}`);
}

/**
 * An array.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkArray(value: unknown, what: string): void {
  if (Array.isArray(value)) return;
  throw new AsupersyncError("INVALID_ARGUMENT", `${what} ${describeReceived(value)}`);
}

/**
 * A label, cut to {@link LABEL_CHARS_MAX}; undefined for none.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkLabel(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") return value.slice(0, LABEL_CHARS_MAX);
  throw new AsupersyncError("INVALID_ARGUMENT", `label ${describeReceived(value)}`);
}

/** A short text about any value, made without running any of its code. */
export function describeReceived(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, RECEIVED_CHARS_MAX));
    case "number":
    case "bigint":
    case "boolean":
    case "undefined":
    case "symbol":
      return String(value).slice(0, RECEIVED_CHARS_MAX);
    case "function":
      return "a function";
    default:
      if (value === null) return "null";
      return Array.isArray(value) ? "an array" : "an object";
  }
}
