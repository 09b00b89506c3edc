/** Owns the life of a reconnecting socket: one connection after another, and what outlives them. */
import "../combinators/race.js";
import "../foreign.js";
import type { Body } from "../body.js";
import { type CheckedSchedule, nextPause } from "../combinators/schedule.js";
import { type Cx, taskOf } from "../cx.js";
import { HostResult } from "../host-op.js";
import type { Op } from "../op.js";
import type { TaskRecord } from "../task.js";
import { TimeoutError } from "../timeout-error.js";
import { closedError, isNormal, SocketError, UnsentError } from "./close.js";
import type { Connection, ConnectionHeir } from "./connection.js";
import { Inbox } from "./inbox.js";
import { CloseCode } from "./limits.js";
import { canTell, isOffline, whenOnline } from "./online.js";
import { encodeData, type SocketOptions, type SocketSetup } from "./options.js";
import { Outbox, type OutboxBounds, type Unsent } from "./outbox.js";
import type { SocketData } from "./platform.js";
import { type Socket, SocketRecord, webSocketOp } from "./socket.js";
import { type SocketEnd, StatusLog } from "./status.js";
import { answerAll, SocketWait } from "./wait.js";

/** What a relay is made of, all of it checked. */
export interface RelaySetup {
  readonly setup: SocketSetup;
  readonly socketOptions: SocketOptions;
  readonly schedule: CheckedSchedule;
  readonly retryIf: (error: unknown, attempt: number) => boolean;
  readonly stableMs: number;
  readonly waitsForOnline: boolean;
  readonly resume: ((socket: Socket, cx: Cx) => unknown) | undefined;
  readonly queue: OutboxBounds;
}

/** Close codes of a peer that has come to its end, or would only say the same again. */
const FINAL_CODES: readonly number[] = [1000, 1002, 1003, 1007, 1008, 1009, 1010];

/** Whether what ended a connection, or kept it from opening, may pass. */
export function isPassing(error: unknown): boolean {
  if (error instanceof TimeoutError) return true;
  if (!(error instanceof SocketError)) return false;
  const { by, code, failure } = error.close ?? {};
  if (by === "peer") return !FINAL_CODES.includes(code ?? 0);
  return failure !== "overflow";
}

/**
 * ```text
 *     ┌────────────────────────────────┐
 *     ▼         1             2        │ 3
 *  offline ─► connecting ─► open ─► waiting
 *                 │          │         │ 4
 *                 └──────────┴─────────┴──────► closed
 * ```
 * 1. there is a network; 2. the connection is open and has resumed; 3. the pause is over; 4. closed by us,
 * by the peer for good, or given up.
 */
export class Relay implements ConnectionHeir {
  readonly setup: SocketSetup;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly log: StatusLog;
  /** Called when it has ended, and there is nothing left to tell at the end of its owner's body. */
  onEnd: (() => void) | undefined = undefined;
  readonly #given: RelaySetup;
  #task: TaskRecord<void> | undefined = undefined;
  /** The connection that is being made or used. */
  #attempt: Connection | undefined = undefined;
  /** The present connection, from its open on. */
  #connection: Connection | undefined = undefined;
  /** Whether it has resumed and the queue is empty: what is sent goes there at once. */
  #isDirect = false;
  /** What of the queue is being sent. */
  #sending: Unsent | undefined = undefined;
  /** What the close is to say; what is queued is sent first. */
  #closing: { readonly code: number; readonly reason: string } | undefined = undefined;
  /** The host's, since the close may outlive the body. */
  #closeTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  /** Whether its owner's body has ended. */
  #isLeft = false;
  /** Whether somebody was given the end, or the error that it ended with. */
  #hasTold = false;
  #end: SocketEnd | undefined = undefined;
  readonly #senders = new Set<SocketWait<undefined>>();
  readonly #openers = new Set<SocketWait<undefined>>();
  readonly #closers = new Set<SocketWait<Asker>>();
  /** Those who pause before the next attempt: a close does not wait for that. */
  readonly #pauses = new Set<SocketWait<undefined>>();

  constructor(given: RelaySetup) {
    const { setup, queue } = given;
    this.setup = setup;
    this.#given = given;
    this.inbox = new Inbox(setup.bounds, setup.label);
    this.outbox = new Outbox(queue, setup.label);
    this.log = new StatusLog(setup.label);
    this.log.add({ state: "connecting", attempt: 1 });
  }

  /** `task` is what runs it. */
  begin(task: TaskRecord<void>): void {
    this.#task = task;
    // One that is cancelled before its body began has nothing else to say so.
    void task.join().then(() => this.#ended(undefined));
  }

  /** Connects again and again; the body of its task. Fails by cancellation alone. */
  async run(cx: Cx): Promise<void> {
    const { schedule, retryIf, stableMs } = this.#given;
    let failures = 0;
    let since = cx.now;
    for (;;) {
      await this.#network(cx);
      if (this.log.last.state !== "connecting") {
        this.log.add({ state: "connecting", attempt: failures + 1 });
      }
      const { error, lastedMs } = await this.#connect(cx);
      if (this.#closing !== undefined) return this.#ended(error);
      if (lastedMs >= stableMs) {
        failures = 0;
        since = cx.now;
      }
      failures += 1;
      let pauseMs: number | undefined;
      try {
        if (retryIf(error, failures)) {
          pauseMs = nextPause(schedule, failures, cx.now - since, cx.random());
        }
      } catch (thrown) {
        return this.#ended(thrown);
      }
      if (pauseMs === undefined) return this.#ended(error);
      this.log.add({ state: "waiting", attempt: failures, pauseMs, error });
      await this.#pause(cx, pauseMs);
      if (this.#closing !== undefined && this.#given.waitsForOnline && isOffline()) {
        return this.#ended(error);
      }
    }
  }

  /** Its owner's body has ended; by a cancellation, if `isCancelled`. */
  leave(isCancelled: boolean): void {
    this.#isLeft = true;
    if (this.#end !== undefined) this.#tellOfError();
    else if (isCancelled || this.outbox.size === 0) this.#task?.cancel("linked-exit");
    else this.close(CloseCode.normal, "");
  }

  /** See {@link ReconnectingSocket.send}. */
  send(task: TaskRecord, value: unknown): Op<void> {
    const data = encodeData(this.setup, value);
    const connection = this.#connection;
    if (this.#isDirect && connection?.state === "open") return connection.send(task, data);
    const label = `send ${this.setup.label}`;
    return SocketWait.open(task, label, this.#senders, undefined, (sender) => {
      const isOver = this.#end !== undefined || this.#closing !== undefined;
      if (this.#end !== undefined) this.#hasTold = true;
      const refused = isOver ? this.#closedError() : this.keep(data);
      if (refused === undefined) sender.answer(HostResult.ok, undefined);
      else sender.answer(HostResult.err, refused);
    });
  }

  keep(data: SocketData): SocketError | undefined {
    if (this.#sending?.data !== data) return this.outbox.push(data);
    // It has kept its place.
    this.#sending = undefined;
    return undefined;
  }

  whenOpen(task: TaskRecord): Op<void> {
    return SocketWait.open(task, `open ${this.setup.label}`, this.#openers, undefined, (opener) => {
      if (this.#end !== undefined) this.#answerOpener(opener);
      else if (this.log.last.state === "open") opener.answer(HostResult.ok, undefined);
    });
  }

  /** @param asker Whether what it is given is looked at. */
  whenClosed(task: TaskRecord, asker: Asker): Op<SocketEnd> {
    const label = `close ${this.setup.label}`;
    return SocketWait.open(task, label, this.#closers, asker, (closer) => {
      if (this.#end !== undefined) this.#answerCloser(closer, this.#end);
    });
  }

  /** Closes it, once what was accepted is sent or `closeTimeoutMs` is over. */
  close(code: number, reason: string): void {
    if (this.#closing !== undefined || this.#end !== undefined) return;
    this.#closing = { code, reason };
    const attempt = this.#attempt;
    if (this.outbox.size === 0 && attempt !== undefined) attempt.askClose(code, reason);
    else if (this.outbox.size === 0 || this.log.last.state === "offline") this.#task?.cancel();
    else {
      this.#closeTimer = setTimeout(() => this.#closeLate(), this.setup.closeTimeoutMs);
      answerAll(this.#pauses, HostResult.ok, undefined);
    }
  }

  /** It could not send everything in time. */
  #closeLate(): void {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.state === "closed") this.#task?.cancel();
    else attempt.drop();
  }

  /** One connection from its begin to its end, and why it ended. */
  async #connect(cx: Cx): Promise<{ readonly error: unknown; readonly lastedMs: number }> {
    let openedMs: number | undefined;
    let error: unknown;
    try {
      const { socketOptions } = this.#given;
      const socket = await webSocketOp(taskOf(cx), this.setup.url, socketOptions, (connection) => {
        this.#attempt = connection;
        connection.lastWords = (send) => this.#sendLast(send);
      });
      openedMs = cx.now;
      error = await this.#use(cx, socket);
    } catch (thrown) {
      if (cx.cancelled !== undefined) throw thrown;
      error = thrown;
    } finally {
      this.#attempt = undefined;
      this.#connection = undefined;
      this.#isDirect = false;
    }
    return { error, lastedMs: openedMs === undefined ? -1 : cx.now - openedMs };
  }

  async #use(cx: Cx, socket: Socket): Promise<unknown> {
    const { resume } = this.#given;
    const connection = SocketRecord.connectionOf(socket);
    this.#connection = connection;
    let failure: { readonly error: unknown } | undefined;
    if (resume !== undefined) {
      try {
        await cx.race([
          (own) => resume(socket.withCx(own), own),
          (own) => socket.withCx(own).closed(),
        ]);
      } catch (error) {
        if (cx.cancelled !== undefined) throw error;
        failure = { error };
        connection.askClose(CloseCode.normal, "");
      }
    }
    if (connection.state === "open") {
      connection.handOver(this);
      this.log.add({ state: "open", protocol: connection.protocol });
      answerAll(this.#openers, HostResult.ok, undefined);
      await this.#sendQueued(taskOf(cx), connection);
      this.#isDirect = true;
      if (this.#closing !== undefined && this.outbox.size === 0) {
        clearTimeout(this.#closeTimer);
        connection.askClose(this.#closing.code, this.#closing.reason);
      }
    }
    const close = await socket.closed();
    return failure === undefined ? closedError(this.setup.label, close) : failure.error;
  }

  async #sendQueued(task: TaskRecord, connection: Connection): Promise<void> {
    const { outbox } = this;
    for (let first = outbox.first; first !== undefined; first = outbox.first) {
      if (connection.state !== "open") return;
      this.#sending = first;
      await connection.send(task, first.data);
      // The connection has ended before it was sent.
      if (this.#sending === undefined) return;
      this.#sending = undefined;
      // It may have been dropped meanwhile for one that came.
      if (outbox.first === first) outbox.shift();
    }
  }

  /**
   * It was cancelled while it connected, and is open now: what is queued goes before the close. Not where
   * `resume` has to come first, which is the caller's code and cancelled by now.
   */
  #sendLast(send: (data: SocketData) => void): void {
    if (this.#given.resume !== undefined) return;
    const { outbox } = this;
    for (let first = outbox.first; first !== undefined; first = outbox.first) {
      send(first.data);
      outbox.shift();
    }
  }

  /** Waits until there is a network. */
  async #network(cx: Cx): Promise<void> {
    if (!this.#given.waitsForOnline || !isOffline()) return;
    this.log.add({ state: "offline" });
    while (isOffline()) await cx.foreign(whenOnline, { label: "online" });
  }

  /** Pauses; a network that is back cuts it short, and so does a close that has something to send. */
  async #pause(cx: Cx, pauseMs: number): Promise<void> {
    const { label } = this.setup;
    const bodies: Body<void>[] = [
      (own) => own.sleep(pauseMs),
      (own) =>
        SocketWait.open<void, undefined>(taskOf(own), label, this.#pauses, undefined, ignore),
    ];
    if (this.#given.waitsForOnline && canTell()) {
      bodies.push((own) => own.foreign(whenOnline, { label: "online" }));
    }
    await cx.race(bodies);
  }

  #ended(error: unknown): void {
    if (this.#end !== undefined) return;
    clearTimeout(this.#closeTimer);
    const close = error instanceof SocketError ? error.close : undefined;
    const unsent = this.outbox.size;
    const isNormalEnd = close !== undefined && isNormal(close);
    // Of a close that was asked for, what failed matters if it has kept something from being sent.
    const isWanted = this.#closing !== undefined && unsent === 0;
    const why = isNormalEnd || isWanted ? undefined : error;
    const end: SocketEnd = { state: "closed", error: why, unsent };
    this.#end = end;
    this.log.add(end);
    this.inbox.end(this.#closing === undefined ? why : undefined);
    for (const opener of [...this.#openers]) this.#answerOpener(opener);
    let isAsked = false;
    for (const closer of [...this.#closers]) isAsked = this.#answerCloser(closer, end) || isAsked;
    if (unsent > 0 && !isAsked) this.#tell(new UnsentError(this.setup.label, unsent, why));
    // What is not told yet may be asked for until the body has ended.
    if (this.#isLeft) this.#tellOfError();
    if (why === undefined || this.#isTold) this.onEnd?.();
  }

  #answerOpener(opener: SocketWait<undefined>): void {
    if (opener.answer(HostResult.err, this.#openError())) this.#hasTold = true;
  }

  /** Whether somebody got it who looks at it. */
  #answerCloser(closer: SocketWait<Asker>, end: SocketEnd): boolean {
    const isGiven = closer.answer(HostResult.ok, end) && closer.payload === "asks";
    if (isGiven) this.#hasTold = true;
    return isGiven;
  }

  get #isTold(): boolean {
    return this.#hasTold || this.inbox.hasTold || this.log.hasTold;
  }

  /** Nobody is left who could ask why it was given up. */
  #tellOfError(): void {
    const error = this.#end?.error;
    if (error !== undefined && !this.#isTold) this.#tell(error);
  }

  /** Tells what nobody was told who waits. */
  #tell(error: unknown): void {
    this.#hasTold = true;
    if (this.#task !== undefined) {
      this.#task.scope.runtime.unobserved.reportCleanUp(this.#task, error);
    }
  }

  #openError(): unknown {
    return this.#end?.error ?? this.#closedError();
  }

  #closedError(): SocketError {
    const cause = this.#end?.error;
    const details = cause === undefined ? undefined : { cause };
    const ended = cause === undefined ? "is closed for good" : "was given up";
    const why = this.#end === undefined ? "is closing" : ended;
    return new SocketError(
      "SOCKET_CLOSED",
      `${this.setup.label}, which ${why}`,
      undefined,
      details,
    );
  }
}

/** Whether one who waits for the end looks at it, or only wants it to be over. */
export type Asker = "asks" | "only-waits";

const ignore = (): void => undefined;
