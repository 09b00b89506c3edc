/** Owns `cx.timeout`: a body that is cancelled after its time. */

import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import type { Body } from "../body.js";
import { makeCancelledError } from "../cancel.js";
import { addOperation } from "../cx.js";
import type { Op, OpRecord } from "../op.js";
import type { ScopeRecord } from "../scope.js";
import { keepShape } from "../shapes.js";
import type { TaskRecord } from "../task.js";
import { TimeoutError } from "../timeout-error.js";
import { checkBody, checkDuration } from "../validate.js";
import { Composite, openBranches } from "./composite.js";

addOperation("timeout", timeoutOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Runs `body` and cancels it after its time. A value that it still gives is not lost; otherwise it
     * fails with {@link TimeoutError} when the body has drained. Of nested timeouts the smaller one wins.
     *
     * @example
     * ```ts
     * const user = await cx.timeout(2_000, loadUser);
     * ```
     * @param ms Milliseconds, finite and at least 0; 0 lets the body start only if it does so first.
     * @throws {AsupersyncError} `INVALID_NUMBER`, `INVALID_ARGUMENT`.
     */
    timeout<T>(ms: number, body: Body<T>): Op<T>;
  }
}

/** See {@link Cx.timeout}. */
export function timeoutOp<T>(task: TaskRecord, ms: number, body: Body<T>): Op<T> {
  const limitMs = checkDuration(ms, "timeout", typeof ms === "function" ? SWAPPED : undefined);
  checkBody(body);
  const label = `timeout ${limitMs} ms`;
  const setup = { policy: PolicyCode.failFast, flags: 0, label, limitMs };
  keepShape(task.scope.runtime, idleTimeout);
  return new Timeout(task, openBranches(task, setup), limitMs).start([body]);
}

const SWAPPED = "pass the milliseconds first: cx.timeout(ms, body)";

class Timeout extends Composite {
  readonly #limitMs: number;

  constructor(task: TaskRecord, scope: ScopeRecord, limitMs: number) {
    super(task, scope);
    this.#limitMs = limitMs;
  }

  protected override decide(op: OpRecord): void {
    this.ownCancellation();
    const { reason } = this.scope;
    const [branch] = this.branches;
    const isCancelled = branch === undefined || branch.code === OutcomeCode.cancelled;
    if (!isCancelled) this.followBranch(op, branch);
    else if (reason?.kind === "timeout") {
      op.fail(
        new TimeoutError("TIMEOUT", `no value in ${this.#limitMs} ms`, {
          cause: makeCancelledError(reason),
        }),
      );
    } else this.failCancelled(op);
  }
}

function idleTimeout(task: TaskRecord): Timeout {
  return new Timeout(task, task.scope, 0);
}
