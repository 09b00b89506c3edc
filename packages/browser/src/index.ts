/** The package's public door: everything that may be imported from `@asupersync/browser`. */
import "./combinators/any.js";
import "./combinators/hedge.js";
import "./combinators/map.js";
import "./combinators/retry.js";
import "./combinators/settle-op.js";
import "./combinators/supervise.js";
import "./combinators/use.js";
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
export type { AttemptBody } from "./combinators/attempt.js";
export type { HedgeOptions } from "./combinators/hedge.js";
export type { ItemBody, Items, MapOptions } from "./combinators/map.js";
export type { Retry, RetryOptions } from "./combinators/retry.js";
export type { Jitter, Pauses, Schedule } from "./combinators/schedule.js";
export type { ScopeOpOptions } from "./combinators/scope-op.js";
export type { Restart, SuperviseOptions } from "./combinators/supervise.js";
export type { Acquisition } from "./combinators/use.js";
export type { CoreCx, Cx } from "./cx.js";
export {
  AllFailedError,
  AsupersyncError,
  type ErrorCode,
  LaggedError,
  TimeoutError,
} from "./errors.js";
export { HttpStatusError, JsonLineError } from "./fetch/errors.js";
export type { EventsOptions, ReconnectOptions, ServerSentEvent } from "./fetch/events.js";
export type { LinesOptions } from "./fetch/lines.js";
export type {
  FetchImplementation,
  FetchInit,
  FetchInput,
  FetchProgress,
} from "./fetch/request.js";
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
export { type Latch, latch } from "./sync/latch.js";
export { type Mutex, type MutexGuard, mutex } from "./sync/mutex.js";
export { type Notify, notify } from "./sync/notify.js";
export { type Oneshot, oneshot } from "./sync/oneshot.js";
export type { Owner } from "./sync/owner.js";
export { type Semaphore, type SemaphorePermit, semaphore } from "./sync/semaphore.js";
export type { Values } from "./sync/values.js";
export { type Watch, type Watcher, watch } from "./sync/watch.js";
export type { Task, TaskOptions, TaskState } from "./task.js";
export type { UnobservedFailure } from "./unobserved.js";
