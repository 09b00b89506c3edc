/** Owns the signals of tasks and scopes, for somebody else's code: made when first asked for. */
import { HostKindCode } from "@asupersync/browser-core";
import { abortReason } from "./abort-reason.js";
import { checkActive } from "./active.js";
import { addGetter } from "./add-member.js";
import type { CancelledError } from "./cancel.js";
import { addFact } from "./cx.js";
import { refusal } from "./errors.js";
import { HostRecord } from "./host-op.js";
import { CHECKPOINT } from "./op.js";
import type { RuntimeRecord, SignalWatch } from "./runtime-record.js";
import { ScopeRecord } from "./scope.js";
import { Phase, TaskRecord } from "./task.js";

addFact("signal", signalOf);
addGetter(TaskRecord.prototype, "signal", watchedTask);
addGetter(ScopeRecord.prototype, "signal", watchedScope);

declare module "./cx.js" {
  interface Cx {
    /**
     * Aborts when the task is cancelled, for code that takes a signal. Its `reason` is what such code
     * expects: a `DOMException` named `AbortError`, or `TimeoutError` when time ran out, with the
     * {@link CancelledError} as `cause`. Made when first asked for. `cx.fetch` and `cx.foreign` have their
     * own.
     */
    readonly signal: AbortSignal;
  }
}

declare module "./task.js" {
  interface Task<T> {
    /**
     * Aborts when the task is cancelled, for code that takes a signal: see {@link Cx.signal}, which is the
     * same one. Made when first asked for; it stays silent when the task ends otherwise.
     */
    readonly signal: AbortSignal;
  }
}

declare module "./scope.js" {
  interface Scope {
    /**
     * Aborts when the scope is cancelled, from here or from above, for code that takes a signal. Its
     * `reason` is an `AbortError`, or a `TimeoutError` when time ran out, with the {@link CancelledError} as
     * `cause`. Made when first asked for; it stays silent when the scope closes otherwise.
     */
    readonly signal: AbortSignal;
  }
}

/** See {@link Cx.signal}. */
export function signalOf(task: TaskRecord): AbortSignal {
  const made = task.extras?.controller;
  if (made !== undefined) return made.signal;
  checkActive(task);
  const { port } = task.scope.runtime;
  // A passive operation: it holds nothing up, so nothing waits for it.
  const handle = port.host_open(task.handle, CHECKPOINT, HostKindCode.signal);
  if (handle < 0) throw refusal(handle, `task "${task.label}"`);
  const controller = new AbortController();
  task.more().controller = controller;
  if (handle === 0) {
    const { cancellation } = task;
    controller.abort(cancellation && abortReason(cancellation));
    return controller.signal;
  }
  const host = new HostRecord(task, HostKindCode.signal, "signal");
  host.controller = controller;
  host.opened(handle);
  return controller.signal;
}

function watchedTask(task: TaskRecord): AbortSignal {
  const extras = task.more();
  extras.controller ??= watchedOf(task.scope.runtime).watch(task, task.phase >= Phase.completed);
  return extras.controller.signal;
}

function watchedScope(scope: ScopeRecord): AbortSignal {
  scope.controller ??= watchedOf(scope.runtime).watch(scope, scope.stage === "closed");
  return scope.controller.signal;
}

function watchedOf(runtime: RuntimeRecord): WatchedSignals {
  runtime.signals ??= new WatchedSignals();
  return runtime.signals as WatchedSignals;
}

/** A task or scope that was asked for its signal from outside. */
interface Watched {
  /** Why it is cancelled; undefined as long as it is not. */
  readonly cancellation: CancelledError | undefined;
}

/**
 * The signals that were asked for from outside. No operation of the kernel stands for one, since a
 * scope has none and a task only while it runs: each is looked at after every delivery.
 */
class WatchedSignals implements SignalWatch {
  readonly #controllers = new Map<Watched, AbortController>();
  #check: "none" | "later" = "none";

  /** Makes the signal of `watched`, which may be over or cancelled already. */
  watch(watched: Watched, isOver: boolean): AbortController {
    const controller = new AbortController();
    const { cancellation } = watched;
    if (cancellation !== undefined) controller.abort(abortReason(cancellation));
    else if (!isOver) this.#controllers.set(watched, controller);
    return controller;
  }

  /** Something was asked to cancel. What cannot run for it is in no delivery. */
  checkLater(): void {
    if (this.#controllers.size === 0 || this.#check === "later") return;
    this.#check = "later";
    queueMicrotask(() => {
      this.#check = "none";
      this.check();
    });
  }

  /** Aborts the signals of what is cancelled. O(signals that are live). */
  check(): void {
    for (const watched of this.#controllers.keys()) this.#abort(watched);
  }

  /** Nothing will cancel `watched` any more. */
  ended(watched: Watched): void {
    this.#abort(watched);
    this.#controllers.delete(watched);
  }

  #abort(watched: Watched): void {
    const { cancellation } = watched;
    if (cancellation === undefined) return;
    const controller = this.#controllers.get(watched);
    this.#controllers.delete(watched);
    controller?.abort(abortReason(cancellation));
  }
}
