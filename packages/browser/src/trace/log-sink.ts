/** Owns structured logs: what the runtime does and what bodies say, as records for whoever writes them. */
import { type CancelKindCode, OutcomeCode } from "@asupersync/browser-core";
import { cancelKind } from "../cancel.js";
import { type Cx, taskOf } from "../cx.js";
import type { Runtime } from "../runtime.js";
import type { RuntimeRecord } from "../runtime-record.js";
import type { TaskRecord } from "../task.js";
import { checkListener, checkObject, checkOptions, invalidArgument } from "../validate.js";
import type { EventHub } from "./event-hub.js";
import {
  boundedText,
  LOG_LEVELS,
  type LogFields,
  type LogLevel,
  type LogRecord,
  plainFields,
} from "./log-record.js";
import { recordOf } from "./record-of.js";
import { type EventKind, type LabelledEvent, subscribeEvents } from "./subscribe.js";

/** What a sink takes, and where it goes. */
export interface LogSinkOptions {
  /** The least that is told. Default `info`. */
  readonly level?: LogLevel;
  /** Which records are told; called with those of that level. Default: all. */
  readonly filter?: (record: LogRecord) => boolean;
  /** Names of fields whose values are replaced by `[redacted]`, at any depth. Default: none. */
  readonly redact?: readonly (string | RegExp)[];
  /** Takes one record. What it throws goes to `reportError`. */
  readonly write: (record: LogRecord) => void;
}

const SINK_OPTIONS = [
  "level",
  "filter",
  "redact",
  "write",
] as const satisfies readonly (keyof LogSinkOptions)[];

/**
 * Sends what happens in `runtime`, and what bodies say by {@link log}, to `write`, as one record each.
 *
 * Of the runtime's own: at `error` what panicked; at `warn` failed tasks, and what was revoked or leaked;
 * at `debug` each beginning, end and cancellation of a task, scope or host operation; at `trace`
 * everything else. They are told after their turn, or before what a body says later, which is told at
 * once: in the order in which it happened, and no time is before that of the record before it.
 *
 * @returns What takes the sink away.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `FORGED_HANDLE`.
 * @example
 * ```ts
 * const stop = logSink(runtime, { level: "debug", redact: [/token/i], write: consoleWriter() });
 * ```
 */
export function logSink(runtime: Runtime, options: LogSinkOptions): () => void {
  checkOptions(options, SINK_OPTIONS, "sink options");
  const record = recordOf(runtime);
  const sink = new Sink(record, decodeOptions(options));
  const ofRuntime = sinks.get(record) ?? new Set();
  sinks.set(record, ofRuntime.add(sink));
  const kinds = EVENT_KINDS.filter((kind) => sink.takes(EVENTS[kind] ?? "trace"));
  const stop = subscribeEvents(
    runtime,
    ({ events, dropped }) => {
      if (dropped > 0) sink.tellDropped(dropped);
      for (const event of events) sink.catchUpWith(event);
    },
    sink.takes("trace") ? undefined : { kinds },
  );
  return () => {
    stop();
    ofRuntime.delete(sink);
  };
}

/**
 * Says something on behalf of the task of `cx`, to every {@link logSink} of its runtime. Without one it
 * costs a look. Good at any time: after the task's end too, so that what comes late is not lost.
 *
 * @param message Text of which 1000 characters are kept.
 * @param fields What else is known, by name.
 * @throws {AsupersyncError} `FORGED_HANDLE` for what is no cx, `INVALID_ARGUMENT`.
 * @example
 * ```ts
 * log(cx, "info", "uploaded", { bytes: file.size });
 * ```
 */
export function log(cx: Cx, level: LogLevel, message: string, fields: LogFields = {}): void {
  const task = taskOf(cx);
  checkLevel(level);
  if (typeof message !== "string") {
    throw invalidArgument(message, "text as message", "put other values into the fields");
  }
  checkObject(fields, "an object as fields", "pass { name: value }");
  const { runtime } = task.scope;
  const told = sinks.get(runtime);
  if (told === undefined || told.size === 0) return;
  const untold = [...((runtime.eventReader as EventHub | undefined)?.untold ?? [])];
  for (const sink of told) {
    for (const event of untold) sink.catchUpWith(event);
    sink.tellOf(task, level, message, fields);
  }
}

const sinks = new WeakMap<RuntimeRecord, Set<Sink>>();

/** Kinds of events that matter more than `trace`; the detail may make them matter more still. */
const EVENTS: { readonly [K in EventKind]?: LogLevel } = {
  taskSpawned: "debug",
  // An end tells how it was.
  taskCompleted: "error",
  taskCancelRequested: "debug",
  taskRevoked: "warn",
  regionOpened: "debug",
  regionClosed: "error",
  hostOpSubmitted: "debug",
  hostOpCompleted: "debug",
  hostOpRevoked: "warn",
  obligationLeaked: "warn",
};
const EVENT_KINDS = Object.keys(EVENTS) as readonly EventKind[];

const OUTCOMES: { readonly [code: number]: { readonly name: string; readonly level: LogLevel } } = {
  [OutcomeCode.ok]: { name: "ok", level: "debug" },
  [OutcomeCode.err]: { name: "err", level: "warn" },
  [OutcomeCode.cancelled]: { name: "cancelled", level: "debug" },
  [OutcomeCode.panicked]: { name: "panicked", level: "error" },
};

interface DecodedOptions {
  readonly rank: number;
  readonly filter: ((record: LogRecord) => boolean) | undefined;
  readonly redact: readonly (string | RegExp)[];
  readonly write: (record: LogRecord) => void;
}

function decodeOptions({ level, filter, redact, write }: LogSinkOptions): DecodedOptions {
  checkListener(write, "write");
  if (filter !== undefined) checkListener(filter, "filter");
  if (level !== undefined) checkLevel(level);
  for (const secret of checkList(redact)) {
    if (typeof secret === "string" || secret instanceof RegExp) continue;
    throw invalidArgument(secret, "names or expressions to redact", "pass text or an expression");
  }
  return { rank: LOG_LEVELS.indexOf(level ?? "info"), filter, redact: redact ?? [], write };
}

function checkList(list: unknown): readonly unknown[] {
  if (list === undefined) return [];
  if (Array.isArray(list)) return list;
  throw invalidArgument(list, "an array to redact", "pass an array of names, or nothing");
}

function checkLevel(level: unknown): void {
  if ((LOG_LEVELS as readonly unknown[]).includes(level)) return;
  throw invalidArgument(level, `a level: ${LOG_LEVELS.join(", ")}`, "pass one of these");
}

class Sink {
  readonly #runtime: RuntimeRecord;
  readonly #options: DecodedOptions;
  /** From runtime time to that of the wall. */
  readonly #epochMs: number;
  /** The last of the runtime's events that it was told. */
  #seq = 0;
  /** Runtime time of the last record. */
  #at = 0;

  constructor(runtime: RuntimeRecord, options: DecodedOptions) {
    this.#runtime = runtime;
    this.#options = options;
    this.#epochMs = Date.now() - runtime.now();
  }

  takes(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= this.#options.rank;
  }

  tellOf(task: TaskRecord, level: LogLevel, message: string, fields: LogFields): void {
    if (!this.takes(level)) return;
    const { label, scope } = task;
    this.#tell(this.#runtime.now(), level, "app", label, scope.label, message, fields);
  }

  tellDropped(count: number): void {
    const fields = { count };
    const message = "events were lost: more came in one turn than the trace holds";
    this.#tell(this.#runtime.now(), "warn", "runtime", undefined, undefined, message, fields);
  }

  /** Tells of `event`, unless it has: what a body said came in between. */
  catchUpWith(event: LabelledEvent): void {
    if (event.seq <= this.#seq) return;
    this.#seq = event.seq;
    this.#tellEvent(event);
  }

  #tellEvent({ kind, type, subject, label, owner, detail, at, seq }: LabelledEvent): void {
    const outcome =
      kind === "taskCompleted" || kind === "regionClosed" ? OUTCOMES[detail] : undefined;
    const level = outcome?.level ?? EVENTS[kind] ?? "trace";
    if (!this.takes(level)) return;
    const fields = {
      kind,
      seq,
      id: subject,
      ...(outcome !== undefined && { outcome: outcome.name }),
      ...(CANCELS.has(kind) && { cancel: cancelKind(detail as CancelKindCode) }),
    };
    const task = type === "task" ? label : type === "host-op" ? owner : undefined;
    const scope = type === "scope" ? label : type === "task" ? owner : undefined;
    const message = `${type} ${label === "" ? subject : label}: ${wordsOf(kind)}`;
    this.#tell(at, level, "runtime", task, scope, message, fields);
  }

  #tell(
    at: number,
    level: LogLevel,
    target: LogRecord["target"],
    task: string | undefined,
    scope: string | undefined,
    message: string,
    fields: LogFields,
  ): void {
    const { filter, redact, write } = this.#options;
    // The kernel's clock stands still in a turn in which a body may have spoken.
    this.#at = Math.max(this.#at, at);
    try {
      const record: LogRecord = Object.freeze({
        time: this.#epochMs + this.#at,
        level,
        target,
        task,
        scope,
        message: boundedText(message),
        fields: plainFields(fields, redact),
      });
      if (filter?.(record) ?? true) write(record);
    } catch (error) {
      // A log that breaks must not break what it tells of, and must not be silent either.
      this.#runtime.unobserved.reportListener(error);
    }
  }
}

const CANCELS: ReadonlySet<EventKind> = new Set<EventKind>([
  "taskCancelRequested",
  "regionDraining",
]);

/** `cancel requested` of `taskCancelRequested`. */
function wordsOf(kind: EventKind): string {
  return kind
    .replace(/^(?:task|region|hostOp|obligation|semaphore|channel)(?=[A-Z])/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
}
