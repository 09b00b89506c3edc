/** The door for the page: everything that may be imported from `@asupersync/browser/worker-client`. */
/// <reference lib="esnext.disposable" preserve="true" />
export {
  type CallOptions,
  createWorker,
  type RunOptions,
  type TaskWorker,
  type WorkerCloseOptions,
  type WorkerCounters,
  type WorkerFailure,
  type WorkerOptions,
  type WorkerRestart,
  type WorkerState,
} from "./create-worker.js";
export type { WorkerLike } from "./endpoint.js";
export type { WorkerStream } from "./stream.js";
export type {
  CallArguments,
  InputOf,
  OutputOf,
  ReportOf,
  WorkerCx,
  WorkerTask,
  WorkerTasks,
} from "./task-types.js";
export { transfer } from "./transfer.js";
