/** Owns `cx.idle`: the wait for a moment in which the page has nothing better to do. */
import { checkActive } from "../active.js";
import { addOperation } from "../cx.js";
import { refusal } from "../errors.js";
import { closeOp, type Op, type OpRecord, openOp } from "../op.js";
import type { TaskRecord } from "../task.js";
import { checkDuration, checkOptions } from "../validate.js";
import { callbackOp } from "./callback.js";

/** How a wait for an idle moment is set up. */
export interface IdleOptions {
  /** Milliseconds after which it goes on although the page is busy; finite, at least 0. */
  readonly timeoutMs?: number;
}

/** A moment in which the page is idle. */
export interface IdleTime {
  /** Whether it goes on for `timeoutMs` alone, on a page that is busy. */
  readonly didTimeout: boolean;
  /** Whether the host told of it. Where no host does, as in Node and Safari, it is a guess. */
  readonly isNative: boolean;
  /** Milliseconds that are left of it, from 0 to 50. */
  timeRemaining(): number;
}

addOperation("idle", idleOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Waits until the page is idle, as `requestIdleCallback` does. Where the host has no such thing, it
     * waits until others had their turn, a millisecond at least, and the moment lasts 50 ms.
     *
     * @example
     * ```ts
     * const moment = await cx.idle({ timeoutMs: 2_000 });
     * while (queue.length > 0 && moment.timeRemaining() > 5) index(queue.pop());
     * ```
     * @throws {AsupersyncError} `INVALID_NUMBER`, `INVALID_ARGUMENT`.
     */
    idle(options?: IdleOptions): Op<IdleTime>;
  }
}

const IDLE_OPTIONS = ["timeoutMs"] as const satisfies readonly (keyof IdleOptions)[];

/** What the host's own limit of milliseconds can be. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** How long a moment lasts: the longest that https://w3c.github.io/requestidlecallback/ allows. */
const MOMENT_MS = 50;

function idleOp(task: TaskRecord, options?: IdleOptions): Op<IdleTime> {
  checkOptions(options, IDLE_OPTIONS, "idle options");
  const asked = options?.timeoutMs;
  const timeout = asked === undefined ? undefined : checkDuration(asked, "timeoutMs");
  const { requestIdleCallback, cancelIdleCallback } = globalThis;
  if (typeof requestIdleCallback !== "function") return guessedIdleOp(task);
  return callbackOp<IdleTime>(task, "idle", (resolve) => {
    const how = timeout === undefined ? {} : { timeout: Math.min(timeout, TIMEOUT_MS_MAX) };
    const id = requestIdleCallback((deadline) => resolve(nativeTime(deadline)), how);
    return () => cancelIdleCallback(id);
  });
}

function guessedIdleOp(task: TaskRecord): Op<IdleTime> {
  checkActive(task);
  const op = openOp<IdleTime>(task, GUESS);
  const answer = task.scope.runtime.port.task_sleep(task.handle, 1, op.token);
  if (answer < 0) {
    closeOp(op);
    throw refusal(answer, `task "${task.label}"`);
  }
  return op;
}

const GUESS = {
  finish(op: OpRecord): void {
    const { port } = op.task.scope.runtime;
    const endMs = port.now() + MOMENT_MS;
    const timeRemaining = (): number => Math.max(0, endMs - port.now());
    op.fulfil({ didTimeout: false, isNative: false, timeRemaining });
  },
};

function nativeTime(deadline: IdleDeadline): IdleTime {
  const { didTimeout } = deadline;
  return { didTimeout, isNative: true, timeRemaining: () => deadline.timeRemaining() };
}
