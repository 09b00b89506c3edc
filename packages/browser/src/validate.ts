/** Owns the checks of what comes from outside: every number, name and function is hostile. */
import { AsupersyncError } from "./errors.js";

/** The longest time that can be asked for, in milliseconds: what a `Date` can span. */
export const DURATION_MS_MAX = 8.64e15;

/** Characters of a label that are kept. */
export const LABEL_CHARS_MAX = 200;

const RECEIVED_CHARS_MAX = 80;

/** What to do about something that should have been text. */
export const TEXT_MEND = "pass text or leave it out";

const FUNCTION_MEND = "pass the function itself, not what it returns";

/**
 * A duration in milliseconds: finite, at least 0. Fractions are allowed.
 *
 * @param mend What to do about it, if the check cannot know.
 * @throws {AsupersyncError} `INVALID_NUMBER`.
 */
export function checkDuration(ms: unknown, what: string, mend?: string): number {
  if (typeof ms === "number" && ms >= 0 && ms <= DURATION_MS_MAX) return ms;
  throw invalidNumber(ms, `milliseconds from 0 to ${DURATION_MS_MAX} as ${what}`, mend);
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
  throw invalidNumber(value, `a whole number from ${min} to ${max} as ${what}`);
}

/**
 * A body.
 *
 * @param index Where it stands among several.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkBody(value: unknown, index?: number): void {
  if (typeof value === "function") return;
  const place = index === undefined ? "" : `, at index ${index}`;
  const expected = `a body, which is a function${place}`;
  throw invalidArgument(value, expected, `${FUNCTION_MEND}: (cx) => …`);
}

/**
 * A finalizer.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkFinalizer(value: unknown): void {
  if (typeof value === "function") return;
  throw invalidArgument(value, "a finalizer, which is a function", `${FUNCTION_MEND}: () => …`);
}

/**
 * A function that is called back.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkListener(value: unknown, what: string): void {
  if (typeof value === "function") return;
  throw invalidArgument(value, `a function as ${what}`, FUNCTION_MEND);
}

/**
 * An object with options, none of them unknown, or nothing.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkOptions(value: unknown, known: readonly string[], what: string): void {
  if (value === undefined) return;
  checkObject(value, `an object as ${what}`, `pass { ${known.join(", ")} } or nothing`);
  checkKeys(value as object, known, what);
}

/**
 * An object that is no array, or nothing.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkObject(value: unknown, expected: string, mend: string): void {
  if (value === undefined) return;
  if (typeof value === "object" && value !== null && !isArray(value)) return;
  throw invalidArgument(value, expected, mend);
}

/**
 * An object without other keys of its own than the `known` ones: a slip in a name must not pass for
 * nothing asked.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkKeys(value: object, known: readonly string[], what: string): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const names = [known.slice(0, -1).join(", "), known.at(-1)].filter(Boolean).join(" and ");
    throw new AsupersyncError("INVALID_ARGUMENT", `the key ${describeReceived(key)}`, {
      expected: `${what} of ${names} only`,
      mend: "correct its name or leave it out",
    });
  }
}

/**
 * An array of bodies, for the operation of `cx` named so.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkBodies(value: unknown, operation: string): void {
  if (!isArray(value)) {
    throw invalidArgument(value, "an array of bodies", `pass cx.${operation}([a, b])`);
  }
  for (let index = 0; index < value.length; index += 1) checkBody(value[index], index);
}

/**
 * A label, cut to {@link LABEL_CHARS_MAX}; undefined for none.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkLabel(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") return value.slice(0, LABEL_CHARS_MAX);
  throw invalidArgument(value, "a string as label", TEXT_MEND);
}

/**
 * True, false or nothing.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkFlag(value: unknown, what: string): void {
  if (value === undefined || typeof value === "boolean") return;
  throw invalidArgument(value, `true or false as ${what}`, "pass one of the two or leave it out");
}

/**
 * A signal, of any realm, or nothing.
 *
 * @throws {AsupersyncError} `INVALID_ARGUMENT`.
 */
export function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || Object.prototype.toString.call(value) === "[object AbortSignal]") {
    return value as AbortSignal | undefined;
  }
  const mend = "pass controller.signal, AbortSignal.timeout(ms) or the signal of a scope or task";
  throw invalidArgument(value, "an AbortSignal as signal", mend);
}

/** The error for `value` where something else was expected. */
export function invalidArgument(value: unknown, expected: string, mend: string): AsupersyncError {
  return new AsupersyncError("INVALID_ARGUMENT", describeReceived(value), { expected, mend });
}

/** The error for `value` where a number in range was expected. */
export function invalidNumber(value: unknown, expected: string, mend = numberMend(value)): Error {
  return new AsupersyncError("INVALID_NUMBER", describeReceived(value), { expected, mend });
}

function numberMend(value: unknown): string {
  if (typeof value === "string") return "pass a number, not text";
  if (Number.isNaN(value)) return "look where it was computed: something in it was no number";
  return "pass a number in that range";
}

/** A short text about any value, made without running any of its code but the traps of a proxy. */
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
      if (isArray(value)) return "an array";
      if (isError(value)) return "an error";
      return isA(value, Promise) ? "a promise" : "an object";
  }
}

/** Whether `value` is an error, a `DOMException` among them. */
export function isError(value: unknown): value is Error {
  return isA(value, Error);
}

function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

function isA(value: unknown, type: ErrorConstructor | PromiseConstructor): boolean {
  try {
    return value instanceof type;
  } catch {
    // A proxy whose trap throws.
    return false;
  }
}
