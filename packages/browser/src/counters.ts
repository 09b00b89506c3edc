/** Owns `runtime.counters()`: how many there are, and have been. */
import { CounterCode } from "@asupersync/browser-core";
import { addToRuntime, type RuntimeRecord } from "./runtime-record.js";

addToRuntime("counters", countersOf);

declare module "./runtime.js" {
  interface Runtime {
    counters(): Counters;
  }
}

/** Totals since the runtime was made, and what is live now. */
export interface Counters {
  readonly tasks: number;
  readonly scopes: number;
  readonly hostOps: number;
  readonly timers: number;
  /** Promises to act that are neither kept nor taken back: requests and other host operations too. */
  readonly obligations: number;
  readonly tasksSpawned: number;
  readonly tasksCompleted: number;
  readonly tasksCancelled: number;
  readonly tasksRevoked: number;
  readonly hostOpsRevoked: number;
  readonly obligationsLeaked: number;
  readonly dispatches: number;
  readonly events: number;
  /** Events that the trace no longer holds. */
  readonly eventsDropped: number;
}

function countersOf({ port }: RuntimeRecord): Counters {
  return Object.freeze({
    tasks: port.count(CounterCode.tasksLive),
    scopes: port.count(CounterCode.regionsLive),
    hostOps: port.count(CounterCode.hostOpsLive),
    timers: port.count(CounterCode.timersLive),
    obligations: port.count(CounterCode.obligationsLive),
    tasksSpawned: port.count(CounterCode.tasksSpawned),
    tasksCompleted: port.count(CounterCode.tasksCompleted),
    tasksCancelled: port.count(CounterCode.tasksCancelled),
    tasksRevoked: port.count(CounterCode.tasksRevoked),
    hostOpsRevoked: port.count(CounterCode.hostOpsRevoked),
    obligationsLeaked: port.count(CounterCode.obligationsLeaked),
    dispatches: port.count(CounterCode.dispatches),
    events: port.count(CounterCode.events),
    eventsDropped: port.count(CounterCode.eventsDropped),
  });
}
