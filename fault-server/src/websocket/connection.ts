/** Owns what an endpoint of sockets is given: a connection before it is a socket, and the socket. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** One connection before it is a socket, on its way through an endpoint. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  readonly url: URL;
  /** Notes something under the connection's key. */
  readonly note: (kind: string, detail?: unknown) => void;
  /** Answers the handshake as it should be, and hands the socket to the endpoint `name`. */
  readonly accept: (name: string) => void;
  /** Has `action` run when the test says `command` for its key. */
  readonly on: (command: string, action: () => void) => void;
}

/** One socket on its way through an endpoint. */
export interface Connection extends Pick<Upgrade, "url" | "note" | "on" | "stream"> {
  readonly socket: WebSocket;
}
