/**
 * The small door: runtimes whose `cx` has what {@link CoreCx} names, and nothing that an app did not ask for.
 * Each further operation is loaded by a line of its own, such as
 * `import "@asupersync/browser/operations/fetch"`.
 */
/// <reference lib="esnext.disposable" preserve="true" />
export type { Body, BodyValue, Finalizer } from "./body.js";
export {
  type CancelInfo,
  type CancelKind,
  CancelledError,
  type CancelRequest,
  type CancelRequestKind,
  describeCancel,
} from "./cancel.js";
export { createRuntime } from "./create-runtime.js";
export type { CoreCx, Cx } from "./cx.js";
export { AsupersyncError, type ErrorCode, TimeoutError } from "./errors.js";
export type { Op } from "./op.js";
export { describeOutcome, type Outcome, type PanicInfo } from "./outcome.js";
export type { CloseReport } from "./report.js";
export type { Runtime, RuntimeOptions } from "./runtime.js";
export type { Scope } from "./scope.js";
export type { ScopeOptions } from "./scope-options.js";
export type { Task, TaskOptions } from "./task.js";
