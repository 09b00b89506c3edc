/** Owns workers as a page sees them: what one offers, its options, and how one is made. */
// A worker knows every option that can be posted.
import "../origins.js";
import "../trace/options.js";
import type { Cx } from "../cx.js";
import type { Op } from "../op.js";
import type { Outcome } from "../outcome.js";
import type { CloseReport } from "../report.js";
import { decodeRuntimeOptions, type RuntimeOptions } from "../runtime.js";
import type { UnobservedFailure } from "../unobserved.js";
import { checkDuration, checkListener, checkOptions, checkWhole } from "../validate.js";
import type { WorkerLike } from "./endpoint.js";
import { CALLS_MAX, CREDIT_MAX } from "./protocol.js";
import type { WorkerStream } from "./stream.js";
import type { CallArguments, InputOf, OutputOf, ReportOf, WorkerTasks } from "./task-types.js";
import { WorkerRecord, type WorkerSetup } from "./worker-record.js";

/** Those options of a runtime that can be posted to the worker, whose own runtime has them. */
type PostedOptions = Pick<
  RuntimeOptions,
  "label" | "seed" | "trace" | "drainTimeMs" | "sliceMs" | "spawnSites" | "allowedOrigins"
>;

/** How a worker is set up; what is a runtime's is the worker's own runtime's. Copied when it is made. */
export interface WorkerOptions extends PostedOptions, Pick<RuntimeOptions, "wasm"> {
  /** Milliseconds that the worker has to load and answer. Default 30,000. */
  readonly startTimeMs?: number;
  /** Calls that the worker runs at a time; others queue on the page. 1 to 4,096, default 64. */
  readonly callsMax?: number;
  /** Calls that may queue; past it a call is refused with `LIMIT_REACHED`. Default 1,024. */
  readonly queueMax?: number;
  /** Reports of one call that may be on their way or not yet taken. 1 to 1,024, default 16. */
  readonly reportsMax?: number;
  /**
   * Goes on with a new worker after a crash, and puts one in the place of a worker that does not answer a
   * cancellation. Calls in flight fail all the same; nothing runs twice. Left out, a worker that crashed
   * stays so.
   */
  readonly restart?: WorkerRestart;
  /**
   * Called with each failure that no call was told of. Default: `reportError`, or `console.error`.
   */
  readonly onFailure?: (failure: WorkerFailure) => void;
}

/** How often a worker is made anew. */
export interface WorkerRestart {
  /** Crashes within `withinMs` after which it is given up; whole, at least 1. */
  readonly max: number;
  /** Milliseconds. Default 60,000. */
  readonly withinMs?: number;
}

/** A failure in a worker, or of one, that no call was told of. */
export interface WorkerFailure {
  readonly error: unknown;
  /** As {@link UnobservedFailure.kind}; `worker`: the worker crashed, or a message was none. */
  readonly kind: UnobservedFailure["kind"] | "worker";
  /** Label of the task, or of the worker. */
  readonly label: string;
}

/** What a call may be given. */
export interface CallOptions<Report = unknown> {
  /**
   * Called with each value that the task reports, one at a time: a promise that it returns is waited for,
   * and the task with it. What it throws cancels the call and is its failure.
   */
  readonly onReport?: (value: Report) => unknown;
}

/** What a call outside of any task may be given. */
export interface RunOptions<Report = unknown> extends CallOptions<Report> {
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal;
}

/** How a worker is closed. */
export interface WorkerCloseOptions {
  /** Whether the calls that there are may end first; a later `close()` without it cancels them. */
  readonly graceful?: boolean;
}

/**
 * `idle → starting → running`, `crashed` when it is given up, `closing → closed`. An idle worker starts
 * with the next call.
 */
export type WorkerState = "idle" | "starting" | "running" | "crashed" | "closing" | "closed";

/** What is under way in a worker, as its page knows it. */
export interface WorkerCounters {
  /** Calls that are sent and not answered. */
  readonly inFlight: number;
  readonly queued: number;
  /** Calls that did not answer a cancellation in time; ever. */
  readonly revoked: number;
  /** Workers that were started after the first one. */
  readonly restarts: number;
}

/**
 * The tasks of a worker's module, to be called from here. Leaving an `await using` worker closes it.
 *
 * A call that is cancelled is cancelled in the worker too, and has ended when the worker says that its
 * task has drained, or after twice the drain time and a second. Inputs, values, errors and reports are cloned;
 * `transfer(value, list)` hands buffers over.
 */
export interface TaskWorker<T extends WorkerTasks> extends AsyncDisposable {
  readonly label: string;
  readonly state: WorkerState;
  /** Starts the worker now rather than with the first call. Rejects with what the call would fail with. */
  start(): Promise<void>;
  /**
   * Runs a task. Never throws or rejects. An `err` outcome has what the task threw, or an
   * {@link AsupersyncError}: `WORKER_UNAVAILABLE` when the worker does not start, `WORKER_VERSION`,
   * `WORKER_CRASHED`, `WORKER_CLOSED`, `WORKER_UNCLONABLE`, `LIMIT_REACHED` when the queue is full,
   * `INVALID_ARGUMENT` for a task that the worker does not have, and those of loading the wasm.
   *
   * @example
   * ```ts
   * const outcome = await worker.run("resize", image, { signal: AbortSignal.timeout(2_000) });
   * ```
   */
  run<N extends keyof T & string>(
    name: N,
    ...args: CallArguments<T[N], RunOptions<ReportOf<T[N]>>>
  ): Promise<Outcome<OutputOf<T[N]>>>;
  /**
   * Runs a task on behalf of the task of `cx`: it is cancelled with that, which ends only when the worker's
   * task has drained. Fails with what `run` has as `err`, with {@link CancelledError} if the worker was
   * closed meanwhile, with `PANICKED` if a finalizer failed there.
   *
   * @throws {AsupersyncError} `FORGED_HANDLE`, `CX_ENDED`, `CX_FOREIGN`, `INVALID_ARGUMENT`.
   */
  call<N extends keyof T & string>(
    cx: Cx,
    name: N,
    ...args: CallArguments<T[N], CallOptions<ReportOf<T[N]>>>
  ): Op<OutputOf<T[N]>>;
  /**
   * As {@link TaskWorker.call}, for the reports: iterate them with `for await`. The task waits while the
   * loop is behind; leaving the loop cancels it.
   *
   * @example
   * ```ts
   * const stream = worker.stream(cx, "parse", text);
   * for await (const row of stream) show(row);
   * const total = await stream.result();
   * ```
   */
  stream<N extends keyof T & string>(
    cx: Cx,
    name: N,
    ...args: undefined extends InputOf<T[N]> ? [input?: InputOf<T[N]>] : [input: InputOf<T[N]>]
  ): WorkerStream<ReportOf<T[N]>, OutputOf<T[N]>>;
  counters(): WorkerCounters;
  /**
   * Cancels every call with `shutdown`, waits until they have drained in the worker, ends the worker and
   * reports. A worker that does not answer in the drain time is ended as it is, and what it ran is
   * `revoked`. The same promise every time; never rejects.
   *
   * @throws {AsupersyncError} `INVALID_ARGUMENT`.
   */
  close(options?: WorkerCloseOptions): Promise<CloseReport>;
}

const START_TIME_MS = 30_000;
const CALLS = 64;
const QUEUE = 1_024;
const QUEUE_MAX = 2 ** 20;
const REPORTS = 16;
const RESTARTS_MAX = 1_000;
const RESTART_WITHIN_MS = 60_000;

/**
 * Makes a worker's tasks callable. Nothing is started before the first call, so this is for the top of a
 * module, on a server too.
 *
 * @param make Makes the worker. For bundlers to find the file this has to stand there as it is:
 *   `() => new Worker(new URL("./tasks.worker.ts", import.meta.url), { type: "module" })`.
 * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`.
 *
 * @example
 * ```ts
 * import type { tasks } from "./tasks.worker";
 *
 * const worker = createWorker<typeof tasks>(
 *   () => new Worker(new URL("./tasks.worker.ts", import.meta.url), { type: "module" }),
 * );
 * const outcome = await worker.run("resize", image);
 * ```
 */
export function createWorker<T extends WorkerTasks>(
  make: () => WorkerLike,
  options: WorkerOptions = {},
): TaskWorker<T> {
  checkListener(make, "what makes the worker");
  return new WorkerRecord(make, decodeWorkerOptions(options)) as unknown as TaskWorker<T>;
}

const WORKER_OPTIONS = [
  "label",
  "seed",
  "trace",
  "drainTimeMs",
  "sliceMs",
  "spawnSites",
  "allowedOrigins",
  "wasm",
  "startTimeMs",
  "callsMax",
  "queueMax",
  "reportsMax",
  "restart",
  "onFailure",
] as const satisfies readonly (keyof WorkerOptions)[];

const RESTART_OPTIONS = ["max", "withinMs"] as const satisfies readonly (keyof WorkerRestart)[];

function decodeWorkerOptions(options: WorkerOptions): WorkerSetup {
  checkOptions(options, WORKER_OPTIONS, "worker options");
  const { startTimeMs, callsMax, queueMax, reportsMax, restart, onFailure, wasm, ...rest } =
    options;
  if (onFailure !== undefined) checkListener(onFailure, "onFailure");
  checkOptions(restart, RESTART_OPTIONS, "restart");
  // What is the runtime's is posted as it came; the worker fills in what was left out.
  const label = rest.label ?? "worker";
  const { allowedOrigins } = rest;
  const runtime = decodeRuntimeOptions({ ...rest, label, ...(wasm === undefined ? {} : { wasm }) });
  return {
    label: runtime.label,
    drainMs: runtime.config.drainMs,
    runtimeOptions: structuredClone({
      ...rest,
      label: runtime.label,
      // An URL cannot be posted.
      allowedOrigins: allowedOrigins?.map(String),
    }),
    wasm,
    startTimeMs: checkDuration(startTimeMs ?? START_TIME_MS, "startTimeMs"),
    callsMax: checkWhole(callsMax ?? CALLS, 1, CALLS_MAX, "callsMax"),
    queueMax: checkWhole(queueMax ?? QUEUE, 0, QUEUE_MAX, "queueMax"),
    reportsMax: checkWhole(reportsMax ?? REPORTS, 1, CREDIT_MAX, "reportsMax"),
    restart: restart && {
      max: checkWhole(restart.max, 1, RESTARTS_MAX, "restart.max"),
      withinMs: checkDuration(restart.withinMs ?? RESTART_WITHIN_MS, "restart.withinMs"),
    },
    onFailure,
  };
}
