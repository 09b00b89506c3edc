"use client";
/** Owns `useAsupersyncTask`: asynchronous work that belongs to a component and its dependencies. */
import { type Body, CancelledError, type CancelRequest } from "@asupersync/browser";
import {
  useDebugValue,
  useEffect,
  useEffectEvent,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import { TaskOwner, type TaskSnapshot } from "./task-owner.js";
import { idleView, runningView, type TaskView } from "./task-view.js";
import { useRun } from "./use-run.js";
import { useAsupersyncRuntime } from "./use-runtime.js";

export interface UseTaskOptions {
  /** `false`: nothing runs; what runs is cancelled. Default `true`. */
  readonly enabled?: boolean | undefined;
  /** What the task is called in the cancellation tree, reports and traces. */
  readonly label?: string | undefined;
  /**
   * `true`: a failure is thrown to the nearest error boundary, as the very value that the body or a
   * finalizer threw. Cancellation never is. Default `false`: it is in `error` or `panic`.
   */
  readonly throwToBoundary?: boolean | undefined;
  /** `false`: `latest` is forgotten when a new run begins. Default `true`. */
  readonly keepLatest?: boolean | undefined;
}

export interface TaskControls {
  /** Asks the running task to end. The status becomes `cancelled` when it has drained. Stable. */
  cancelTask(this: void, reason?: CancelRequest): void;
  /** Runs the body of the last render again; a run that is still going is superseded. Stable. */
  restart(this: void): void;
}

export type UseTaskResult<T> = TaskView<T> & TaskControls;

/**
 * Runs `body` as a task while the component is on the page.
 *
 * Starts after the first commit, once even under StrictMode. When `deps` change, the task is cancelled
 * with kind `user` and message `superseded`, and a new one starts at once; nothing that the old one
 * still produces is ever shown. Unmount, or hiding by an `Activity`, cancels with kind `unmount`.
 *
 * @param deps Compared item by item with `Object.is`. An object made in render is new in each render:
 * React then stops with "Too many re-renders".
 * @returns The task's view, `idle` on the server and until the runtime has loaded. The same object
 * until something changed.
 * @throws {AsupersyncReactError} `REACT_PROVIDER_MISSING` without a provider above.
 */
export function useAsupersyncTask<T>(
  body: Body<T>,
  deps: readonly unknown[],
  options: UseTaskOptions = {},
): UseTaskResult<T> {
  const { enabled = true, label, throwToBoundary = false, keepLatest = true } = options;
  const runtime = useAsupersyncRuntime();
  const [run, restart] = useRun(deps);
  const [owner] = useState(() => new TaskOwner<T>());
  const snapshot = useSyncExternalStore(owner.subscribe, owner.getSnapshot, owner.getSnapshot);

  const request = useEffectEvent((number: number) => ({
    run: number,
    body,
    options: label === undefined ? {} : { label },
    keepLatest,
  }));
  useEffect(() => {
    if (runtime === undefined || !enabled) {
      owner.rest({ kind: "user", message: "disabled" });
      return undefined;
    }
    return owner.hold(runtime, request(run));
  }, [owner, runtime, enabled, run]);

  const isWanted = enabled && runtime !== undefined;
  const view = useMemo(
    () => viewFor(snapshot, isWanted, run, keepLatest),
    [snapshot, isWanted, run, keepLatest],
  );
  useDebugValue(view.status);
  if (throwToBoundary) throwFailure(view);
  return useMemo(() => ({ ...view, cancelTask: owner.cancel, restart }), [view, owner, restart]);
}

/** Throws what the body or a finalizer threw, itself; a cancellation that a body passed on is no failure. */
function throwFailure(view: TaskView<unknown>): void {
  if (view.status === "err" && !(view.error instanceof CancelledError)) throw view.error;
  if (view.status === "panicked") throw view.panic.error;
}

/**
 * The view for this render. The snapshot may be of an earlier run, for a commit starts the new one
 * only after this render: its result is not this render's result.
 */
function viewFor<T>(
  { run: shownRun, view }: TaskSnapshot<T>,
  isWanted: boolean,
  run: number,
  keepLatest: boolean,
): TaskView<T> {
  if (!isWanted) return view.status === "idle" ? view : idleView(view.latest);
  if (shownRun === undefined || shownRun === run) return view;
  return runningView(keepLatest ? view.latest : undefined);
}
