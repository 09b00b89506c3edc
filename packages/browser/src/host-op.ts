/** Owns the record of a host operation: work outside the kernel, on behalf of one task. */
import type { HostKindCode } from "@asupersync/browser-core";
import { abortReason } from "./abort-reason.js";
import type { CancelledError } from "./cancel.js";
import { refusal } from "./errors.js";
import { indexOf } from "./handle.js";
import { closeOp, type OpRecord, type OpSource, openOp } from "./op.js";
import type { TaskRecord } from "./task.js";

/** Where a host operation stands; a live one is `submitted`, or `draining` once it was aborted. */
export type HostOpState =
  | "created"
  | "submitted"
  | "cancel-requested"
  | "draining"
  | "finalizing"
  | "completed";

/** What the kernel is told of a result. */
export const HostResult = { ok: 0, err: 1 } as const;
export type HostResult = (typeof HostResult)[keyof typeof HostResult];

/** A host operation as the SDK knows it. The value of its result never crosses to the kernel. */
export class HostRecord implements OpSource {
  /** 0 until the kernel has opened it. */
  handle = 0;
  readonly task: TaskRecord;
  readonly kind: HostKindCode;
  readonly label: string;
  controller: AbortController | undefined = undefined;
  #result: unknown = undefined;

  constructor(task: TaskRecord, kind: HostKindCode, label: string) {
    this.task = task;
    this.kind = kind;
    this.label = label;
  }

  /** The kernel opened it. */
  opened(handle: number): void {
    const { runtime } = this.task.scope;
    this.handle = handle;
    runtime.hostOps[indexOf(handle)] = this;
    runtime.snapshots?.touch();
  }

  get id(): number {
    return this.handle;
  }

  /** Gives the wait its result; the operation stays open. Too late, it changes nothing. */
  notify(code: HostResult, result: unknown): void {
    this.#result = result;
    this.task.scope.runtime.port.host_notify(this.handle, code);
  }

  /** Gives the wait its result and ends the operation. Too late, it changes nothing. */
  complete(code: HostResult, result: unknown): void {
    this.#result = result;
    this.conclude(code);
  }

  /** Ends the operation, of which nothing is waited for. A result that is on its way stays. */
  conclude(code: HostResult): void {
    // A refusal says that it was let go meanwhile: a late result is to be swallowed.
    this.task.scope.runtime.port.host_complete(this.handle, code);
    this.forget();
  }

  /** The kernel orders it to be aborted. */
  abort(reason: CancelledError): void {
    this.controller?.abort(abortReason(reason));
  }

  /** Calls somebody's clean-up. What it throws, now or by its promise, is told and stops nothing. */
  cleanUp(call: () => unknown): PromiseLike<void> | undefined {
    const { unobserved } = this.task.scope.runtime;
    const tell = (error: unknown): void => unobserved.reportCleanUp(this.task, error);
    try {
      const result = call() as PromiseLike<unknown> | undefined;
      if (typeof result?.then === "function") return Promise.resolve(result).then(ignore, tell);
    } catch (error) {
      tell(error);
    }
    return undefined;
  }

  /** Takes it out of the table. */
  forget(): void {
    const { hostOps } = this.task.scope.runtime;
    const index = indexOf(this.handle);
    if (hostOps[index] === this) hostOps[index] = undefined;
  }

  finish(op: OpRecord, aux: number): void {
    const result = this.#result;
    this.#result = undefined;
    if (aux === HostResult.ok) op.fulfil(result);
    else op.fail(result);
  }
}

/**
 * Has the kernel open `host`, and waits for its first result. The task may be cancelled: then `handle`
 * stays 0, nothing may be started, and the wait fails in the next turn.
 *
 * @throws {AsupersyncError} What the kernel refuses.
 */
export function openHost<T>(host: HostRecord): OpRecord<T> {
  const op = openOp<T>(host.task, host);
  const handle = host.task.scope.runtime.port.host_open(host.task.handle, op.token, host.kind);
  if (handle < 0) {
    closeOp(op);
    throw refusal(handle, `task "${host.task.label}"`);
  }
  if (handle > 0) host.opened(handle);
  return op;
}

const ignore = (): void => undefined;
