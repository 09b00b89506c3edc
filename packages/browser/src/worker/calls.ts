/** Owns the calls of a worker on its page: which wait, which are sent, and what the worker says of them. */
import type { CancelInfo } from "../cancel.js";
import { AsupersyncError } from "../errors.js";
import type { Outcome } from "../outcome.js";
import { cancelledOutcome, type PageCall } from "./call.js";
import { reasonOf } from "./call-options.js";
import { CloseWait } from "./close-wait.js";
import type { WorkerLink } from "./link.js";
import { broken, type Ended, forged, PROTOCOL_VERSION, type Report } from "./protocol.js";
import { transferOf } from "./transfer.js";
import { encodeCancel } from "./wire-error.js";
import { decodeOutcome } from "./wire-outcome.js";

/** What the calls are bounded by. */
export interface CallLimits {
  readonly drainMs: number;
  readonly callsMax: number;
  readonly queueMax: number;
  readonly reportsMax: number;
}

/** What calls need of the worker that they are for. */
export interface CallsHost {
  /** The link of a worker that takes calls; undefined while there is none. */
  readonly link: WorkerLink | undefined;
  /** A call was answered. */
  ended(): void;
  /** A message was none; it has touched nothing. */
  violated(error: AsupersyncError): void;
  /** The worker did not answer a cancellation in time. */
  stuck(name: string): void;
}

/** The calls that have not ended. */
export class Calls {
  /** Names of calls that did not answer a cancellation; the first of them. */
  readonly revoked: string[] = [];
  revokedCount = 0;
  readonly #limits: CallLimits;
  readonly #host: CallsHost;
  /** Sent and unanswered, by number. */
  readonly #sent = new Map<number, PageCall>();
  /** In order of time. */
  readonly #queue = new Set<PageCall>();
  #lastId = 0;

  constructor(limits: CallLimits, host: CallsHost) {
    this.#limits = limits;
    this.#host = host;
  }

  get inFlight(): number {
    return this.#sent.size;
  }

  get queued(): number {
    return this.#queue.size;
  }

  /** Whether nobody waits for any call. O(unanswered). */
  get areOver(): boolean {
    if (this.#queue.size > 0) return false;
    for (const { stage } of this.#sent.values()) {
      if (stage !== "revoked") return false;
    }
    return true;
  }

  /** Lets a call queue, and sends it if it can be. One too many ends with `LIMIT_REACHED`. */
  add(call: PageCall): void {
    const { queueMax, callsMax, reportsMax } = this.#limits;
    const isSent = this.#host.link !== undefined && this.#sent.size < callsMax;
    if (!isSent && this.#queue.size >= queueMax) {
      const error = new AsupersyncError("LIMIT_REACHED", `${queueMax + 1} calls that wait`);
      settle(call, Object.freeze({ kind: "err", error }));
      return;
    }
    if (call.reports !== "dropped") {
      const grant = (count: number): void => this.#grant(call, count);
      const fail = (): void => this.cancel(call, reasonOf("what listens to its reports failed"));
      call.listen(reportsMax, grant, fail);
    }
    this.#queue.add(call);
    this.sendQueued();
  }

  /** Sends what waits, as far as the worker takes it. */
  sendQueued(): void {
    for (const call of this.#queue) {
      const { link } = this.#host;
      if (link === undefined || this.#sent.size >= this.#limits.callsMax) return;
      this.#queue.delete(call);
      this.#send(call, link);
    }
  }

  /** Asks the worker to cancel a call; one that is not sent has ended with that. */
  cancel(call: PageCall, cancel: CancelInfo): void {
    if (call.stage === "queued") {
      this.#queue.delete(call);
      settle(call, cancelledOutcome(cancel));
      this.#host.ended();
    }
    if (call.stage !== "sent") return;
    call.stage = "cancelling";
    // Its task must not wait for somebody to take reports that nobody wants any more.
    call.inbox?.drop();
    const { id } = call;
    const message = { v: PROTOCOL_VERSION, type: "cancel", id, cancel: encodeCancel(cancel) };
    this.#host.link?.post(message as never);
    call.awaitDrain(CloseWait.boundMs(this.#limits.drainMs), () => {
      // The worker's own runtime would have revoked the task long ago: its thread is stuck.
      this.#revoke(call);
      call.stage = "revoked";
      call.end(cancelledOutcome(cancel));
      this.#host.stuck(call.name);
    });
  }

  /** Takes a report in. */
  reported(message: Report): void {
    const call = this.#live(message);
    if (call === undefined || call.stage === "revoked") return;
    if (call.inbox?.accept(message.value) === true) return;
    this.#host.violated(broken(message, "credit, of which there was none"));
  }

  /** Ends a call as the worker says. */
  answered(message: Ended): void {
    const call = this.#live(message);
    if (call === undefined) return;
    const outcome = decodeOutcome(message.outcome);
    if (outcome === undefined) {
      this.#host.violated(broken(message, "outcome"));
      return;
    }
    this.#sent.delete(call.id);
    if (call.stage !== "revoked") settle(call, outcome);
    this.sendQueued();
    this.#host.ended();
  }

  /** Ends what waits. Returns how many that were. */
  endQueued(outcome: Outcome<unknown>): number {
    const calls = [...this.#queue];
    this.#queue.clear();
    for (const call of calls) settle(call, outcome);
    return calls.length;
  }

  /** Ends what was sent: the worker is gone. Returns how many that were. */
  endSent(outcome: Outcome<unknown>): number {
    const calls = [...this.#sent.values()].filter((call) => call.stage !== "revoked");
    this.#sent.clear();
    for (const call of calls) settle(call, outcome);
    return calls.length;
  }

  /** Ends what was sent and never answered: nobody waits for it any more. */
  revokeSent(outcome: Outcome<unknown>): void {
    for (const call of this.#sent.values()) {
      if (call.stage !== "revoked") this.#revoke(call);
    }
    this.endSent(outcome);
  }

  /** Lets go of all reports: a task must not wait for them to be taken when its worker closes. */
  dropReports(): void {
    for (const call of this.#sent.values()) call.inbox?.drop();
  }

  #send(call: PageCall, link: WorkerLink): void {
    const { name, input } = call;
    this.#lastId += 1;
    call.id = this.#lastId;
    call.stage = "sent";
    const { id } = call;
    const credit = call.inbox?.window ?? 0;
    try {
      link.post({ v: PROTOCOL_VERSION, type: "call", id, name, input, credit }, transferOf(input));
      this.#sent.set(id, call);
    } catch (cause) {
      const received = `an input of "${name}" that cannot be posted`;
      const error = new AsupersyncError("WORKER_UNCLONABLE", received, { cause });
      settle(call, Object.freeze({ kind: "err", error }));
    }
  }

  #grant(call: PageCall, count: number): void {
    if (call.stage !== "sent" && call.stage !== "cancelling") return;
    this.#host.link?.post({ v: PROTOCOL_VERSION, type: "credit", id: call.id, count });
  }

  /** The call that a message is about; undefined if it has ended, which is no fault. */
  #live(message: Report | Ended): PageCall | undefined {
    if (message.id > this.#lastId) this.#host.violated(forged(message));
    return this.#sent.get(message.id);
  }

  #revoke(call: PageCall): void {
    this.revokedCount += 1;
    if (this.revoked.length < CloseWait.ENTRIES_MAX) this.revoked.push(call.name);
  }
}

function settle(call: PageCall, outcome: Outcome<unknown>): void {
  call.stage = "ended";
  call.end(outcome);
}
