/** Owns the worker's end of a port: it runs the calls that come in, and answers each with its outcome. */
import { CancelKindCode } from "@asupersync/browser-core";
import { describeCancel } from "../cancel.js";
import { AsupersyncError } from "../errors.js";
import type { Outcome } from "../outcome.js";
import type { RuntimeRecord } from "../runtime-record.js";
import type { TaskRecord } from "../task.js";
import type { UnobservedFailure } from "../unobserved.js";
import { describeReceived } from "../validate.js";
import { listenToPort } from "./endpoint.js";
import {
  broken,
  type Call,
  type Cancel,
  decodeToWorker,
  forged,
  PROTOCOL_VERSION,
  type ToPage,
  type ToWorker,
} from "./protocol.js";
import { ServedCall } from "./served-call.js";
import type { WorkerTasks } from "./task-types.js";
import { transferOf } from "./transfer.js";
import { cancelCode, decodeCancel, encodeThrown } from "./wire-error.js";
import { encodeOutcome, encodeReport } from "./wire-outcome.js";

/** What a server is made of. */
export interface ServerSetup {
  readonly port: MessagePort;
  readonly tasks: WorkerTasks;
  readonly callsMax: number;
  /** Makes the runtime, which tells its unobserved failures to the function given. */
  readonly createRuntime: (onFailure: (failure: UnobservedFailure) => void) => RuntimeRecord;
}

/** Serves one page over one port until it is told to close. */
export class TaskServer {
  readonly #port: MessagePort;
  readonly #tasks: WorkerTasks;
  readonly #callsMax: number;
  readonly #runtime: RuntimeRecord;
  readonly #calls = new Map<number, ServedCall>();
  readonly #stopListening: () => void;
  #lastId = 0;
  #state: "open" | "closing" = "open";

  constructor(setup: ServerSetup) {
    this.#port = setup.port;
    this.#tasks = setup.tasks;
    this.#callsMax = setup.callsMax;
    this.#runtime = setup.createRuntime((failure) => this.#tell(failure));
    this.#stopListening = listenToPort(
      setup.port,
      (message) => this.#receive(message),
      // The page is gone, or this is no channel any more: nobody is left to work for.
      () => void this.#close().then(() => this.#release()),
    );
    this.#post({ v: PROTOCOL_VERSION, type: "welcome" });
  }

  /** Calls that are not answered yet. */
  get size(): number {
    return this.#calls.size;
  }

  /** The runtime of its tasks. */
  get runtime(): RuntimeRecord {
    return this.#runtime;
  }

  #receive(data: unknown): void {
    try {
      this.#carryOut(decodeToWorker(data));
    } catch (error) {
      if (!(error instanceof AsupersyncError)) throw error;
      this.#post({ v: PROTOCOL_VERSION, type: "violation", error: encodeThrown(error) });
    }
  }

  #carryOut(message: ToWorker): void {
    switch (message.type) {
      case "call":
        this.#call(message);
        break;
      case "cancel":
        this.#cancel(message);
        break;
      case "credit":
        this.#live(message)?.grant(message.count);
        break;
      case "close":
        void this.#close();
        break;
    }
  }

  #call(message: Call): void {
    const { id, name, input, credit } = message;
    if (id <= this.#lastId) throw broken(message, "id, which was used before");
    this.#lastId = id;
    const refusal = this.#refusalOf(name);
    if (refusal !== undefined) {
      this.#answer(id, { kind: "err", error: refusal });
      return;
    }
    const call = new ServedCall(id, credit, (to, value) => this.#report(to, value));
    const run = this.#tasks[name] as (cx: unknown, input: unknown) => unknown;
    try {
      const task = this.#runtime.spawn((cx) => run(call.cxOf(cx), input), { label: name });
      call.task = task as TaskRecord;
      this.#calls.set(id, call);
      void task.join().then((outcome) => this.#end(call, outcome));
    } catch (error) {
      // The runtime takes no more work: it closes, or its kernel broke.
      this.#answer(id, { kind: "err", error });
    }
  }

  #refusalOf(name: string): AsupersyncError | undefined {
    if (!Object.hasOwn(this.#tasks, name)) {
      const names = Object.keys(this.#tasks).join(", ");
      return new AsupersyncError("INVALID_ARGUMENT", describeReceived(name), {
        expected: `the name of a task of this worker: ${names || "it has none"}`,
        mend: "correct the name, or add the task to defineTasks",
      });
    }
    if (this.#calls.size < this.#callsMax) return undefined;
    return new AsupersyncError("LIMIT_REACHED", `${this.#callsMax + 1} calls at a time`);
  }

  #cancel(message: Cancel): void {
    const cancel = decodeCancel(message.cancel);
    if (cancel === undefined) throw broken(message, "reason");
    const task = this.#live(message)?.task;
    if (task === undefined) return;
    // The page may say any kind, as its own kernel did; only a body may not ask for all of them.
    const code = cancelCode(cancel.kind) ?? CancelKindCode.user;
    const { message: text, cause } = cancel;
    const why = text ?? (cause === undefined ? "" : describeCancel(cause));
    this.#runtime.port.task_cancel(task.handle, code, why);
  }

  /** The call that a message is about; undefined if it was answered meanwhile. */
  #live(message: { readonly type: string; readonly id: number }): ServedCall | undefined {
    if (message.id > this.#lastId) throw forged(message);
    return this.#calls.get(message.id);
  }

  #end(call: ServedCall, outcome: Outcome<unknown>): void {
    this.#calls.delete(call.id);
    this.#answer(call.id, outcome);
  }

  #answer(id: number, outcome: Outcome<unknown>): void {
    const answer = (given: Outcome<unknown>, transfer?: readonly Transferable[]): void => {
      const message = { v: PROTOCOL_VERSION, type: "outcome", id, outcome: encodeOutcome(given) };
      this.#post(message as ToPage, transfer);
    };
    try {
      answer(outcome, outcome.kind === "ok" ? transferOf(outcome.value) : undefined);
    } catch (cause) {
      answer({ kind: "err", error: unclonable("a value of the task", cause) });
    }
  }

  #report(id: number, value: unknown): void {
    try {
      this.#post({ v: PROTOCOL_VERSION, type: "report", id, value }, transferOf(value));
    } catch (cause) {
      throw unclonable("a report", cause);
    }
  }

  #tell({ error, kind, label }: UnobservedFailure): void {
    const wire = encodeThrown(error);
    this.#post({ v: PROTOCOL_VERSION, type: "failure", error: wire, kind, label });
  }

  // The port stays open until the page closes it: a thread of Node that has none ends, and may do so
  // before the page has read the last message.
  async #close(): Promise<void> {
    if (this.#state === "closing") return;
    this.#state = "closing";
    this.#post({ v: PROTOCOL_VERSION, type: "draining" });
    const report = await this.#runtime.close();
    this.#post({ v: PROTOCOL_VERSION, type: "closed", report: encodeReport(report) });
  }

  #release(): void {
    this.#stopListening();
    this.#port.close();
  }

  #post(message: ToPage, transfer: readonly Transferable[] = []): void {
    this.#port.postMessage(message, transfer as Transferable[]);
  }
}

/** The error for what cannot be posted, by what the platform says of it. */
export function unclonable(what: string, cause: unknown): AsupersyncError {
  return new AsupersyncError("WORKER_UNCLONABLE", `${what} that cannot be posted`, { cause });
}
