/** Owns one attempt at a body: a drained wait that gives the attempt's task, however it ended. */
import { PolicyCode } from "@asupersync/browser-core";
import type { Body } from "../body.js";
import type { Cx } from "../cx.js";
import type { Op, OpRecord } from "../op.js";
import type { TaskRecord } from "../task.js";
import { Composite, openBranches } from "./composite.js";

/** A body that may be run many times; `attempt` counts from 1. */
export type AttemptBody<T> = (
  cx: Cx,
  attempt: number,
) => Generator<Op<unknown>, T, unknown> | PromiseLike<T> | T;

/** Runs `body` for the `attempt`th time, as a task of its own. It fails only if that cannot start. */
export function attemptOp(
  task: TaskRecord,
  body: AttemptBody<unknown>,
  attempt: number,
): Op<TaskRecord> {
  const setup = { policy: PolicyCode.failFast, flags: 0, label: `attempt ${attempt}` };
  return new Attempt(task, openBranches(task, setup)).start([attemptBody(body, attempt)], {
    label: attemptLabel(body),
  });
}

/** `body` as that of a task, for the `attempt`th time. */
export function attemptBody<T>(body: AttemptBody<T>, attempt: number): Body<T> {
  return (cx) => body(cx, attempt);
}

/** The label of the task that runs `body`, which has no name of its own there. */
export function attemptLabel(body: AttemptBody<unknown>): string {
  return body.name || "attempt";
}

class Attempt extends Composite {
  protected override get givesAll(): boolean {
    return true;
  }

  protected override decide(op: OpRecord): void {
    this.ownCancellation();
    const [branch] = this.branches;
    if (branch === undefined) this.failCancelled(op);
    else op.fulfil(branch);
  }
}
