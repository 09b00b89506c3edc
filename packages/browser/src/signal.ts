/** Owns `cx.signal`: an `AbortSignal` for somebody else's code, made when first asked for. */
import { HostKindCode } from "@asupersync/browser-core";
import { checkActive } from "./active.js";
import { refusal } from "./errors.js";
import { HostRecord } from "./host-op.js";
import { CHECKPOINT } from "./op.js";
import type { TaskRecord } from "./task.js";

/** See {@link Cx.signal}. */
export function signalOf(task: TaskRecord): AbortSignal {
  const made = task.extras?.controller;
  if (made !== undefined) return made.signal;
  checkActive(task);
  const { port, reasons } = task.scope.runtime;
  // A passive operation: it holds nothing up, so nothing waits for it.
  const handle = port.host_open(task.handle, CHECKPOINT, HostKindCode.signal);
  if (handle < 0) throw refusal(handle, `task "${task.label}"`);
  const controller = new AbortController();
  task.more().controller = controller;
  if (handle === 0) {
    const reason = port.task_reason(task.handle);
    controller.abort(reason === 0 ? task.cancelError : reasons.errorFor(reason));
    return controller.signal;
  }
  const host = new HostRecord(task, HostKindCode.signal, "signal");
  host.controller = controller;
  host.opened(handle);
  return controller.signal;
}
