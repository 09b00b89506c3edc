/** Owns what a log is made of: records of bounded size, with what must not be told taken out. */
import { fits } from "./subscribe.js";

/** How much a record matters, least first. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What is known beside the message, by name. Of values other than plain ones a description is kept. */
export type LogFields = { readonly [name: string]: unknown };

/** One line of a log. Immutable, plain and bounded: it can be cloned, sent and written as JSON. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: LogLevel;
  /** Who speaks: `runtime` for the kernel's events, `app` for `log`. */
  readonly target: "runtime" | "app";
  /** Label of the task that it is about, or whose host operation; undefined if it is about none. */
  readonly task: string | undefined;
  /** Label of the scope that it is about, or that the task is in. */
  readonly scope: string | undefined;
  /** At most 1000 characters. */
  readonly message: string;
  readonly fields: LogFields;
}

/** What stands in place of what must not be told. */
const REDACTED = "[redacted]";
/** What stands in place of what lies too deep. */
const TOO_DEEP = "[…]";

const TEXT_CHARS_MAX = 1_000;
const DEPTH_MAX = 4;
const ENTRIES_MAX = 50;

/** A text as it is kept. */
export function boundedText(text: string): string {
  return text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX - 1)}…` : text;
}

/**
 * A copy of `fields` of bounded size, all of it plain: at most 50 entries a level, 4 levels, 1000
 * characters a text. Whatever stands under a name in `redact` is left out, at any depth.
 */
export function plainFields(fields: LogFields, redact: readonly (string | RegExp)[]): LogFields {
  return copyEntries(fields, redact, DEPTH_MAX);
}

function copyEntries(
  object: object,
  redact: readonly (string | RegExp)[],
  depth: number,
): LogFields {
  const copy: { [name: string]: unknown } = {};
  for (const [name, value] of Object.entries(object).slice(0, ENTRIES_MAX)) {
    const isSecret = redact.some((secret) => fits(name, secret));
    // As an own property, whatever its name is: `__proto__` sets nothing else.
    Object.defineProperty(copy, name, {
      enumerable: true,
      value: isSecret ? REDACTED : copyValue(value, redact, depth - 1),
    });
  }
  return Object.freeze(copy);
}

function copyValue(value: unknown, redact: readonly (string | RegExp)[], depth: number): unknown {
  switch (typeof value) {
    case "string":
      return boundedText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
    case "undefined":
      return value;
    case "object":
      break;
    default:
      return boundedText(String(value));
  }
  if (value === null) return null;
  if (value instanceof Error) return copyError(value);
  if (depth <= 0) return TOO_DEEP;
  if (Array.isArray(value)) {
    const items = value.slice(0, ENTRIES_MAX).map((item) => copyValue(item, redact, depth - 1));
    return Object.freeze(items);
  }
  if (value instanceof Date || value instanceof URL) return value.toJSON();
  return copyEntries(value, redact, depth);
}

function copyError({ name, message, ...rest }: Error): object {
  const { code } = rest as { readonly code?: unknown };
  const base = { name, message: boundedText(message) };
  return Object.freeze(typeof code === "string" ? { ...base, code } : base);
}
