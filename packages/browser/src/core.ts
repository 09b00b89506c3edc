/**
 * The small door: runtimes as {@link CoreRuntime} has them, whose `cx` has what {@link CoreCx} names, and nothing
 * that an app did not ask for. What is more is loaded by a line of its own, such as
 * `import "@asupersync/browser/operations/fetch"`. Functions that bring no operation along cost what is used.
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
export { AsupersyncError, type ErrorCode } from "./errors.js";
export type { Op } from "./op.js";
export { describeOutcome, type Outcome, type PanicInfo } from "./outcome.js";
export type { CloseReport } from "./report.js";
export type { CoreRuntime, Runtime, RuntimeOptions } from "./runtime.js";
export type { Scope } from "./scope.js";
export type { ScopeOptions } from "./scope-options.js";
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
export type { Task, TaskOptions } from "./task.js";
export { TimeoutError } from "./timeout-error.js";
