/** The package's public door: everything that may be imported from `@asupersync/browser`. */
import "./combinators/any.js";
import "./fetch/fetch.js";
import "./socket/reconnecting.js";
import "./socket/socket.js";

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
export type { Jitter, Pauses, Schedule } from "./combinators/schedule.js";
export type { CoreCx, Cx } from "./cx.js";
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
export { type SocketClose, SocketError, type SocketFailure } from "./socket/close.js";
export type { SocketState } from "./socket/connection.js";
export type { Overflow } from "./socket/inbox.js";
export type { Heartbeat, SocketOptions } from "./socket/options.js";
export type { QueueOverflow } from "./socket/outbox.js";
export type {
  PlatformSocket,
  SocketData,
  SocketMessage,
  WebSocketImplementation,
} from "./socket/platform.js";
export type {
  Reconnect,
  ReconnectingSocket,
  ReconnectingSocketOptions,
} from "./socket/reconnecting.js";
export type { Received, Sent, Socket } from "./socket/socket.js";
export type { SocketEnd, SocketStatus } from "./socket/status.js";
export type { Task, TaskOptions, TaskState } from "./task.js";
export type { UnobservedFailure } from "./unobserved.js";
