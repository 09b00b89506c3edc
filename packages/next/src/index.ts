/** The package's public door: everything that may be imported from `@asupersync/next`, on either side. */
export { type ClientRuntime, createClientRuntime } from "./client-runtime.js";
export { AsupersyncNextError, type NextErrorCode } from "./errors.js";
export {
  type ClientBoundaryOptions,
  withAsupersyncClientBoundary,
} from "./with-client-boundary.js";
export {
  createWorkerRuntime,
  type WorkerRuntime,
  type WorkerRuntimeOptions,
} from "./worker-runtime.js";
