/** The package's public door: everything that may be imported from `@asupersync/react`. */
export { AsupersyncReactError, type ReactErrorCode } from "./errors.js";
export {
  AsupersyncProvider,
  type AsupersyncProviderProps,
  type GivenRuntimeProps,
  type OwnedRuntimeProps,
} from "./provider.js";
export {
  createRuntimeStore,
  type OwnedRuntimeStore,
  type RuntimeLoad,
  type RuntimeSource,
  type RuntimeStore,
} from "./runtime-store.js";
export type { TaskStatus, TaskView } from "./task-view.js";
export { useAsupersyncCancellationTree } from "./use-cancellation-tree.js";
export { useAsupersyncRuntime } from "./use-runtime.js";
export { useAsupersyncScope } from "./use-scope.js";
export {
  type TaskControls,
  type UseTaskOptions,
  type UseTaskResult,
  useAsupersyncTask,
} from "./use-task.js";
