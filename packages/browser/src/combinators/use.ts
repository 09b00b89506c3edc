/** Owns `cx.use`: a resource that is released at the end of the task, however that ends. */
import { OutcomeCode, OwnershipFlag, PolicyCode } from "@asupersync/browser-core";
import { checkActive } from "../active.js";
import type { Body } from "../body.js";
import { addOperation, type Cx } from "../cx.js";
import { deferTo } from "../defer.js";
import { ASYNC_DISPOSE, DISPOSE } from "../dispose.js";
import { CHECKPOINT, type Op, OpRecord } from "../op.js";
import type { Outcome } from "../outcome.js";
import { Phase, type TaskRecord } from "../task.js";
import { checkBody, checkKeys, checkLabel, checkListener, invalidArgument } from "../validate.js";
import { openBranches } from "./composite.js";
import { SingleBranch } from "./scope-op.js";

addOperation("use", useOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Takes a resource that is disposed of at the end of the task, however that ends: what
     * `await using` does at the end of a block. `Symbol.asyncDispose` goes before `Symbol.dispose`.
     *
     * @example
     * ```ts
     * const file = await cx.use(await cx.foreign(() => openFile()));
     * ```
     * @throws {AsupersyncError} `INVALID_ARGUMENT`.
     */
    use<R extends Disposable | AsyncDisposable>(resource: R): Op<R>;
    /**
     * Acquires a resource, and releases it at the end of the task, however that ends: once the body
     * and all children have ended, in turn with what {@link CoreCx.defer} has registered, the last one
     * first. A release that fails makes the task `panicked`; the others run all the same.
     *
     * Both run shielded from cancellation, within the drain time, so that none is left half acquired or
     * held. In a task that was cancelled before, nothing is acquired.
     *
     * @example
     * ```ts
     * const tx = await cx.use({
     *   acquire: () => begin(),
     *   release: (_cx, tx, outcome) => (outcome.kind === "ok" ? tx.commit() : tx.rollback()),
     * });
     * ```
     * @throws {AsupersyncError} `INVALID_ARGUMENT`.
     */
    use<R>(acquisition: Acquisition<R>): Op<R>;
  }
}

/** How a resource is acquired and released. */
export interface Acquisition<R> {
  /** Gives the resource. What it throws is what the operation fails with; nothing is released then. */
  readonly acquire: Body<R>;
  /** Releases it. `outcome` is what the task has come to by then, later finalizers left aside. */
  readonly release: (
    cx: Cx,
    resource: R,
    outcome: Outcome<unknown>,
  ) => Generator<Op<unknown>, unknown, unknown> | PromiseLike<unknown> | unknown;
  /** Its name in snapshots; 200 characters are kept. Default `use`. */
  readonly label?: string;
}

const ACQUISITION = [
  "acquire",
  "release",
  "label",
] as const satisfies readonly (keyof Acquisition<never>)[];

/** See {@link Cx.use}. */
function useOp<R>(task: TaskRecord, resource: R | Acquisition<R>): Op<R> {
  checkActive(task);
  const dispose = disposerOf(resource);
  if (dispose !== undefined) {
    deferTo(task, () => dispose.call(resource));
    const op = new OpRecord<R>(task, CHECKPOINT, undefined);
    op.fulfil(resource);
    return op;
  }
  const { acquire, release, label } = checkAcquisition(resource as Acquisition<R>);
  // A cancelled task acquires nothing more. What its finalizers open is shielded in any case.
  const flags = task.cancellation === undefined ? OwnershipFlag.shielded : 0;
  const acquiring = new Acquiring(
    task,
    openBranches(task, {
      policy: PolicyCode.failFast,
      flags,
      label: checkLabel(label) ?? "use",
    }),
  );
  // First, so that what is acquired is released even if nobody waits for it.
  deferTo(task, (cx) => {
    const acquired = acquiring.acquired;
    return acquired && release(cx, acquired.value as R, outcomeSoFar(task));
  });
  return acquiring.start([acquire]);
}

function disposerOf(resource: unknown): (() => unknown) | undefined {
  if (typeof resource !== "object" || resource === null) return undefined;
  const { [ASYNC_DISPOSE]: later, [DISPOSE]: now } = resource as Partial<
    Disposable & AsyncDisposable
  >;
  const dispose = later ?? now;
  return typeof dispose === "function" ? dispose : undefined;
}

function checkAcquisition<R>(acquisition: Acquisition<R>): Acquisition<R> {
  if (typeof acquisition !== "object" || acquisition === null) {
    const mend = "pass what has Symbol.asyncDispose or Symbol.dispose, or { acquire, release }";
    throw invalidArgument(acquisition, "a resource", mend);
  }
  checkKeys(acquisition, ACQUISITION, "a resource that can be disposed of, or an object");
  checkBody(acquisition.acquire);
  checkListener(acquisition.release, "release");
  return acquisition;
}

class Acquiring extends SingleBranch {
  /** The task that acquired it, once it has. */
  get acquired(): TaskRecord | undefined {
    const [branch] = this.branches;
    return branch?.phase === Phase.completed && branch.code === OutcomeCode.ok ? branch : undefined;
  }
}

/** What `task`, whose body and children have ended, has come to. As the kernel will decide it. */
function outcomeSoFar(task: TaskRecord): Outcome<unknown> {
  const failures = task.extras?.failures;
  const panic = task.extras?.panic ?? failures?.panic;
  if (panic !== undefined) return { kind: "panicked", panic };
  // A cancellation that the body has not observed changes nothing any more.
  const cancel = task.cancelError && (task.cancellation ?? task.cancelError).cancel;
  const isByOwnChild = failures !== undefined && cancel?.kind === "fail-fast";
  if (cancel !== undefined && !isByOwnChild) return { kind: "cancelled", cancel };
  if (failures !== undefined) return { kind: "err", error: failures.first, ...failures.rest };
  const { code, value } = task;
  return code === OutcomeCode.ok ? { kind: "ok", value } : { kind: "err", error: value };
}
