/** Owns what a runtime tells of its past: the events that its trace holds, and the hashes of its run. */
import "./options.js";
import { EventCode } from "@asupersync/browser-core";
import { addToRuntime, expectTrace, type RuntimeRecord } from "../runtime-record.js";

addToRuntime("events", eventsOf);
addToRuntime("fingerprint", ({ port, module }) => {
  expectTrace(module);
  return hashText(port.fingerprint());
});
addToRuntime("certificate", ({ port }) => hashText(port.certificate()));

declare module "../runtime.js" {
  interface Runtime {
    /**
     * Hash of what happened, up to the order of independent events: equal for equal behaviour. 16 digits.
     * What the clock decides is an input: a slice (`sliceMs`) that ends elsewhere is another run.
     *
     * @throws {AsupersyncError} `TRACE_ABSENT` of the kernel `coreMin`.
     */
    fingerprint(): string;
    /** Hash of the exact schedule. 16 digits. */
    certificate(): string;
    /** The events that the trace still holds, oldest first. Empty without the `trace` option. */
    events(): TraceEvent[];
  }
}

/** One recorded transition. */
export interface TraceEvent {
  /** Number of the event in its run, from 1. */
  readonly seq: number;
  /** Runtime time in milliseconds. */
  readonly at: number;
  readonly kind: keyof typeof EventCode;
  /** `id` of the task, scope or host operation. */
  readonly subject: number;
  /** What it means depends on the kind: a lane, a cancel kind, an outcome. */
  readonly detail: number;
}

function eventsOf({ port }: RuntimeRecord): TraceEvent[] {
  const numbers = port.events(0);
  const events: TraceEvent[] = [];
  for (let at = 0; at < numbers.length; at += EVENT_NUMBERS) {
    const [seq, atMs, kind, subject, detail] = numbers.subarray(at) as unknown as FiveNumbers;
    const name = EVENT_NAMES[kind];
    if (name !== undefined) events.push({ seq, at: atMs, kind: name, subject, detail });
  }
  return events;
}

const EVENT_NUMBERS = 5;
type FiveNumbers = readonly [number, number, number, number, number];

const EVENT_NAMES: { readonly [code: number]: keyof typeof EventCode } = Object.fromEntries(
  Object.entries(EventCode).map(([name, code]) => [code, name as keyof typeof EventCode]),
);

function hashText(hash: bigint): string {
  return BigInt.asUintN(64, hash).toString(16).padStart(16, "0");
}
