/** Owns `cx.reconnectingSocket`: one socket to its users, however many connections it takes. */
import { HostKindCode } from "@asupersync/browser-core";
import { checkActive } from "../active.js";
import { spawnChild } from "../children.js";
import { decodeSchedule, SCHEDULE_OPTIONS, type Schedule } from "../combinators/schedule.js";
import { addOperation, type Cx } from "../cx.js";
import { ASYNC_DISPOSE } from "../dispose.js";
import { refusal } from "../errors.js";
import { HostRecord, HostResult } from "../host-op.js";
import { CHECKPOINT, type Op } from "../op.js";
import { checkOrigin } from "../origins.js";
import type { TaskRecord } from "../task.js";
import { checkDuration, checkFlag, checkListener, checkOptions } from "../validate.js";
import { CloseCode, QUEUED_BYTES, QUEUED_MESSAGES, STABLE_MS } from "./limits.js";
import {
  checkClose,
  checkOverflow,
  decodeBuffer,
  decodeSetup,
  SOCKET_OPTIONS,
  type SocketOptions,
} from "./options.js";
import type { QueueOverflow } from "./outbox.js";
import type { SocketData, SocketMessage } from "./platform.js";
import { isPassing, Relay } from "./relay.js";
import { type Received, type Sent, type Socket, taskBeside } from "./socket.js";
import type { SocketEnd, SocketStatus } from "./status.js";

addOperation("reconnectingSocket", reconnectingSocketOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * A socket that connects again when its connection is lost. It is given at once and connects in a
     * child task; at the end of the body, and when the task is cancelled, it is closed like the socket of
     * {@link Cx.webSocket}.
     *
     * What was handed to a connection that then broke is not sent again: nobody can know whether it
     * arrived. `resume` is the place to ask the server.
     *
     * @param url As for {@link Cx.webSocket}.
     * @example
     * ```ts
     * const socket = cx.reconnectingSocket("wss://example.org/live", {
     *   resume: (connection) => connection.send("subscribe"),
     * });
     * for await (const message of socket) show(message);
     * ```
     * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`, `ORIGIN_NOT_ALLOWED`.
     * @throws {CancelledError} When the task is cancelled already.
     */
    reconnectingSocket<const O extends ReconnectingSocketOptions = ReconnectingSocketOptions>(
      url: string | URL,
      options?: O,
    ): ReconnectingSocket<Received<O>, Sent<O>>;
  }
}

/** When to connect again. */
export interface Reconnect extends Schedule {
  /** Attempts in a row at most, the first included: whole, at least 1. Default without end. */
  readonly attempts?: number;
  /**
   * Whether to connect again after `error`: the `SocketError` of the end of a connection (see its `close`
   * for the code) or of an attempt, a `TimeoutError`, or what `resume` threw. What it throws ends the
   * socket. Default: after all of the first three but a close by the peer with 1000 (it is done), 1002,
   * 1003 or 1007 to 1010 (it would say so again), and an overflow.
   */
  readonly retryIf?: (error: unknown, attempt: number) => boolean;
  /**
   * Milliseconds that a connection has to last for attempts and pauses to be counted from the
   * beginning: a server that takes connections and drops them is not to be asked ever faster. Default
   * 5000.
   */
  readonly stableMs?: number;
  /**
   * Whether to wait, where the host can say so, while there is no network, and to try at once when it is
   * back. Default true; false for servers on the same machine.
   */
  readonly waitsForOnline?: boolean;
}

/** How a reconnecting socket is set up. */
export interface ReconnectingSocketOptions extends SocketOptions {
  /** When to connect again. */
  readonly reconnect?: Reconnect;
  /**
   * Runs on each new connection before anything else is sent or received there: to authenticate, to
   * subscribe, to ask for what was missed. What it receives from `socket` is its own. It is cancelled when
   * the connection ends; when it throws, the connection is closed.
   */
  readonly resume?: (
    // biome-ignore lint/suspicious/noExplicitAny: what is received and sent follows from decode and encode, which stand beside it.
    socket: Socket<any, any>,
    cx: Cx,
  ) => unknown;
  /**
   * How much is kept to be sent while there is no connection: messages (default 256), bytes (default
   * 4 MiB), and what becomes of one more: `fail` (the default) with `SOCKET_QUEUE_FULL`, or one is lost
   * and counted in {@link ReconnectingSocket.unsent}.
   */
  readonly queue?: {
    readonly messages?: number;
    readonly bytes?: number;
    readonly overflow?: QueueOverflow;
  };
}

/**
 * A socket that connects again. Its waits belong to the task that made it; `withCx` makes it another's.
 *
 * `for await` receives over all connections. It ends when we closed it or the peer did with 1000, and
 * fails with what made it give up otherwise.
 */
export interface ReconnectingSocket<In = SocketMessage, Out = SocketData>
  extends AsyncIterable<In, undefined>,
    AsyncDisposable {
  readonly url: string;
  /** What it is at. */
  readonly status: SocketStatus;
  /** What it is at from now on; of one who is slow the last 32 are kept. Ends with `closed`. */
  readonly statuses: AsyncIterable<SocketStatus, undefined>;
  /** Messages that came and were lost to the overflow policy. */
  readonly dropped: number;
  /** Messages to be sent that were lost to the overflow policy of the queue. */
  readonly unsent: number;
  /** As {@link Socket.receive}, over all connections. */
  receive(): Op<In | undefined>;
  /**
   * Hands `data` to the connection, waiting as {@link Socket.send} does; without a connection it is done
   * when the message is in the queue.
   *
   * @throws {AsupersyncError} `INVALID_ARGUMENT`. Fails with `SOCKET_QUEUE_FULL`, and with `SOCKET_CLOSED`
   *   once it has ended.
   */
  send(data: Out): Op<void>;
  /** Waits until it is open: at once if it is. Fails with what made it give up. */
  opened(): Op<void>;
  /** Closes it for good, and waits until it is closed; see {@link Socket.close}. */
  close(code?: number, reason?: string): Op<SocketEnd>;
  /** Waits until it is closed for good. */
  closed(): Op<SocketEnd>;
  /** The same socket for the task of `cx`. */
  withCx(cx: Cx): ReconnectingSocket<In, Out>;
}

const RECONNECT_OPTIONS = [
  ...SCHEDULE_OPTIONS,
  "retryIf",
  "stableMs",
  "waitsForOnline",
] as const satisfies readonly (keyof Reconnect)[];

const RECONNECTING_OPTIONS = [
  ...SOCKET_OPTIONS,
  "reconnect",
  "resume",
  "queue",
] as const satisfies readonly (keyof ReconnectingSocketOptions)[];

const QUEUE_OPTIONS = ["messages", "bytes", "overflow"] as const;
const QUEUE_OVERFLOWS: readonly QueueOverflow[] = ["fail", "drop-oldest", "drop-newest"];

function reconnectingSocketOp(
  task: TaskRecord,
  url: string | URL,
  options: ReconnectingSocketOptions = {},
): ReconnectingSocket {
  checkActive(task);
  checkOptions(options, RECONNECTING_OPTIONS, "socket options");
  const { reconnect = {}, resume, queue, ...socketOptions } = options;
  checkOptions(reconnect, RECONNECT_OPTIONS, "reconnect");
  const { retryIf, stableMs, waitsForOnline } = reconnect;
  if (retryIf !== undefined) checkListener(retryIf, "retryIf");
  if (resume !== undefined) checkListener(resume, "resume");
  checkFlag(waitsForOnline, "waitsForOnline");
  checkOptions(queue, QUEUE_OPTIONS, "queue");
  const { overflow = "fail", ...buffer } = queue ?? {};
  checkOverflow(overflow, QUEUE_OVERFLOWS);
  const defaults = { messages: QUEUED_MESSAGES, bytes: QUEUED_BYTES };
  const { runtime } = task.scope;
  const setup = decodeSetup(runtime, url, socketOptions);
  checkOrigin(runtime.added.origins, new URL(setup.url));
  const relay = new Relay({
    setup,
    socketOptions,
    schedule: decodeSchedule(
      { attempts: Number.POSITIVE_INFINITY, ...reconnect },
      "reconnect",
      RECONNECT_OPTIONS,
    ),
    retryIf: retryIf ?? isPassing,
    stableMs: checkDuration(stableMs ?? STABLE_MS, "stableMs"),
    waitsForOnline: waitsForOnline ?? true,
    resume,
    queue: { ...decodeBuffer(buffer, "queue", defaults), overflow },
  });
  relay.begin(spawnChild(task, (cx) => relay.run(cx), { label: setup.label }));
  holdWith(task, relay);
  return new ReconnectingRecord(task, relay);
}

/** Has the relay end with the body of `task`: children of a task are otherwise waited for. */
function holdWith(task: TaskRecord, relay: Relay): void {
  const { port } = task.scope.runtime;
  const handle = port.host_open(task.handle, CHECKPOINT, HostKindCode.signal);
  if (handle > 0) {
    const anchor = new Anchor(task, relay);
    anchor.opened(handle);
    relay.onEnd = () => anchor.complete(HostResult.ok, undefined);
    return;
  }
  relay.leave();
  if (handle < 0) throw refusal(handle, `task "${task.label}"`);
}

/** A passive operation, which the kernel lets go when the body ends. */
class Anchor extends HostRecord {
  readonly #relay: Relay;

  constructor(task: TaskRecord, relay: Relay) {
    super(task, HostKindCode.signal, `reconnecting ${relay.setup.label}`);
    this.#relay = relay;
  }

  override abort(): void {
    this.forget();
  }

  override forget(): void {
    super.forget();
    this.#relay.leave();
  }
}

/** The record behind {@link ReconnectingSocket}: one relay, as one task sees it. */
class ReconnectingRecord implements ReconnectingSocket {
  readonly #task: TaskRecord;
  readonly #relay: Relay;

  constructor(task: TaskRecord, relay: Relay) {
    this.#task = task;
    this.#relay = relay;
  }

  get url(): string {
    return this.#relay.setup.url;
  }

  get status(): SocketStatus {
    return this.#relay.log.last;
  }

  get statuses(): AsyncIterable<SocketStatus, undefined> {
    return { [Symbol.asyncIterator]: () => this.#relay.log.follow(this.#task) };
  }

  get dropped(): number {
    return this.#relay.inbox.dropped;
  }

  get unsent(): number {
    return this.#relay.outbox.dropped;
  }

  receive(): Op<SocketMessage | undefined> {
    return this.#relay.inbox.receive(this.#task);
  }

  send(data: SocketData): Op<void> {
    checkActive(this.#task);
    return this.#relay.send(this.#task, data);
  }

  opened(): Op<void> {
    checkActive(this.#task);
    return this.#relay.whenOpen(this.#task);
  }

  close(code: number = CloseCode.normal, reason = ""): Op<SocketEnd> {
    checkActive(this.#task);
    checkClose(code, reason);
    this.#relay.close(code, reason);
    return this.closed();
  }

  closed(): Op<SocketEnd> {
    checkActive(this.#task);
    return this.#relay.whenClosed(this.#task);
  }

  withCx(cx: Cx): ReconnectingSocket {
    return new ReconnectingRecord(taskBeside(this.#task, cx), this.#relay);
  }

  [Symbol.asyncIterator](): AsyncIterator<SocketMessage, undefined> {
    return this.#relay.inbox.iterate(this.#task);
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    await this.close();
  }
}
