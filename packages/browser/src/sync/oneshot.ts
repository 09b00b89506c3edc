/** Owns the oneshot: one value, once. */
import { ObligationKindCode, PermitFlowCode } from "@asupersync/browser-core";
import type { Cx } from "../cx.js";
import { DISPOSE } from "../dispose.js";
import { type Op, type OpRecord, settledOp } from "../op.js";
import { ask, PermitWait, take, waitFor } from "./ask.js";
import { Line, type LineUse } from "./line.js";
import { type Owner, scopeOf, userOf } from "./owner.js";

/**
 * Opens a channel for one value, which goes with `owner`. Sending needs no task, so that a callback can
 * do it.
 *
 * @throws {AsupersyncError} `FORGED_HANDLE`; `LIMIT_REACHED` at 2^20 semaphores of a runtime;
 *   `CHANNEL_CLOSED` if the owner has closed.
 * @example
 * ```ts
 * const answer = oneshot<string>(cx);
 * dialog.addEventListener("close", () => answer.send(dialog.returnValue), { once: true });
 * const chosen = await answer.receive(cx);
 * ```
 */
export function oneshot<T>(owner: Owner): Oneshot<T> {
  return new Oneshot<T>(Line.open(scopeOf(owner), 0, PermitFlowCode.spent, ONESHOT));
}

/** A channel for one value; see {@link oneshot}. */
export class Oneshot<T> implements Disposable {
  readonly #line: Line;
  #stage: "empty" | "full" | "over" = "empty";
  #value: T | undefined = undefined;

  /** @internal */
  constructor(line: Line) {
    this.#line = line;
  }

  /** Whether no value can be sent any more: one was, or it was closed, or its owner has. */
  get isClosed(): boolean {
    return this.#stage !== "empty" || this.#line.available < 0;
  }

  /**
   * Sends the value, from anywhere and without waiting.
   *
   * @throws {AsupersyncError} `CHANNEL_CLOSED` if one was sent, it was closed or its owner has;
   *   `POISONED`.
   */
  send(value: T): void {
    if (this.#stage !== "empty") throw this.#line.closedError();
    this.#line.add(1);
    this.#stage = "full";
    this.#value = value;
  }

  /**
   * Waits for the value. Cancel-safe: one that fails has not taken it.
   *
   * @throws {CancelledError} When the task is cancelled, also where the value is there.
   * @throws {AsupersyncError} `CHANNEL_CLOSED` if it was received already, or closed without one; and
   *   what is wrong with the `cx`.
   */
  receive(cx: Cx): Op<T> {
    const task = userOf(cx, this.#line.runtime);
    const answer = ask(task, this.#line, 1);
    if (answer > 0) return settledOp(task, this.#take(answer));
    return waitFor(task, answer, new Receive(this.#line, (permit) => this.#take(permit)));
  }

  /**
   * The value, if it is there; a cancelled task may ask, too.
   *
   * @throws {AsupersyncError} `WOULD_WAIT`, `CHANNEL_CLOSED`; and what is wrong with the `cx`.
   */
  tryReceive(cx: Cx): T {
    return this.#take(take(userOf(cx, this.#line.runtime), this.#line, 1));
  }

  /** Ends it: whoever waits is told that no value comes. A value that was sent can still be received. */
  close(): void {
    if (this.#stage !== "empty") return;
    this.#stage = "over";
    this.#line.drop();
  }

  /** As {@link Oneshot.close}. */
  [DISPOSE](): void {
    this.close();
  }

  #take(permit: number): T {
    this.#line.commit(permit);
    const value = this.#value as T;
    this.#stage = "over";
    this.#value = undefined;
    // Others who wait are told that it is over, and its owner need not remember it.
    this.#line.drop();
    return value;
  }
}

class Receive<T> extends PermitWait {
  readonly #take: (permit: number) => T;

  constructor(line: Line, take: (permit: number) => T) {
    super(line, 1);
    this.#take = take;
  }

  protected override granted(op: OpRecord, permit: number): void {
    op.fulfil(this.#take(permit));
  }
}

const ONESHOT: LineUse = { code: "CHANNEL_CLOSED", name: "oneshot", kind: ObligationKindCode.ack };
