/** Owns one connection: the platform's socket, its listeners, what is sent, and a close that ends. */

import { HostKindCode } from "@asupersync/browser-core";
import { checkActive } from "../active.js";
import type { CancelInfo, CancelledError } from "../cancel.js";
import { HostRecord, HostResult } from "../host-op.js";
import { type Op, type OpRecord, settledOp } from "../op.js";
import type { TaskRecord } from "../task.js";
import { TaskTimer, type TimerOwner } from "../task-timer.js";
import { TimeoutError } from "../timeout-error.js";
import {
  closedError,
  isNormal,
  type SocketClose,
  SocketError,
  type SocketFailure,
} from "./close.js";
import { HeartbeatTimer } from "./heartbeat.js";
import { Inbox } from "./inbox.js";
import { ANSWERS_IN_A_ROW, CloseCode, ROOM_AGAIN_MS, ROOM_AGAIN_MS_MAX } from "./limits.js";
import { checkData, encodeData, type Heartbeat, type SocketSetup } from "./options.js";
import {
  OPEN,
  type PlatformSocket,
  type SocketData,
  type SocketMessage,
  type WebSocketImplementation,
} from "./platform.js";
import { answerAll, SocketWait } from "./wait.js";

/** Where a socket stands. */
export type SocketState = "connecting" | "open" | "closing" | "closed";

/** What the close frame of this side says, and why it is sent. */
interface Asked {
  readonly code: number;
  readonly reason: string;
  /** Undefined if it is simply wanted. */
  readonly failure: SocketFailure | undefined;
}

/** What outlives a connection: it gets what the connection would lose at its end. */
export interface ConnectionHeir {
  /** Where what comes is put, which does not end with the connection. */
  readonly inbox: Inbox;
  /** Takes a message that waits to be sent; the error if it cannot. */
  readonly keep: (data: SocketData) => SocketError | undefined;
}

/**
 * One connection, which is a host operation of the task that opened it: ordered to be aborted, it closes.
 *
 * ```text
 *              1             2                 3
 *  connecting ───► open ───────────► closing ─────► closed
 *       │           │                   ▲             ▲
 *       │           └───────────────────┼─────────────┤ 3
 *       └───────────────────────────────┘ 2           │
 *       └─────────────────────────────────────────────┘ 3
 * ```
 * 1. `#opened`; 2. `askClose`, which waits for the opening handshake first; 3. `#closed`: the platform's
 * close event came, or `closeTimeout` was over.
 */
export class Connection extends HostRecord implements TimerOwner {
  readonly setup: SocketSetup;
  state: SocketState = "connecting";
  /** How it ended, once it has. */
  ended: SocketClose | undefined = undefined;
  /** Where what comes is put. */
  inbox: Inbox;
  /** Takes over from {@link Connection.handOver} on. */
  #heir: ConnectionHeir | undefined = undefined;
  #socket: PlatformSocket | undefined = undefined;
  #asked: Asked | undefined = undefined;
  #hasOpened = false;
  /** Set when it was not open in time. */
  #late: TimeoutError | undefined = undefined;
  #protocol = "";
  #openTimer: TaskTimer | undefined = undefined;
  /** The host's, since the close may outlive the body. */
  #closeTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  readonly #heartbeat: HeartbeatTimer | undefined;
  readonly #senders = new Set<SocketWait<SocketData>>();
  readonly #closers = new Set<SocketWait<undefined>>();
  #roomTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  #roomAgainMs = ROOM_AGAIN_MS;
  #isHigh = false;
  #answers = 0;

  constructor(task: TaskRecord, setup: SocketSetup) {
    super(task, HostKindCode.socket, setup.label);
    this.setup = setup;
    this.inbox = new Inbox(setup.bounds, setup.label);
    if (setup.heartbeat !== undefined) this.#heartbeat = this.#makeHeartbeat(setup.heartbeat);
  }

  /** Begins to connect. The wait of the operation gets `face` when it is open, or fails. */
  connect(implementation: WebSocketImplementation, face: unknown): void {
    const { url, protocols, openTimeoutMs } = this.setup;
    let socket: PlatformSocket;
    try {
      if (openTimeoutMs !== undefined) {
        this.#openTimer = new TaskTimer(this.task, openTimeoutMs, this);
      }
      socket = new implementation(url, protocols);
    } catch (error) {
      // Such as ws: from a page that came over https:.
      this.#openTimer?.stop();
      this.state = "closed";
      this.complete(HostResult.err, this.#failed(error));
      return;
    }
    this.#socket = socket;
    let cause: unknown;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened(socket, face);
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.#came(event.data);
    socket.onerror = (event: { readonly error?: unknown }) => {
      // Browsers say nothing here; others give the error.
      cause = event.error;
    };
    socket.onclose = ({ code, reason, wasClean }: CloseEvent) =>
      this.#closed(code, reason, wasClean, cause);
  }

  /** It is not open in time. */
  timedOut(): void {
    this.#late = new TimeoutError("TIMEOUT", `none after ${this.setup.openTimeoutMs} ms`, {
      expected: "an open socket in time",
      mend: "allow more openTimeout, or look why the server does not answer",
    });
    this.askClose(CloseCode.normal, "", "refused");
    this.#socket?.close();
  }

  /** The protocol that the peer chose; empty if none. */
  get protocol(): string {
    return this.#protocol;
  }

  /** Bytes that were handed over and are not sent yet. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Gives what came, what comes and what waits to be sent to somebody who outlives it. */
  handOver(heir: ConnectionHeir): void {
    this.inbox.moveTo(heir.inbox);
    this.inbox = heir.inbox;
    this.#heir = heir;
  }

  /** See {@link Socket.send}. */
  send(task: TaskRecord, data: SocketData): Op<void> {
    if (task.cancelError === undefined && this.#answers < ANSWERS_IN_A_ROW && this.#hasRoom()) {
      this.#answers += 1;
      this.#socket?.send(data);
      return settledOp<void>(task, undefined);
    }
    this.#answers = 0;
    return SocketWait.open(task, `send ${this.label}`, this.#senders, data, (sender) => {
      if (this.#isOpen()) this.#sendWaiting();
      else this.#stopSender(sender, this.closedError());
    });
  }

  /** See {@link Socket.trySend}. */
  trySend(data: SocketData): boolean {
    if (!this.#isOpen()) throw this.closedError();
    const hasRoom = this.#hasRoom();
    if (hasRoom) this.#socket?.send(data);
    return hasRoom;
  }

  /** Makes what is sent of what was passed to `send`. */
  encode(value: unknown): SocketData {
    return encodeData(this.setup, value);
  }

  /** Waits for `task` until it is closed. */
  whenClosed(task: TaskRecord): OpRecord<SocketClose> {
    checkActive(task);
    return SocketWait.open(task, `close ${this.label}`, this.#closers, undefined, (closer) => {
      if (this.ended !== undefined) closer.answer(HostResult.ok, this.ended);
    });
  }

  /** Asks for the close, unless that has been done or it is closed. */
  askClose(code: number, reason: string, failure?: SocketFailure): void {
    if (this.#asked !== undefined || this.state === "closed") return;
    const wasOpen = this.state === "open";
    this.#asked = { code, reason, failure };
    this.state = "closing";
    this.#stopTimers();
    this.#closeTimer = setTimeout(() => this.#drop(), this.setup.closeTimeoutMs);
    this.#stopSenders(this.closedError());
    // One that is still connecting is closed when it is open: sooner, a browser complains of it in the
    // console, as of a mistake.
    if (wasOpen) this.#socket?.close(code, reason);
  }

  /** The error for those who want something of it that only an open one gives. */
  closedError(): SocketError {
    return closedError(this.label, this.ended);
  }

  /** Its task lets it go. */
  override abort(reason: CancelledError): void {
    this.askClose(CloseCode.normal, reasonText(reason.cancel));
  }

  /** The kernel lets it go: nothing waits for it any more. */
  override forget(): void {
    super.forget();
    if (this.state !== "closed") this.#drop();
  }

  #isOpen(): boolean {
    // The platform knows of the peer's close before its event says so.
    return this.state === "open" && this.#socket?.readyState === OPEN;
  }

  #hasRoom(): boolean {
    if (!this.#isOpen() || this.#senders.size > 0) return false;
    this.#isHigh = this.bufferedBytes > this.setup.highWaterBytes;
    return !this.#isHigh;
  }

  /** Sends what waits as long as there is room, and looks again later for the rest. */
  #sendWaiting(): void {
    clearTimeout(this.#roomTimer);
    const { highWaterBytes, lowWaterBytes } = this.setup;
    for (const sender of this.#senders) {
      // It closes: what waits is told when it has.
      if (!this.#isOpen()) break;
      this.#isHigh = this.bufferedBytes > (this.#isHigh ? lowWaterBytes : highWaterBytes);
      if (this.#isHigh) break;
      this.#roomAgainMs = ROOM_AGAIN_MS;
      // Told first, so that what was given up meanwhile is not sent.
      if (sender.answer(HostResult.ok, undefined)) this.#socket?.send(sender.payload);
    }
    if (this.#senders.size === 0) return;
    this.#roomTimer = setTimeout(() => this.#sendWaiting(), this.#roomAgainMs);
    this.#roomAgainMs = Math.min(this.#roomAgainMs * 2, ROOM_AGAIN_MS_MAX);
  }

  #opened(socket: PlatformSocket, face: unknown): void {
    if (this.#asked !== undefined) {
      socket.close(this.#asked.code, this.#asked.reason);
      return;
    }
    this.#openTimer?.stop();
    this.state = "open";
    this.#hasOpened = true;
    this.#protocol = socket.protocol;
    this.#heartbeat?.start();
    this.notify(HostResult.ok, face);
  }

  #came(data: string | ArrayBuffer): void {
    this.#heartbeat?.sign();
    // Browsers throw away what comes after our close, and what comes after an overflow would come after a
    // gap.
    if (this.#asked !== undefined) return;
    const isText = typeof data === "string";
    const message: SocketMessage = isText ? data : new Uint8Array(data);
    const bytes = isText ? data.length : data.byteLength;
    if (this.#isReply(message)) return;
    const { decode } = this.setup;
    let code: HostResult = HostResult.ok;
    let value: unknown = message;
    try {
      if (decode !== undefined) value = decode(message);
      if (value === undefined) return;
    } catch (error) {
      code = HostResult.err;
      value = error;
    }
    if (this.inbox.push(code, value, bytes)) return;
    this.askClose(CloseCode.overflow, "overflow", "overflow");
  }

  #isReply(message: SocketMessage): boolean {
    try {
      return this.setup.heartbeat?.isReply?.(message) === true;
    } catch (error) {
      this.task.scope.runtime.unobserved.reportListener(error);
      return false;
    }
  }

  /** The peer left the close unanswered, or its answer does not matter any more. */
  #drop(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#closed(CloseCode.lost, "", false, undefined);
    // One that still connects is given up, of which a browser says so in the console.
    if (socket.terminate !== undefined) socket.terminate();
    else if (socket.readyState < OPEN) socket.close();
  }

  #closed(code: number, reason: string, clean: boolean, cause: unknown): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    const failure = this.#failureOf(clean);
    const by = failure !== undefined ? "failure" : this.#asked === undefined ? "peer" : "us";
    this.#socket = undefined;
    this.state = "closed";
    this.ended = Object.freeze({ code, reason, clean, by, failure });
    this.#stopTimers();
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    // Not null: of an error that nobody listens to the package `ws` makes an exception.
    socket.onerror = ignore;
    const error = this.closedError();
    if (this.#heir === undefined) this.inbox.end(isNormal(this.ended) ? undefined : error);
    this.#stopSenders(error);
    answerAll(this.#closers, HostResult.ok, this.ended);
    if (this.#hasOpened) this.conclude(HostResult.ok);
    else this.complete(HostResult.err, this.#late ?? this.#failed(cause));
  }

  #stopSenders(error: SocketError): void {
    for (const sender of [...this.#senders]) this.#stopSender(sender, error);
  }

  /** Gives what `sender` waits with to the heir, or fails it. */
  #stopSender(sender: SocketWait<SocketData>, error: SocketError): void {
    // Of a close that was wanted nothing is kept.
    const isWanted = this.#asked !== undefined && this.#asked.failure === undefined;
    const refused = isWanted || !this.#heir ? error : this.#heir.keep(sender.payload);
    if (refused === undefined) sender.answer(HostResult.ok, undefined);
    else sender.answer(HostResult.err, refused);
  }

  #failureOf(clean: boolean): SocketFailure | undefined {
    if (this.#asked?.failure !== undefined) return this.#asked.failure;
    if (this.#asked !== undefined) return clean ? undefined : "unanswered";
    if (!this.#hasOpened) return "refused";
    return clean ? undefined : "lost";
  }

  /** The error of one that never opened. */
  #failed(cause: unknown): SocketError {
    const details = cause === undefined ? undefined : { cause };
    return new SocketError("SOCKET_FAILED", this.label, this.ended, details);
  }

  #makeHeartbeat(heartbeat: Heartbeat): HeartbeatTimer {
    const { message } = heartbeat;
    const beat = (): void => {
      try {
        const data = typeof message === "function" ? message() : message;
        checkData(data);
        if (this.#isOpen()) this.#socket?.send(data);
      } catch (error) {
        this.task.scope.runtime.unobserved.reportListener(error);
      }
    };
    const silent = (): void => this.askClose(CloseCode.silent, "silent", "silent");
    return new HeartbeatTimer(heartbeat, beat, silent);
  }

  #stopTimers(): void {
    this.#openTimer?.stop();
    clearTimeout(this.#closeTimer);
    clearTimeout(this.#roomTimer);
    this.#heartbeat?.stop();
  }
}

/** The kind of what was asked for first; nothing for a body that came to its end. */
function reasonText(cancel: CancelInfo): string {
  let first = cancel;
  while (first.cause !== undefined) first = first.cause;
  return first.kind === "linked-exit" ? "" : first.kind;
}

const ignore = (): void => undefined;
