/** Owns what is used of the platform's `WebSocket`, and which one that is. */
import { AsupersyncError } from "../errors.js";
import { addOption, decodeCapability } from "../runtime.js";

addOption("webSocket", ({ webSocket }) => ({
  webSocket: decodeCapability(webSocket, "webSocket"),
}));

declare module "../runtime.js" {
  interface AddedSetup {
    /** What sockets are made with; left out it is the platform's own. */
    readonly webSocket?: WebSocketImplementation | undefined;
  }

  interface RuntimeOptions {
    /**
     * How `cx.webSocket` connects. `implementation` is a class such as that of the package `ws`, for hosts
     * without a `WebSocket` of their own: Node 20 has none.
     */
    readonly webSocket?: { readonly implementation?: WebSocketImplementation };
  }
}

/** What can be sent. */
export type SocketData = string | ArrayBuffer | ArrayBufferView<ArrayBuffer> | Blob;

/** What comes: a text, or bytes. */
export type SocketMessage = string | Uint8Array<ArrayBuffer>;

/** What is used of a `WebSocket`, which those of browsers, Node 22 and the package `ws` all have. */
export interface PlatformSocket {
  readonly readyState: number;
  /** Bytes that were handed over and are not sent yet. */
  readonly bufferedAmount: number;
  readonly protocol: string;
  binaryType: string;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  // biome-ignore lint/suspicious/noExplicitAny: implementations differ in what else they take.
  send(data: any): void;
  close(code?: number, reason?: string): void;
  /** Drops the connection at once, where the platform can. */
  terminate?(): void;
}

/** A class of sockets, such as `WebSocket` of the package `ws`. */
export type WebSocketImplementation = new (url: string, protocols: string[]) => PlatformSocket;

/** `WebSocket.OPEN`, on every platform. */
export const OPEN = 1;

/**
 * The implementation asked for, else the platform's own.
 *
 * @throws {AsupersyncError} `WEBSOCKET_UNAVAILABLE`.
 */
export function platformSocket(
  asked: WebSocketImplementation | undefined,
): WebSocketImplementation {
  const own = globalThis.WebSocket as WebSocketImplementation | undefined;
  const implementation = asked ?? own;
  if (typeof implementation === "function") return implementation;
  throw new AsupersyncError("WEBSOCKET_UNAVAILABLE", "a host without one");
}
