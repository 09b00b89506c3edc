/** Owns how tasks, scopes and runtimes show on a console, and outcomes in developer tools. */
import { describeCancel } from "../cancel.js";
import { describeOutcome, type Outcome } from "../outcome.js";
import { RuntimeRecord } from "../runtime-record.js";
import { ScopeRecord } from "../scope.js";
import { TaskRecord } from "../task.js";
import { dumpTree } from "./dump.js";

/** What Node's `util.inspect` asks an object for. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** A node of what Chromium's custom formatters give: a tag, its attributes, then text and nodes. */
type JsonMl = readonly [string, object, ...(string | JsonMl)[]];

/** A custom formatter, as Chromium's developer tools call it once the user has allowed them. */
interface DevtoolsFormatter {
  header(value: unknown): JsonMl | null;
  hasBody(value: unknown): boolean;
  body(value: unknown): JsonMl | null;
}

interface FormatterHost {
  devtoolsFormatters?: DevtoolsFormatter[];
}

const RECORDS = [TaskRecord, ScopeRecord, RuntimeRecord] as const;

/**
 * Makes tasks, scopes and runtimes show as one line on a console, in place of their fields: in Node's
 * `console.log` and `util.inspect`, and in Chromium's developer tools where "custom formatters" are
 * switched on. There outcomes do too, and a runtime unfolds to its live tree; Node prints an outcome as it
 * is, for it is plain data, without a prototype of ours that could tell Node otherwise.
 *
 * @returns What takes it back.
 * @example
 * ```ts
 * formatOnConsole();
 * console.log(task); // Task "search" running, cancelled: user: superseded
 * ```
 */
export function formatOnConsole(): () => void {
  const host = globalThis as FormatterHost;
  const formatter: DevtoolsFormatter = { header, hasBody, body };
  // Replaced, not changed: somebody may have frozen it, and others' formatters stay as they are.
  host.devtoolsFormatters = [...(host.devtoolsFormatters ?? []), formatter];
  for (const { prototype } of RECORDS) {
    Object.defineProperty(prototype, INSPECT, {
      configurable: true,
      value(this: unknown): string {
        return describe(this) ?? "";
      },
    });
  }
  return () => {
    host.devtoolsFormatters = host.devtoolsFormatters?.filter((each) => each !== formatter) ?? [];
    for (const { prototype } of RECORDS) Reflect.deleteProperty(prototype, INSPECT);
  };
}

/** One line about `value`; undefined if it is nothing of ours. */
function describe(value: unknown): string | undefined {
  if (value instanceof TaskRecord) {
    const { label, state } = value;
    const reason = value.cancellation?.cancel;
    const why = reason === undefined ? "" : `, cancelled: ${describeCancel(reason)}`;
    // Whether somebody has asked for the outcome is not for a console to decide.
    return `Task "${label}" ${state}${why}`;
  }
  if (value instanceof ScopeRecord) return `Scope "${value.label}" ${value.state}`;
  if (value instanceof RuntimeRecord) return `Runtime "${value.root.label}" ${value.state}`;
  return isOutcome(value) ? `Outcome ${describeOutcome(value)}` : undefined;
}

/** Whether it has the shape of an outcome, which is a plain frozen object. */
function isOutcome(value: unknown): value is Outcome<unknown> {
  if (typeof value !== "object" || value === null || !Object.isFrozen(value)) return false;
  const { kind } = value as { readonly kind?: unknown };
  const field = typeof kind === "string" ? FIELDS[kind] : undefined;
  return field !== undefined && Object.hasOwn(value, field);
}

const FIELDS: { readonly [kind: string]: string } = {
  ok: "value",
  err: "error",
  cancelled: "cancel",
  panicked: "panic",
};

function header(value: unknown): JsonMl | null {
  const text = describe(value);
  return text === undefined ? null : ["span", {}, text];
}

function hasBody(value: unknown): boolean {
  return value instanceof RuntimeRecord || isOutcome(value);
}

function body(value: unknown): JsonMl | null {
  if (value instanceof RuntimeRecord) {
    return ["div", { style: "white-space: pre; font-family: monospace" }, dumpTree(value)];
  }
  if (!isOutcome(value)) return null;
  const field = FIELDS[value.kind] ?? "kind";
  const object = (value as unknown as { readonly [name: string]: unknown })[field];
  return ["div", {}, `${field}: `, ["object", { object }]];
}
