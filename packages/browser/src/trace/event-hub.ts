/** Owns the way of events to those who subscribed: read once a batch, given names, told once a turn. */
import { CounterCode, EventCode, HandleKindCode } from "@asupersync/browser-core";
import { indexOf, kindOf } from "../handle.js";
import { HostRecord } from "../host-op.js";
import { type EventReader, expectTrace, type RuntimeRecord } from "../runtime-record.js";
import type { ScopeRecord } from "../scope.js";
import { subscribeSnapshots } from "../snapshot.js";
import { TaskRecord } from "../task.js";
import type { EventBatch, EventKind, LabelledEvent, SubjectType } from "./subscribe.js";

/** Events kept by a runtime without the `trace` option, as long as somebody listens. */
const CAPACITY = 4_096;

/** Events that wait to be told: past it the later ones of a turn are counted only. */
const PENDING_MAX = 65_536;

const EVENT_NUMBERS = 5;

/** Reads the events of one runtime for all of its subscribers. There is none while nobody listens. */
export class EventHub implements EventReader {
  readonly #runtime: RuntimeRecord;
  readonly #listeners = new Set<(batch: EventBatch) => void>();
  readonly #names = new Map<number, Names>();
  readonly #stopSnapshots: () => void;
  readonly #hasOwnRing: boolean;
  #readSeq: number;
  #pending: LabelledEvent[] = [];
  #dropped = 0;
  #isTelling = false;

  constructor(runtime: RuntimeRecord) {
    const { port } = runtime;
    this.#runtime = runtime;
    expectTrace(runtime.module);
    this.#hasOwnRing = (runtime.added.traceCapacity ?? 0) === 0;
    if (this.#hasOwnRing) runtime.expectSound(port.keep_events(CAPACITY));
    this.#readSeq = port.count(CounterCode.events);
    for (const table of [runtime.scopes, runtime.tasks, runtime.hostOps]) {
      for (const record of table) {
        if (record !== undefined) this.#names.set(record.id, namesOf(record));
      }
    }
    // Some changes need no turn of the kernel: the snapshots' subscribers learn of them too.
    this.#stopSnapshots = subscribeSnapshots(runtime, () => this.publish());
  }

  add(listener: (batch: EventBatch) => void): void {
    this.#listeners.add(listener);
  }

  /** Takes a listener back, and ends with the last one. */
  remove(listener: (batch: EventBatch) => void): void {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
    const runtime = this.#runtime;
    this.#stopSnapshots();
    if (this.#hasOwnRing) runtime.port.keep_events(0);
    runtime.eventReader = undefined;
  }

  /** Reads what is new. Called before a batch is delivered: who ends in it has its name still. */
  collect(): void {
    const numbers = this.#runtime.port.events(this.#readSeq);
    for (let at = 0; at < numbers.length; at += EVENT_NUMBERS) {
      const seq = numbers[at] as number;
      this.#dropped += seq - this.#readSeq - 1;
      this.#readSeq = seq;
      const kind = KINDS[numbers[at + 2] as number];
      if (kind === undefined) continue;
      if (this.#pending.length >= PENDING_MAX) this.#dropped += 1;
      else this.#pending.push(this.#labelled(numbers, at, kind));
    }
  }

  /** What happened and was not told yet, oldest first. */
  get untold(): readonly LabelledEvent[] {
    this.collect();
    return this.#pending;
  }

  /** Tells what was read. Asked for by one who is being told, it waits for the next time. */
  publish(): void {
    if (this.#isTelling) return;
    this.collect();
    const events = this.#pending;
    const dropped = this.#dropped;
    if (events.length === 0 && dropped === 0) return;
    this.#pending = [];
    this.#dropped = 0;
    const batch = Object.freeze({ events: Object.freeze(events), dropped });
    this.#isTelling = true;
    for (const listener of [...this.#listeners]) {
      try {
        listener(batch);
      } catch (error) {
        this.#runtime.unobserved.reportListener(error);
      }
    }
    this.#isTelling = false;
  }

  #labelled(numbers: Float64Array, at: number, kind: EventKind): LabelledEvent {
    const subject = numbers[at + 3] as number;
    const { label, owner } = this.#namesOf(subject);
    if (LAST_KINDS.has(kind)) this.#names.delete(subject);
    return Object.freeze({
      seq: numbers[at] as number,
      at: numbers[at + 1] as number,
      kind,
      subject,
      detail: numbers[at + 4] as number,
      type: typeOf(subject),
      label,
      owner,
    });
  }

  #namesOf(subject: number): Names {
    const known = this.#names.get(subject);
    if (known !== undefined) return known;
    const record = this.#tableOf(subject)?.[indexOf(subject)];
    if (record?.id !== subject) return NAMELESS;
    const names = namesOf(record);
    this.#names.set(subject, names);
    return names;
  }

  /** The table of what has a label. */
  #tableOf(subject: number): readonly (Labelled | undefined)[] | undefined {
    switch (typeOf(subject)) {
      case "task":
        return this.#runtime.tasks;
      case "scope":
        return this.#runtime.scopes;
      case "host-op":
        return this.#runtime.hostOps;
      default:
        return undefined;
    }
  }
}

type Labelled = TaskRecord | ScopeRecord | HostRecord;

interface Names {
  readonly label: string;
  readonly owner: string;
}

const NAMELESS: Names = { label: "", owner: "" };

function namesOf(record: Labelled): Names {
  const { label } = record;
  if (record instanceof TaskRecord) return { label, owner: record.scope.label };
  if (record instanceof HostRecord) return { label, owner: record.task.label };
  return { label, owner: (record.owner ?? record.parent)?.label ?? "" };
}

function typeOf(subject: number): SubjectType {
  return TYPES[kindOf(subject) ?? HandleKindCode.obligation];
}

/** After these nothing more is said of their subject. */
const LAST_KINDS: ReadonlySet<EventKind> = new Set<EventKind>([
  "taskCompleted",
  "regionClosed",
  "hostOpCompleted",
  "hostOpRevoked",
]);

const KINDS: { readonly [code: number]: EventKind } = Object.fromEntries(
  Object.entries(EventCode).map(([name, code]) => [code, name as EventKind]),
);

const TYPES: { readonly [K in HandleKindCode]: SubjectType } = {
  [HandleKindCode.region]: "scope",
  [HandleKindCode.task]: "task",
  [HandleKindCode.hostOp]: "host-op",
  [HandleKindCode.obligation]: "obligation",
  [HandleKindCode.semaphore]: "semaphore",
};
