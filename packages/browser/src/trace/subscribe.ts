/** Owns subscriptions to the events of a runtime. */
import { EventCode } from "@asupersync/browser-core";
import type { Runtime } from "../runtime.js";
import { checkListener, checkOptions, invalidArgument } from "../validate.js";
import { EventHub } from "./event-hub.js";
import { recordOf } from "./record-of.js";
import type { TraceEvent } from "./recorded.js";

/** What happened: a name of the kernel's table of events. */
export type EventKind = TraceEvent["kind"];

/** What an event is about. */
export type SubjectType = "task" | "scope" | "host-op" | "obligation" | "semaphore";

/** One transition, with the name of what it is about. Immutable. */
export interface LabelledEvent extends TraceEvent {
  readonly type: SubjectType;
  /** Label of the task, scope or host operation; empty for what has none. */
  readonly label: string;
  /** Label of what it belongs to: a task's scope, a scope's task or scope, a host operation's task. */
  readonly owner: string;
}

/** What happened in one turn. Immutable. */
export interface EventBatch {
  /** Oldest first. */
  readonly events: readonly LabelledEvent[];
  /** Events since the last batch that are lost: more came in one turn than the trace holds. */
  readonly dropped: number;
}

/** Which events are wanted; all of what is given must fit. */
export interface EventFilter {
  readonly kinds?: readonly EventKind[];
  readonly types?: readonly SubjectType[];
  /** Text that the label is, or an expression that it matches. */
  readonly label?: string | RegExp;
}

/**
 * Calls `listener` with what happens in `runtime`, at most once a turn and after it, in order. There is
 * no polling; while nobody listens it costs nothing. A runtime without the `trace` option keeps its last
 * 4096 events as long as somebody listens.
 *
 * An empty batch is not told, unless events are lost. What a listener throws goes to `reportError`.
 *
 * @returns What takes the listener back, told of what has happened until then. When the runtime has closed
 *   there is nothing to take back.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `FORGED_HANDLE` for what is no runtime, `POISONED`,
 *   `TRACE_ABSENT` of the kernel `coreMin`.
 * @example
 * ```ts
 * const stop = subscribeEvents(
 *   runtime,
 *   ({ events }) => { for (const { at, kind, label } of events) console.log(at, kind, label); },
 *   { types: ["task"], label: /^fetch/ },
 * );
 * ```
 */
export function subscribeEvents(
  runtime: Runtime,
  listener: (batch: EventBatch) => void,
  filter?: EventFilter,
): () => void {
  checkListener(listener, "listener");
  const isWanted = decodeFilter(filter);
  const record = recordOf(runtime);
  record.eventReader ??= new EventHub(record);
  const hub = record.eventReader as EventHub;
  // A function of its own, so that one listener subscribed twice is told twice and taken back once.
  const entry = (batch: EventBatch): void => {
    if (isWanted === undefined) {
      listener(batch);
      return;
    }
    const events = batch.events.filter(isWanted);
    if (events.length > 0 || batch.dropped > 0) {
      listener(Object.freeze({ events: Object.freeze(events), dropped: batch.dropped }));
    }
  };
  hub.add(entry);
  return () => {
    hub.publish();
    hub.remove(entry);
  };
}

const FILTER_KEYS = ["kinds", "types", "label"] as const satisfies readonly (keyof EventFilter)[];
const TYPES: readonly SubjectType[] = ["task", "scope", "host-op", "obligation", "semaphore"];

function decodeFilter(
  filter: EventFilter | undefined,
): ((event: LabelledEvent) => boolean) | undefined {
  if (filter === undefined) return undefined;
  checkOptions(filter, FILTER_KEYS, "event filter");
  const { kinds, types, label } = filter;
  checkNames(kinds, Object.keys(EventCode), "kinds");
  checkNames(types, TYPES, "types");
  if (label !== undefined && typeof label !== "string" && !(label instanceof RegExp)) {
    throw invalidArgument(
      label,
      "text or an expression as label",
      "pass one of the two, or neither",
    );
  }
  return (event) =>
    (kinds?.includes(event.kind) ?? true) &&
    (types?.includes(event.type) ?? true) &&
    (label === undefined || fits(event.label, label));
}

/** Whether `text` is `wanted`, or matches it. */
export function fits(text: string, wanted: string | RegExp): boolean {
  // Without the place where an expression with the flag g goes on: each text is a new one.
  return typeof wanted === "string" ? text === wanted : text.search(wanted) !== -1;
}

function checkNames(names: unknown, known: readonly string[], what: string): void {
  if (names === undefined) return;
  if (!Array.isArray(names)) {
    throw invalidArgument(names, `an array as ${what}`, "pass an array of names, or nothing");
  }
  for (const name of names as unknown[]) {
    if (known.includes(name as string)) continue;
    throw invalidArgument(name, `${what} of events: ${known.join(", ")}`, "correct the name");
  }
}
