/** Owns the record of a worker on its page: its calls, its queue, and what becomes of them when it ends. */
import type { WasmSource } from "@asupersync/browser-core";
import { checkActive } from "../active.js";
import { type Cx, taskOf } from "../cx.js";
import { ASYNC_DISPOSE } from "../dispose.js";
import { AsupersyncError } from "../errors.js";
import { foreignOp } from "../foreign.js";
import type { Op } from "../op.js";
import type { Outcome } from "../outcome.js";
import type { CloseReport } from "../report.js";
import type { TaskRecord } from "../task.js";
import { reportToHost } from "../unobserved.js";
import { cancelledOutcome, PageCall, resultOf } from "./call.js";
import {
  checkCallOptions,
  checkCloseOptions,
  checkName,
  checkRunOptions,
  reasonOf,
} from "./call-options.js";
import { type CallLimits, Calls, type CallsHost } from "./calls.js";
import { CloseWait } from "./close-wait.js";
import type {
  CallOptions,
  RunOptions,
  TaskWorker,
  WorkerCloseOptions,
  WorkerCounters,
  WorkerFailure,
  WorkerRestart,
  WorkerState,
} from "./create-worker.js";
import type { WorkerLike } from "./endpoint.js";
import { crashed, WorkerLink } from "./link.js";
import { broken, PROTOCOL_VERSION, type ToPage, type Welcome } from "./protocol.js";
import { StreamRecord, type WorkerStream } from "./stream.js";
import { decodeThrown } from "./wire-error.js";

/** Checked options of a worker. */
export interface WorkerSetup extends CallLimits {
  readonly label: string;
  readonly runtimeOptions: { readonly [key: string]: unknown };
  readonly wasm: WasmSource | undefined;
  readonly startTimeMs: number;
  readonly restart: Required<WorkerRestart> | undefined;
  readonly onFailure: ((failure: WorkerFailure) => void) | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: it is the same record whatever the tasks are.
type AnyWorker = TaskWorker<any>;

/** The record behind {@link TaskWorker}. */
export class WorkerRecord implements AnyWorker, CallsHost {
  readonly #make: () => WorkerLike;
  readonly #setup: WorkerSetup;
  readonly #calls: Calls;
  #stage: "idle" | "starting" | "running" | "crashed" | "closed" = "idle";
  #link: WorkerLink | undefined = undefined;
  #starts = 0;
  /** When it crashed, in milliseconds; only as far back as counts. */
  #crashes: number[] = [];
  #crash: AsupersyncError | undefined = undefined;
  #starting: Starting | undefined = undefined;
  #closing: CloseWait | undefined = undefined;
  /** Whether what there is was cancelled for the close, or may still end by itself. */
  #isEnding = false;

  constructor(make: () => WorkerLike, setup: WorkerSetup) {
    this.#make = make;
    this.#setup = setup;
    this.#calls = new Calls(setup, this);
  }

  get label(): string {
    return this.#setup.label;
  }

  get state(): WorkerState {
    return this.#closing !== undefined && this.#stage !== "closed" ? "closing" : this.#stage;
  }

  get link(): WorkerLink | undefined {
    return this.#stage === "running" ? this.#link : undefined;
  }

  start(): Promise<void> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    if (this.#stage === "running") return Promise.resolve();
    this.#begin();
    this.#starting ??= starting();
    return this.#starting.promise;
  }

  run(name: string, input?: unknown, options?: RunOptions): Promise<Outcome<never>> {
    try {
      checkName(name);
      const { onReport, signal } = checkRunOptions(options);
      const call = new PageCall({ name, input, onReport, reports: onReport ? "told" : "dropped" });
      this.#admit(call, signal);
      return call.outcome as Promise<Outcome<never>>;
    } catch (error) {
      return Promise.resolve(Object.freeze({ kind: "err", error }));
    }
  }

  call(cx: Cx, name: string, input?: unknown, options?: CallOptions): Op<never> {
    const task = taskOf(cx);
    checkActive(task);
    checkName(name);
    const { onReport } = checkCallOptions(options);
    const call = new PageCall({ name, input, onReport, reports: onReport ? "told" : "dropped" });
    return this.#own(task, call) as Op<never>;
  }

  stream(cx: Cx, name: string, input?: unknown): WorkerStream<never, never> {
    const task = taskOf(cx);
    checkActive(task);
    checkName(name);
    const call = new PageCall({ name, input, onReport: undefined, reports: "kept" });
    const ended = this.#own(task, call);
    const leave = (): void =>
      this.#calls.cancel(call, reasonOf("the loop over its reports was left"));
    return new StreamRecord(task, call, ended, leave) as WorkerStream<unknown, unknown> as never;
  }

  counters(): WorkerCounters {
    return Object.freeze({
      inFlight: this.#calls.inFlight,
      queued: this.#calls.queued,
      revoked: this.#calls.revokedCount,
      restarts: Math.max(0, this.#starts - 1),
    });
  }

  close(options?: WorkerCloseOptions): Promise<CloseReport> {
    const { graceful } = checkCloseOptions(options);
    this.#closing ??= new CloseWait(this.#setup.drainMs, () => this.#finish());
    if (graceful !== true || this.#calls.areOver) this.#end();
    return this.#closing.report;
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    await this.close();
  }

  /** A call has ended. */
  ended(): void {
    if (this.#closing !== undefined && this.#calls.areOver) this.#end();
  }

  violated(error: AsupersyncError): void {
    this.#tell(error);
  }

  stuck(name: string): void {
    this.ended();
    if (this.#setup.restart === undefined) return;
    this.#link?.end();
    this.#lost(crashed(new Error(`it did not answer a cancellation of "${name}"`)));
  }

  /** Cancels what there is, and has the worker close. */
  #end(): void {
    const wait = this.#closing;
    if (wait === undefined || this.#isEnding) return;
    this.#isEnding = true;
    this.#starting?.reject(this.#refusal());
    wait.cancelled = this.#calls.endQueued(cancelledOutcome(reasonOf(undefined, "shutdown")));
    if (this.#stage === "running") {
      this.#calls.dropReports();
      this.#link?.post({ v: PROTOCOL_VERSION, type: "close" });
      wait.asked();
    } else {
      this.#finish();
    }
  }

  /** Why it takes no calls; undefined if it does. */
  #refusal(): AsupersyncError | undefined {
    if (this.#closing !== undefined) {
      return new AsupersyncError("WORKER_CLOSED", `worker "${this.label}", which is ${this.state}`);
    }
    return this.#stage === "crashed" ? this.#crash : undefined;
  }

  /** Makes a call, as an operation of `task`. */
  #own(task: TaskRecord, call: PageCall): Op<unknown> {
    const start = (signal: AbortSignal): Promise<unknown> => {
      this.#admit(call, signal);
      return call.outcome.then(resultOf);
    };
    return foreignOp(task, start, { label: `worker ${call.name}` });
  }

  /** Makes a call, which `signal` cancels; the signal is let go of when the call has ended. */
  #admit(call: PageCall, signal: AbortSignal | undefined): void {
    const error = this.#refusal();
    if (error !== undefined) {
      call.end(Object.freeze({ kind: "err", error }));
      return;
    }
    if (signal?.aborted === true) {
      call.end(cancelledOutcome(reasonOf(signal.reason)));
      return;
    }
    this.#calls.add(call);
    if (this.#stage === "idle") this.#begin();
    if (signal === undefined) return;
    const abort = (): void => this.#calls.cancel(call, reasonOf(signal.reason));
    signal.addEventListener("abort", abort);
    void call.outcome.then(() => signal.removeEventListener("abort", abort));
  }

  #begin(): void {
    if (this.#stage !== "idle") return;
    this.#stage = "starting";
    this.#starts += 1;
    const { wasm, runtimeOptions, callsMax, startTimeMs } = this.#setup;
    this.#link = new WorkerLink(
      { make: this.#make, wasm, options: runtimeOptions, callsMax, startTimeMs },
      {
        welcomed: () => this.#welcomed(),
        received: (message) => this.#received(message),
        violated: (error) => this.#tell(error),
        lost: (error) => this.#lost(error),
      },
    );
    this.#link.start();
  }

  #welcomed(): void {
    this.#stage = "running";
    this.#starting?.resolve();
    this.#starting = undefined;
    this.#calls.sendQueued();
    // None of them may have been such as can be sent.
    this.ended();
  }

  #received(message: Exclude<ToPage, Welcome>): void {
    switch (message.type) {
      case "report":
        this.#calls.reported(message);
        break;
      case "outcome":
        this.#calls.answered(message);
        break;
      case "failure": {
        const decoded = decodeThrown(message.error);
        if (decoded === undefined) this.#tell(broken(message, "error"));
        else this.#tell(decoded.thrown, failureKind(message.kind), message.label);
        break;
      }
      case "violation":
        this.#tell(decodeThrown(message.error)?.thrown ?? broken(message, "error"));
        break;
      case "draining":
        this.#closing?.heard();
        break;
      case "closed":
        this.#closing?.answered(message.report);
        break;
    }
  }

  /** The worker did not start, or is gone. */
  #lost(error: AsupersyncError): void {
    this.#link = undefined;
    if (this.#isEnding) {
      this.#finish();
      return;
    }
    const wasRunning = this.#stage === "running";
    const goesOn = wasRunning && this.#mayRestart();
    this.#crash = error;
    // A worker that did not start has done nothing, so the next call may try again.
    this.#stage = goesOn || !wasRunning ? "idle" : "crashed";
    const waits = this.#starting;
    this.#starting = undefined;
    waits?.reject(error);
    const outcome = Object.freeze({ kind: "err", error } as const);
    let told = this.#calls.endSent(outcome);
    if (!goesOn) told += this.#calls.endQueued(outcome);
    if (told === 0 && waits === undefined) this.#tell(error);
    if (this.#calls.queued > 0) this.#begin();
    else this.ended();
  }

  #mayRestart(): boolean {
    const { restart } = this.#setup;
    if (restart === undefined) return false;
    const nowMs = performance.now();
    this.#crashes = this.#crashes.filter((atMs) => nowMs - atMs < restart.withinMs);
    this.#crashes.push(nowMs);
    return this.#crashes.length <= restart.max;
  }

  /** The worker has answered the close, is gone, or is not waited for any more. */
  #finish(): void {
    const wait = this.#closing;
    if (wait === undefined || this.#stage === "closed") return;
    this.#stage = "closed";
    this.#link?.end();
    this.#link = undefined;
    this.#calls.revokeSent(cancelledOutcome(reasonOf(undefined, "shutdown")));
    wait.finish(this.#calls.revoked);
  }

  #tell(error: unknown, kind: WorkerFailure["kind"] = "worker", label = this.label): void {
    // The worker reports its own.
    if (kind === "worker") this.#closing?.failures.push(error);
    try {
      (this.#setup.onFailure ?? reportToHost)(Object.freeze({ error, kind, label }));
    } catch (thrown) {
      reportToHost({ error: thrown });
    }
  }
}

interface Starting {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function starting(): Starting {
  let settle: Omit<Starting, "promise"> = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}

const KINDS: readonly string[] = [
  "task",
  "clean-up",
  "finalizer",
  "leak",
  "operation",
  "kernel",
] satisfies WorkerFailure["kind"][];

function failureKind(kind: string): WorkerFailure["kind"] {
  return KINDS.includes(kind) ? (kind as WorkerFailure["kind"]) : "task";
}
