/** Owns one call as the page that makes it has it: how far it is, its reports, and its outcome. */
import { type CancelInfo, makeCancelledError } from "../cancel.js";
import type { Outcome } from "../outcome.js";
import { panicError } from "../task.js";
import { TIMER_MS_MAX } from "./close-wait.js";
import { Inbox } from "./inbox.js";

/** What is asked of a worker. */
export interface CallSetup {
  readonly name: string;
  readonly input: unknown;
  /** Who takes its reports: nobody, a function, or whoever iterates the stream. */
  readonly reports: "dropped" | "told" | "kept";
  /** Called with each report, in order, each after what it returned for the one before has settled. */
  readonly onReport: ((value: unknown) => unknown) | undefined;
}

/**
 * A call: `queued → sent → cancelling → ended`. Only the worker's outcome ends one that was sent, or the
 * end of the worker, or that it did not answer a cancellation in time (`revoked`).
 */
export class PageCall {
  /** 0 until it is sent. */
  id = 0;
  readonly name: string;
  readonly input: unknown;
  stage: "queued" | "sent" | "cancelling" | "revoked" | "ended" = "queued";
  readonly reports: CallSetup["reports"];
  /** Its outcome, once all reports were taken by who listens. Never rejects. */
  readonly outcome: Promise<Outcome<unknown>>;
  inbox: Inbox | undefined = undefined;
  readonly #onReport: ((value: unknown) => unknown) | undefined;
  #resolve: (outcome: Outcome<unknown>) => void = () => undefined;
  #drainTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  #telling: Promise<void> | undefined = undefined;
  /** What the listener threw. */
  #failure: { readonly error: unknown } | undefined = undefined;

  constructor(setup: CallSetup) {
    this.name = setup.name;
    this.input = setup.input;
    this.reports = setup.reports;
    this.#onReport = setup.onReport;
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Listens for reports. `grant` sends the worker leave for more, `fail` cancels the call. */
  listen(window: number, grant: (count: number) => void, fail: () => void): void {
    const inbox = new Inbox(window, grant);
    this.inbox = inbox;
    if (this.#onReport === undefined) return;
    inbox.onReport = () => {
      this.#telling ??= this.#tell(inbox, fail);
    };
  }

  /** Calls `giveUp` if it has not ended in `ms`. */
  awaitDrain(ms: number, giveUp: () => void): void {
    this.#drainTimer = setTimeout(giveUp, Math.min(ms, TIMER_MS_MAX));
  }

  /** Ends it, after what it reported was taken by its listener. */
  end(outcome: Outcome<unknown>): void {
    clearTimeout(this.#drainTimer);
    if (this.#telling === undefined) this.#settle(outcome);
    else void this.#telling.then(() => this.#settle(outcome));
  }

  #settle(outcome: Outcome<unknown>): void {
    const failure = this.#failure;
    this.#resolve(failure === undefined ? outcome : Object.freeze({ kind: "err", ...failure }));
  }

  async #tell(inbox: Inbox, fail: () => void): Promise<void> {
    try {
      for (let next = inbox.take(); next !== undefined; next = inbox.take()) {
        await this.#onReport?.(next.value);
      }
    } catch (error) {
      this.#failure = { error };
      inbox.drop();
      fail();
    }
    this.#telling = undefined;
  }
}

/** What a call gives that ended so. */
export function resultOf(outcome: Outcome<unknown>): unknown {
  switch (outcome.kind) {
    case "ok":
      return outcome.value;
    case "err":
      throw outcome.error;
    case "cancelled":
      throw makeCancelledError(outcome.cancel);
    case "panicked":
      throw panicError(outcome.panic);
  }
}

/** How a call ends that the page itself cancels: before it was sent, or without an answer. */
export function cancelledOutcome(cancel: CancelInfo): Outcome<never> {
  return Object.freeze({ kind: "cancelled", cancel });
}
