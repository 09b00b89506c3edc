/** Owns `createWorkerRuntime`: a page's worker, made at module level and started by its first call. */
import {
  createWorker,
  type TaskWorker,
  type WorkerLike,
  type WorkerOptions,
  type WorkerTasks,
} from "@asupersync/browser/worker-client";
import { supersedeEarlier } from "./fast-refresh.js";
import { isServer, refuseServerModule, serverCallError } from "./server-use.js";

/** How a worker runtime is set up. */
export interface WorkerRuntimeOptions extends WorkerOptions {
  /**
   * Makes the worker. For Next to find the file this has to stand in the client file as it is:
   * `() => new Worker(new URL("./tasks.worker.ts", import.meta.url), { type: "module" })`.
   */
  readonly worker: () => WorkerLike;
}

/**
 * A worker for the life of the page: its tasks are called by `run`, `call` and `stream`.
 *
 * On the server nothing is started: `run` gives an `err` outcome, `start` rejects, `call` and `stream` throw,
 * each with `NEXT_SERVER_USE`; `close` has nothing to close.
 */
export type WorkerRuntime<T extends WorkerTasks> = TaskWorker<T>;

/**
 * Makes the page's worker. Call it at module level of a client file; nothing is started before the first
 * call, from an effect, an event handler or a task.
 *
 * It outlives navigation; the calls of a page's components are cancelled with their tasks. In
 * development, a worker whose module was run again by Fast Refresh ends when its calls have ended.
 *
 * @throws {AsupersyncNextError} `NEXT_SERVER_USE` when a server component or a route handler calls it.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
 *
 * @example
 * ```tsx
 * "use client";
 * import type { tasks } from "./tasks.worker";
 *
 * const images = createWorkerRuntime<typeof tasks>({
 *   worker: () => new Worker(new URL("./tasks.worker.ts", import.meta.url), { type: "module" }),
 * });
 * ```
 */
export function createWorkerRuntime<T extends WorkerTasks>(
  options: WorkerRuntimeOptions,
): WorkerRuntime<T> {
  refuseServerModule("createWorkerRuntime");
  const { worker: make, ...rest } = options;
  const open = (): TaskWorker<T> => createWorker<T>(make, rest);
  const worker = open();
  if (isServer) return onServer(worker);
  if (process.env.NODE_ENV === "production") return worker;
  return replacedWhenSuperseded(worker, open);
}

function onServer<T extends WorkerTasks>(worker: TaskWorker<T>): WorkerRuntime<T> {
  const refuse = (what: string) => (): never => {
    throw serverCallError(`${what}()`);
  };
  return facade(() => worker, {
    start: async () => refuse("start")(),
    run: async () => ({ kind: "err", error: serverCallError("run()") }),
    call: refuse("call"),
    stream: refuse("stream"),
  });
}

/** An earlier worker lets its calls end, and is there again if its module is still called after that. */
function replacedWhenSuperseded<T extends WorkerTasks>(
  first: TaskWorker<T>,
  open: () => TaskWorker<T>,
): WorkerRuntime<T> {
  let worker = first;
  supersedeEarlier(`worker ${worker.label}`, () => {
    const earlier = worker;
    if (earlier.state === "closing" || earlier.state === "closed") return;
    worker = open();
    void earlier.close({ graceful: true });
  });
  return facade(() => worker, {});
}

/** A worker that is whichever `current` gives, but for the methods given here. */
function facade<T extends WorkerTasks>(
  current: () => TaskWorker<T>,
  own: Partial<TaskWorker<T>>,
): WorkerRuntime<T> {
  return {
    get label() {
      return current().label;
    },
    get state() {
      return current().state;
    },
    start: () => current().start(),
    run: (name, ...args) => current().run(name, ...args),
    call: (cx, name, ...args) => current().call(cx, name, ...args),
    stream: (cx, name, ...args) => current().stream(cx, name, ...args),
    counters: () => current().counters(),
    close: (options) => current().close(options),
    [ASYNC_DISPOSE]: async () => void (await current().close()),
    ...own,
  };
}

/** `Symbol.asyncDispose`, or what compilers use in its place where a browser lacks it. */
const ASYNC_DISPOSE: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);
