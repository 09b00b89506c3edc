/** Owns `cx.foreign`: somebody else's promise, with a signal that reaches it and a drain that waits for it. */
import { HostKindCode } from "@asupersync/browser-core";
import { checkActive } from "./active.js";
import { refusal } from "./errors.js";
import { HostRecord, HostResult } from "./host-op.js";
import { closeOp, type Op, openOp } from "./op.js";
import type { TaskRecord } from "./task.js";
import { checkLabel, checkOptions, invalidArgument } from "./validate.js";

/** How a foreign operation is set up. */
export interface ForeignOptions {
  /** Its name in snapshots and reports; 200 characters are kept. Default: the function's name. */
  readonly label?: string;
}

const FOREIGN_OPTIONS = ["label"] as const satisfies readonly (keyof ForeignOptions)[];

/** See {@link Cx.foreign}. */
export function foreignOp<T>(
  task: TaskRecord,
  start: (signal: AbortSignal) => PromiseLike<T>,
  options?: ForeignOptions,
): Op<T> {
  checkActive(task);
  if (typeof start !== "function") {
    const mend = "pass (signal) => promise, so that the signal reaches the work";
    throw invalidArgument(start, "a function that gives a promise", mend);
  }
  checkOptions(options, FOREIGN_OPTIONS, "foreign options");
  const label = checkLabel(options?.label) ?? (start.name || "foreign");
  const { port } = task.scope.runtime;
  const host = new HostRecord(task, HostKindCode.foreign, label);
  const op = openOp<T>(task, host);
  const handle = port.host_open(task.handle, op.token, HostKindCode.foreign);
  if (handle < 0) {
    closeOp(op);
    throw refusal(handle, `task "${task.label}"`);
  }
  // 0: the task is cancelled. Nothing is started, and the wait fails in the next turn.
  if (handle > 0) {
    host.opened(handle);
    host.controller = new AbortController();
    follow(host, start, host.controller.signal);
  }
  return op;
}

function follow(
  host: HostRecord,
  start: (signal: AbortSignal) => PromiseLike<unknown>,
  signal: AbortSignal,
): void {
  const succeed = (value: unknown): void => host.complete(HostResult.ok, value);
  const fail = (error: unknown): void => host.complete(HostResult.err, error);
  try {
    Promise.resolve(start(signal)).then(succeed, fail);
  } catch (error) {
    // Thrown before there was a promise: the same as its rejection.
    fail(error);
  }
}
