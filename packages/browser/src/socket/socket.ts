/** Owns `cx.webSocket`: a socket that belongs to its task, and what that task does with it. */
import { checkActive } from "../active.js";
import { addOperation, type Cx, taskOf } from "../cx.js";
import { ASYNC_DISPOSE } from "../dispose.js";
import { AsupersyncError } from "../errors.js";
import { openHost } from "../host-op.js";
import type { Op } from "../op.js";
import { checkOrigin } from "../origins.js";
import type { TaskRecord } from "../task.js";
import { checkOptions } from "../validate.js";
import type { SocketClose } from "./close.js";
import { Connection, type SocketState } from "./connection.js";
import { CloseCode } from "./limits.js";
import { checkClose, decodeSetup, SOCKET_OPTIONS, type SocketOptions } from "./options.js";
import { platformSocket, type SocketData, type SocketMessage } from "./platform.js";

addOperation("webSocket", webSocketOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Connects, and gives the socket when it is open. It belongs to the task: at the end of the body, and
     * when the task is cancelled, it is closed with 1000 (and the kind of the cancellation as reason), and
     * the task ends when the peer has answered, at the latest after `closeTimeout`.
     *
     * @param url Absolute or, on a page, relative; `http:` counts as `ws:`, `https:` as `wss:`.
     * @example
     * ```ts
     * const socket = await cx.webSocket("wss://example.org/live", { openTimeout: 5_000 });
     * await socket.send("subscribe");
     * for await (const message of socket) show(message);
     * ```
     * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`, `ORIGIN_NOT_ALLOWED`,
     *   `WEBSOCKET_UNAVAILABLE`. The operation fails with a {@link SocketError} `SOCKET_FAILED` if the server cannot be reached or
     *   refuses, and with a `TimeoutError` after `openTimeout`.
     */
    webSocket<const O extends SocketOptions = SocketOptions>(
      url: string | URL,
      options?: O,
    ): Op<Socket<Received<O>, Sent<O>>>;
  }
}

/** What a socket with these options gives. */
export type Received<O extends SocketOptions> = O extends {
  readonly decode: (data: SocketMessage) => infer In;
}
  ? Exclude<In, undefined>
  : SocketMessage;

/** What a socket with these options takes. */
export type Sent<O extends SocketOptions> = O extends {
  readonly encode: (value: infer Out) => SocketData;
}
  ? Out
  : SocketData;

/**
 * An open socket. What is done with it belongs to the task that opened it; `withCx` makes it another's,
 * such as a child's that receives while the task sends. It is closed when the body that opened it has
 * ended, whoever else still uses it.
 *
 * `for await` receives until the socket is closed: it ends when we closed it, or the peer did with
 * 1000, 1001 or no code at all, and fails with a {@link SocketError} otherwise. Leaving the loop leaves
 * the socket open. A generator body calls `receive`.
 *
 * Leaving an `await using` socket closes it.
 */
export interface Socket<In = SocketMessage, Out = SocketData>
  extends AsyncIterable<In, undefined>,
    AsyncDisposable {
  readonly url: string;
  readonly state: SocketState;
  /** The protocol that the peer chose of those offered; empty if none. */
  readonly protocol: string;
  /** Bytes that were handed to the platform and are not on the wire yet. */
  readonly bufferedBytes: number;
  /** Messages lost to `drop-oldest` or `drop-newest`. */
  readonly dropped: number;
  /** How it was closed; undefined until it is. */
  readonly ended: SocketClose | undefined;
  /**
   * Waits for the next message; of several that wait the first gets it. `undefined` once it is closed and
   * everything was received. Cancelled, it has taken no message.
   *
   * Fails with a {@link SocketError} (`SOCKET_CLOSED`, `SOCKET_OVERFLOW`, `SOCKET_SILENT`) after a close
   * that was no normal end, and with what `decode` threw for a message.
   */
  receive(): Op<In | undefined>;
  /**
   * Hands `data` to the platform. While more than `highWaterBytes` wait there it waits first, until
   * `lowWaterBytes` are left; sends go out in the order of the calls. Bytes must not be changed before it
   * is done. Cancelled while it waits, it has sent nothing.
   *
   * No platform says when there is room, so it looks again after 4 ms, then 8, at most 32.
   *
   * @throws {AsupersyncError} `INVALID_ARGUMENT` for what cannot be sent. Fails with `SOCKET_CLOSED`.
   */
  send(data: Out): Op<void>;
  /**
   * Hands `data` to the platform if there is room; says whether there was.
   *
   * @throws {AsupersyncError} `INVALID_ARGUMENT`, `SOCKET_CLOSED`.
   */
  trySend(data: Out): boolean;
  /**
   * Closes it, and waits until it is closed: the peer has answered, or `closeTimeout` is over. What came
   * before can still be received, what comes after it is thrown away. A second call waits for the same end.
   *
   * @param code 1000 (the default), or 3000 to 4999: a page may send no other.
   * @param reason At most 123 bytes of UTF-8.
   * @throws {AsupersyncError} `INVALID_NUMBER`, `INVALID_ARGUMENT`.
   */
  close(code?: number, reason?: string): Op<SocketClose>;
  /** Waits until it is closed, by whomever. */
  closed(): Op<SocketClose>;
  /** The same socket for the task of `cx`: its waits belong to that task. */
  withCx(cx: Cx): Socket<In, Out>;
}

/** See {@link Cx.webSocket}. */
export function webSocketOp(
  task: TaskRecord,
  url: string | URL,
  options: SocketOptions = {},
): Op<Socket> {
  checkActive(task);
  checkOptions(options, SOCKET_OPTIONS, "socket options");
  const { runtime } = task.scope;
  const setup = decodeSetup(runtime, url, options);
  checkOrigin(runtime.added.origins, new URL(setup.url));
  const implementation = platformSocket(runtime.added.webSocket);
  const connection = new Connection(task, setup);
  const op = openHost<Socket>(connection);
  if (connection.handle > 0) connection.connect(implementation, new SocketRecord(task, connection));
  return op;
}

/**
 * The task of `cx`, which is to use a socket of `task`'s.
 *
 * @throws {AsupersyncError} `FORGED_HANDLE`, `FOREIGN_HANDLE`.
 */
export function taskBeside(task: TaskRecord, cx: Cx): TaskRecord {
  const other = taskOf(cx);
  if (other.scope.runtime === task.scope.runtime) return other;
  throw new AsupersyncError("FOREIGN_HANDLE", `the cx of task "${other.label}"`, {
    expected: "a cx of the socket's runtime",
  });
}

/** The record behind {@link Socket}: one connection, as one task sees it. */
export class SocketRecord implements Socket {
  readonly #task: TaskRecord;
  readonly #connection: Connection;

  constructor(task: TaskRecord, connection: Connection) {
    this.#task = task;
    this.#connection = connection;
  }

  /** The connection behind `socket`. */
  static connectionOf(socket: Socket): Connection {
    return (socket as SocketRecord).#connection;
  }

  get url(): string {
    return this.#connection.setup.url;
  }

  get state(): SocketState {
    return this.#connection.state;
  }

  get protocol(): string {
    return this.#connection.protocol;
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  get dropped(): number {
    return this.#connection.inbox.dropped;
  }

  get ended(): SocketClose | undefined {
    return this.#connection.ended;
  }

  receive(): Op<SocketMessage | undefined> {
    return this.#connection.inbox.receive(this.#task);
  }

  send(data: SocketData): Op<void> {
    checkActive(this.#task);
    return this.#connection.send(this.#task, this.#connection.encode(data));
  }

  trySend(data: SocketData): boolean {
    checkActive(this.#task);
    return this.#connection.trySend(this.#connection.encode(data));
  }

  close(code: number = CloseCode.normal, reason = ""): Op<SocketClose> {
    checkActive(this.#task);
    checkClose(code, reason);
    this.#connection.askClose(code, reason);
    return this.closed();
  }

  closed(): Op<SocketClose> {
    return this.#connection.whenClosed(this.#task);
  }

  withCx(cx: Cx): Socket {
    return new SocketRecord(taskBeside(this.#task, cx), this.#connection);
  }

  [Symbol.asyncIterator](): AsyncIterator<SocketMessage, undefined> {
    return this.#connection.inbox.iterate(this.#task);
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    await this.close();
  }
}
