/**
 * The door for the module of a worker: everything that may be imported from `@asupersync/browser/worker`.
 * Its modules name no file and import none later, so that every bundler takes them as they are.
 */
/// <reference lib="esnext.disposable" preserve="true" />
import "../operations.js";

export type { Body } from "../body.js";
export { type CancelInfo, type CancelKind, CancelledError, describeCancel } from "../cancel.js";
export { AllFailedError } from "../combinators/all-failed-error.js";
export type { Cx } from "../cx.js";
export { AsupersyncError, type ErrorCode } from "../errors.js";
export type { Op } from "../op.js";
export { describeOutcome, type Outcome } from "../outcome.js";
export { TimeoutError } from "../timeout-error.js";
export { defineTasks } from "./define-tasks.js";
export type {
  InputOf,
  OutputOf,
  ReportOf,
  WorkerCx,
  WorkerTask,
  WorkerTasks,
} from "./task-types.js";
export { transfer } from "./transfer.js";
