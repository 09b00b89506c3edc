/** Owns the life of a reconnecting socket: one connection after another, and what outlives them. */
import "../combinators/race.js";
import "../foreign.js";
import { type CheckedSchedule, nextPause } from "../combinators/schedule.js";
import { type Cx, taskOf } from "../cx.js";
import { HostResult } from "../host-op.js";
import type { Op } from "../op.js";
import type { Task, TaskRecord } from "../task.js";
import { TimeoutError } from "../timeout-error.js";
import { closedError, isNormal, SocketError } from "./close.js";
import type { Connection, ConnectionHeir } from "./connection.js";
import { Inbox } from "./inbox.js";
import { CloseCode } from "./limits.js";
import { canTell, isOffline, whenOnline } from "./online.js";
import { encodeData, type SocketOptions, type SocketSetup } from "./options.js";
import { Outbox, type OutboxBounds, type Unsent } from "./outbox.js";
import type { SocketData } from "./platform.js";
import { type Socket, SocketRecord } from "./socket.js";
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
  /** Called when it has ended. */
  onEnd: (() => void) | undefined = undefined;
  readonly #given: RelaySetup;
  #task: Task<void> | undefined = undefined;
  /** The present connection, from its open on. */
  #connection: Connection | undefined = undefined;
  /** Whether it has resumed and the queue is empty: what is sent goes there at once. */
  #isDirect = false;
  /** What of the queue is being sent. */
  #sending: Unsent | undefined = undefined;
  #hasClosed = false;
  #end: SocketEnd | undefined = undefined;
  readonly #senders = new Set<SocketWait<undefined>>();
  readonly #openers = new Set<SocketWait<undefined>>();
  readonly #closers = new Set<SocketWait<undefined>>();

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
  begin(task: Task<void>): void {
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
      if (this.#hasClosed) return this.#ended(undefined);
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
    }
  }

  /** Its task's body has ended. */
  leave(): void {
    if (this.#end === undefined) this.#task?.cancel("linked-exit");
  }

  /** See {@link ReconnectingSocket.send}. */
  send(task: TaskRecord, value: unknown): Op<void> {
    const data = encodeData(this.setup, value);
    const connection = this.#connection;
    if (this.#isDirect && connection?.state === "open") return connection.send(task, data);
    const label = `send ${this.setup.label}`;
    return SocketWait.open(task, label, this.#senders, undefined, (sender) => {
      const refused = this.#end === undefined ? this.keep(data) : this.#closedError();
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
      if (this.#end !== undefined) opener.answer(HostResult.err, this.#openError());
      else if (this.log.last.state === "open") opener.answer(HostResult.ok, undefined);
    });
  }

  whenClosed(task: TaskRecord): Op<SocketEnd> {
    const label = `close ${this.setup.label}`;
    return SocketWait.open(task, label, this.#closers, undefined, (closer) => {
      if (this.#end !== undefined) closer.answer(HostResult.ok, this.#end);
    });
  }

  close(code: number, reason: string): void {
    if (this.#hasClosed || this.#end !== undefined) return;
    this.#hasClosed = true;
    if (this.#connection?.state === "open") this.#connection.askClose(code, reason);
    else this.#task?.cancel();
  }

  /** One connection from its begin to its end, and why it ended. */
  async #connect(cx: Cx): Promise<{ readonly error: unknown; readonly lastedMs: number }> {
    let openedMs: number | undefined;
    let error: unknown;
    try {
      const socket = await cx.webSocket(this.setup.url, this.#given.socketOptions);
      openedMs = cx.now;
      error = await this.#use(cx, socket);
    } catch (thrown) {
      if (cx.cancelled !== undefined) throw thrown;
      error = thrown;
    } finally {
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

  /** Waits until there is a network. */
  async #network(cx: Cx): Promise<void> {
    if (!this.#given.waitsForOnline || !isOffline()) return;
    this.log.add({ state: "offline" });
    while (isOffline()) await cx.foreign(whenOnline, { label: "online" });
  }

  /** Pauses; a network that is back cuts it short. */
  async #pause(cx: Cx, pauseMs: number): Promise<void> {
    if (!this.#given.waitsForOnline || !canTell()) return cx.sleep(pauseMs);
    await cx.race([
      (own) => own.sleep(pauseMs),
      (own) => own.foreign(whenOnline, { label: "online" }),
    ]);
  }

  #ended(error: unknown): void {
    if (this.#end !== undefined) return;
    const close = error instanceof SocketError ? error.close : undefined;
    const why = close !== undefined && isNormal(close) ? undefined : error;
    const end: SocketEnd = { state: "closed", error: why, unsent: this.outbox.size };
    this.#end = end;
    this.log.add(end);
    this.inbox.end(why);
    answerAll(this.#openers, HostResult.err, this.#openError());
    answerAll(this.#closers, HostResult.ok, end);
    this.onEnd?.();
  }

  #openError(): unknown {
    return this.#end?.error ?? this.#closedError();
  }

  #closedError(): SocketError {
    const cause = this.#end?.error;
    const details = cause === undefined ? undefined : { cause };
    return new SocketError("SOCKET_CLOSED", `${this.setup.label}, closed`, undefined, details);
  }
}
