/** The package's public door: everything that may be imported from `@asupersync/browser`. */
/// <reference lib="esnext.disposable" preserve="true" />
import "./operations.js";

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
export { AllFailedError } from "./combinators/all-failed-error.js";
export type { AttemptBody } from "./combinators/attempt.js";
export type { BranchesOptions } from "./combinators/branches.js";
export type { HedgeOptions } from "./combinators/hedge.js";
export type { ItemBody, MapOptions } from "./combinators/map.js";
export type { Retry, RetryOptions } from "./combinators/retry.js";
export type { Jitter, Pauses, Schedule } from "./combinators/schedule.js";
export type { ScopeOpOptions } from "./combinators/scope-op.js";
export type { Restart, SuperviseOptions } from "./combinators/supervise.js";
export type { Acquisition } from "./combinators/use.js";
export type { Counters } from "./counters.js";
export { createRuntime } from "./create-runtime.js";
export type { CoreCx, Cx } from "./cx.js";
export type { Warning } from "./development/warnings.js";
export {
  AsupersyncError,
  type ErrorCode,
} from "./errors.js";
export { HttpStatusError, JsonLineError } from "./fetch/errors.js";
export type { ServerSentEvent, SseOptions, SseReconnect } from "./fetch/events.js";
export type { LinesOptions } from "./fetch/lines.js";
export type {
  FetchImplementation,
  FetchInit,
  FetchInput,
  FetchProgress,
} from "./fetch/request.js";
export type { FetchResponse, ResponseBody } from "./fetch/response.js";
export type { CallbackOptions, CallbackStart } from "./flow/callback.js";
export { debounce } from "./flow/debounce.js";
export { type EventFlow, type EventOverflow, type EventsOptions, events } from "./flow/events.js";
export type { Flow } from "./flow/flow.js";
export { fromReadableStream } from "./flow/from-readable-stream.js";
export type { IdleOptions, IdleTime } from "./flow/idle.js";
export { type IntervalOptions, interval, type MissedTicks, type Tick } from "./flow/interval.js";
export { type LatestBody, latest } from "./flow/latest.js";
export type { AnyIterable, Source } from "./flow/source.js";
export type { EmitterLike, EventOptions, EventTypeOf, TargetEvent } from "./flow/target.js";
export { type ThrottleOptions, throttle } from "./flow/throttle.js";
export { toReadableStream } from "./flow/to-readable-stream.js";
export { type WriteToOptions, writeTo } from "./flow/write-to.js";
export type { ForeignOptions } from "./foreign.js";
export type { HostOpState } from "./host-op.js";
export type { ObligationKind, ObligationState } from "./obligation.js";
export type { Op } from "./op.js";
export { describeOutcome, type Outcome, type PanicInfo } from "./outcome.js";
export type { CloseReport, Leaked, Revoked } from "./report.js";
export type { CoreRuntime, Runtime, RuntimeOptions, RuntimeState } from "./runtime.js";
export type { Scope, ScopeState } from "./scope.js";
export type { ScopeOptions, ScopePolicy } from "./scope-options.js";
export type {
  HostOpNode,
  ObligationNode,
  RuntimeSnapshot,
  ScopeNode,
  TaskNode,
} from "./snapshot.js";
export { type SocketClose, SocketError, type SocketFailure } from "./socket/close.js";
export type { SocketState } from "./socket/connection.js";
export type { SocketOverflow } from "./socket/inbox.js";
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
export { type Barrier, type BarrierPass, barrier } from "./sync/barrier.js";
export {
  type Broadcast,
  type BroadcastOptions,
  broadcast,
  type Subscription,
} from "./sync/broadcast.js";
export {
  type Channel,
  type ChannelOptions,
  type ChannelOverflow,
  channel,
  type SendPermit,
} from "./sync/channel.js";
export { type BusEvent, type EventBus, type EventOf, eventBus } from "./sync/event-bus.js";
export { LaggedError } from "./sync/lagged-error.js";
export { type Latch, latch } from "./sync/latch.js";
export { type Mutex, type MutexGuard, mutex } from "./sync/mutex.js";
export { type Notify, notify } from "./sync/notify.js";
export { type Oneshot, oneshot } from "./sync/oneshot.js";
export type { Owner } from "./sync/owner.js";
export { type Semaphore, type SemaphorePermit, semaphore } from "./sync/semaphore.js";
export type { Values } from "./sync/values.js";
export { type Watch, type Watcher, watch } from "./sync/watch.js";
export type { Task, TaskOptions, TaskState } from "./task.js";
export { TimeoutError } from "./timeout-error.js";
export { type DumpOptions, dumpTree } from "./trace/dump.js";
export { formatOnConsole } from "./trace/formatter.js";
export { type LiveScope, type LiveTask, type LiveTree, liveTree } from "./trace/live-tree.js";
export type { LogFields, LogLevel, LogRecord } from "./trace/log-record.js";
export { type LogSinkOptions, log, logSink } from "./trace/log-sink.js";
export { consoleWriter, jsonLinesWriter, type LogConsole } from "./trace/log-writers.js";
export type { TraceEvent } from "./trace/recorded.js";
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
