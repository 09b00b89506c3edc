/** Owns `cx.timeout`: a body that is cancelled after its time. */
import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import type { Body } from "../body.js";
import { makeCancelledError } from "../cancel.js";
import { TimeoutError } from "../errors.js";
import type { Op, OpRecord } from "../op.js";
import type { TaskRecord } from "../task.js";
import { checkBody, checkDuration } from "../validate.js";
import { Composite } from "./composite.js";

/** See {@link Cx.timeout}. */
export function timeoutOp<T>(task: TaskRecord, ms: number, body: Body<T>): Op<T> {
  const limitMs = checkDuration(ms, "timeout", typeof ms === "function" ? SWAPPED : undefined);
  checkBody(body);
  return new Timeout(task, limitMs).start([body]);
}

const SWAPPED = "pass the milliseconds first: cx.timeout(ms, body)";

class Timeout extends Composite {
  readonly #limitMs: number;

  constructor(task: TaskRecord, limitMs: number) {
    super(task, { policy: PolicyCode.failFast, flags: 0, label: `timeout ${limitMs} ms`, limitMs });
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
