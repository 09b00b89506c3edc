/**
 * Owns how what was thrown crosses between page and worker. Cloning alone would lose what an error is: of
 * ours the class and the code, of any its kind, its causes and what it carries.
 */

import { CancelKindCode } from "@asupersync/browser-core";
import { type CancelInfo, CancelledError, cancelKind, makeCancelledError } from "../cancel.js";
import { AllFailedError } from "../combinators/all-failed-error.js";
import { AsupersyncError, isErrorCode } from "../errors.js";
import { describeThrown } from "../outcome.js";
import { LaggedError } from "../sync/lagged-error.js";
import { TimeoutError } from "../timeout-error.js";
import { describeReceived, isError } from "../validate.js";

/** Something thrown, as it is posted. */
export type WireThrown =
  | { readonly is: "value"; readonly value: unknown }
  | { readonly is: "cancelled"; readonly cancel: WireCancel }
  | WireError;

/** An error, as it is posted. */
export interface WireError {
  readonly is: "error";
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Whether it is a `DOMException`, as platforms throw. */
  readonly isDom: boolean;
  /** Of ours: what its texts are made of. */
  readonly own: WireOwn | undefined;
  /** Numbers, texts and flags that it carries, such as `status`. */
  readonly facts: { readonly [key: string]: unknown };
  readonly cause: WireThrown | undefined;
  /** Of several failures in one: each. */
  readonly errors: readonly WireThrown[] | undefined;
}

interface WireOwn {
  readonly code: string;
  readonly expected: string;
  readonly received: string;
  readonly mend: string;
}

/** A reason and its causes, first the reason itself. */
export type WireCancel = readonly {
  readonly kind: string;
  readonly message: string | undefined;
  readonly at: number;
  readonly truncated: boolean;
}[];

/** Errors in one message, causes and parts together: what is past that is left out. */
const ERRORS_MAX = 64;
/** As deep as the kernel keeps causes. */
const CAUSES_MAX = 16;
const FACTS_MAX = 16;

/** What stands for something thrown, ready to be posted whatever it is. */
export function encodeThrown(thrown: unknown): WireThrown {
  return encode(thrown, { left: ERRORS_MAX }, 0);
}

/** The thing again; undefined if `wire` is not what {@link encodeThrown} made. */
export function decodeThrown(wire: unknown): { readonly thrown: unknown } | undefined {
  try {
    return { thrown: decode(wire, { left: ERRORS_MAX }, 0) };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** A reason as it is posted. */
export function encodeCancel(cancel: CancelInfo): WireCancel {
  const chain: { kind: string; message: string | undefined; at: number; truncated: boolean }[] = [];
  let at: CancelInfo | undefined = cancel;
  for (; at !== undefined && chain.length < CAUSES_MAX; at = at.cause) {
    chain.push({ kind: at.kind, message: at.message, at: at.at, truncated: at.truncated });
  }
  return chain;
}

/** The reason again; undefined if `wire` is none. */
export function decodeCancel(wire: unknown): CancelInfo | undefined {
  if (!Array.isArray(wire) || wire.length === 0 || wire.length > CAUSES_MAX) return undefined;
  let cause: CancelInfo | undefined;
  for (const link of wire.reverse() as unknown[]) {
    if (!isObject(link) || typeof link.at !== "number") return undefined;
    const { message, truncated } = link;
    const code = cancelCode(link.kind);
    if (code === undefined || (message !== undefined && typeof message !== "string")) {
      return undefined;
    }
    const kind = cancelKind(code);
    cause = Object.freeze({ kind, message, at: link.at, cause, truncated: truncated === true });
  }
  return cause;
}

/** The kernel's code of a kind of cancellation; undefined for a name that is none. */
export function cancelCode(kind: unknown): CancelKindCode | undefined {
  return CODES.get(kind);
}

const CODES: ReadonlyMap<unknown, CancelKindCode> = new Map(
  Object.values(CancelKindCode).map((code) => [cancelKind(code), code]),
);

interface Budget {
  left: number;
}

function encode(thrown: unknown, budget: Budget, depth: number): WireThrown {
  budget.left -= 1;
  if (thrown instanceof CancelledError) {
    return { is: "cancelled", cancel: encodeCancel(thrown.cancel) };
  }
  if (!isError(thrown)) {
    if (isClonable(thrown)) return { is: "value", value: thrown };
    const received = `${describeReceived(thrown)}, which was thrown and cannot be posted`;
    return encodeError(new AsupersyncError("WORKER_UNCLONABLE", received), budget, depth);
  }
  try {
    return encodeError(thrown, budget, depth);
  } catch {
    // An error whose own code throws when it is read.
    return encodeError(new Error(describeThrown(thrown)), budget, depth);
  }
}

function encodeError(error: Error, budget: Budget, depth: number): WireError {
  const isDeepest = depth >= CAUSES_MAX || budget.left <= 0;
  const { errors } = error as { readonly errors?: unknown };
  const hasCause = !isDeepest && "cause" in error && error.cause !== undefined;
  return {
    is: "error",
    name: String(error.name),
    message: String(error.message),
    stack: typeof error.stack === "string" ? error.stack : undefined,
    isDom: error instanceof DOMException,
    own: error instanceof AsupersyncError ? ownOf(error) : undefined,
    facts: factsOf(error),
    cause: hasCause ? encode(error.cause, budget, depth + 1) : undefined,
    errors:
      Array.isArray(errors) && !isDeepest
        ? errors.slice(0, budget.left).map((each) => encode(each, budget, depth + 1))
        : undefined,
  };
}

function ownOf({ code, expected, received, mend }: AsupersyncError): WireOwn {
  return { code, expected, received, mend };
}

/** What an error carries beside what every error has, as far as that is plain. */
function factsOf(error: Error): { [key: string]: unknown } {
  const facts: { [key: string]: unknown } = {};
  let count = 0;
  for (const key of Object.keys(error)) {
    const value = (error as unknown as { readonly [key: string]: unknown })[key];
    if (!isPlain(value) || ERROR_KEYS.includes(key)) continue;
    if (count === FACTS_MAX) break;
    count += 1;
    Object.defineProperty(facts, key, { value, enumerable: true });
  }
  return facts;
}

const ERROR_KEYS: readonly string[] = ["name", "message", "stack", "cause", "errors"];

function isPlain(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function isClonable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** What came is not what the other side makes. */
class Malformed extends Error {}

function decode(wire: unknown, budget: Budget, depth: number): unknown {
  budget.left -= 1;
  if (!isObject(wire) || budget.left < 0 || depth > CAUSES_MAX) throw new Malformed();
  switch (wire.is) {
    case "value":
      return wire.value;
    case "cancelled": {
      const cancel = decodeCancel(wire.cancel);
      if (cancel === undefined) throw new Malformed();
      return makeCancelledError(cancel);
    }
    case "error":
      return decodeError(wire, budget, depth);
    default:
      throw new Malformed();
  }
}

function decodeError(wire: Fields, budget: Budget, depth: number): Error {
  const { name, message, stack, own, facts, cause, errors, isDom } = wire;
  if (typeof name !== "string" || typeof message !== "string" || !isObject(facts)) {
    throw new Malformed();
  }
  const options =
    cause === undefined ? undefined : { cause: decode(cause, budget, depth + 1) as unknown };
  if (errors !== undefined && !Array.isArray(errors)) throw new Malformed();
  const parts = errors?.map((each: unknown) => decode(each, budget, depth + 1));
  if (isDom === true) {
    const error = new DOMException(message, name);
    // Not every host takes a cause when it makes one.
    return options === undefined
      ? error
      : Object.defineProperty(error, "cause", { value: options.cause, configurable: true });
  }
  const error =
    own === undefined
      ? theirError(name, message, options, parts)
      : ownError(name, own, facts, options, parts);
  for (const [key, value] of Object.entries(facts)) {
    if (!isPlain(value) || ERROR_KEYS.includes(key) || key in error) continue;
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true });
  }
  if (typeof stack === "string") {
    Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true });
  }
  return error;
}

function ownError(
  name: string,
  own: unknown,
  facts: Fields,
  options: ErrorOptions | undefined,
  parts: readonly unknown[] | undefined,
): AsupersyncError {
  if (!isObject(own) || !isErrorCode(own.code)) throw new Malformed();
  const { code, expected, received, mend } = own;
  if (typeof expected !== "string" || typeof received !== "string" || typeof mend !== "string") {
    throw new Malformed();
  }
  if (code === "ALL_FAILED") return new AllFailedError(received, parts ?? []);
  if (code === "LAGGED" && typeof facts.missed === "number") return new LaggedError(facts.missed);
  const Class = name === "TimeoutError" ? TimeoutError : AsupersyncError;
  // A class that is not known here is told by its code, its name and what it carries.
  return named(new Class(code, received, { expected, mend, ...options }), name);
}

function theirError(
  name: string,
  message: string,
  options: ErrorOptions | undefined,
  parts: readonly unknown[] | undefined,
): Error {
  if (parts !== undefined) return named(new AggregateError(parts, message, options), name);
  const Class = CLASSES[name];
  if (Class !== undefined) return new Class(message, options);
  return named(new Error(message, options), name);
}

function named<E extends Error>(error: E, name: string): E {
  if (error.name !== name) {
    Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  }
  return error;
}

const CLASSES: { readonly [name: string]: ErrorConstructor | undefined } = {
  __proto__: null as never,
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

interface Fields {
  readonly [key: string]: unknown;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
