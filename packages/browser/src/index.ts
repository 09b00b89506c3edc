/** The package's public door: everything that may be imported from `@asupersync/browser`. */
import "./combinators/any.js";
import "./fetch/fetch.js";

export type { WasmSource } from "@asupersync/browser-core";
export type { Body, BodyValue, Finalizer } from "./body.js";
export {
  type CancelInfo,
  type CancelKind,
  CancelledError,
  type CancelRequest,
  type CancelRequestKind,
  describeCancel,
} from "./cancel.js";
export type { BranchesOptions } from "./combinators/all.js";
export type { CoreCx, Cx } from "./cx.js";
export type { Warning } from "./development/warnings.js";
export { AllFailedError, AsupersyncError, type ErrorCode, TimeoutError } from "./errors.js";
export type { FetchResponse, ResponseBody } from "./fetch/response.js";
export type { ForeignOptions } from "./foreign.js";
export type { HostOpState } from "./host-op.js";
export type { ObligationKind, ObligationState } from "./obligation.js";
export type { Op } from "./op.js";
export { describeOutcome, type Outcome, type PanicInfo } from "./outcome.js";
export type { CloseReport, Leaked, Revoked } from "./report.js";
export {
  type Counters,
  createRuntime,
  type Runtime,
  type RuntimeOptions,
  type RuntimeState,
  type TraceEvent,
} from "./runtime.js";
export type { Scope, ScopeOptions, ScopePolicy, ScopeState } from "./scope.js";
export type {
  HostOpNode,
  ObligationNode,
  RuntimeSnapshot,
  ScopeNode,
  TaskNode,
} from "./snapshot.js";
export type { Task, TaskOptions, TaskState } from "./task.js";
export { type DumpOptions, dumpTree } from "./trace/dump.js";
export { formatOnConsole } from "./trace/formatter.js";
export { type LiveScope, type LiveTask, type LiveTree, liveTree } from "./trace/live-tree.js";
export type { LogFields, LogLevel, LogRecord } from "./trace/log-record.js";
export { type LogSinkOptions, log, logSink } from "./trace/log-sink.js";
export { consoleWriter, jsonLinesWriter, type LogConsole } from "./trace/log-writers.js";
export {
  type EventBatch,
  type EventFilter,
  type EventKind,
  type LabelledEvent,
  type SubjectType,
  subscribeEvents,
} from "./trace/subscribe.js";
export { showTimeline, type TimelineOptions } from "./trace/timeline.js";
export type { UnobservedFailure } from "./unobserved.js";
