/** A server of a test's own: it echoes, and keeps what it saw of each WebSocket. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "@playwright/test";
import { type WebSocket, WebSocketServer } from "ws";

/** What the server saw of one connection. */
export interface Connection {
  readonly received: readonly string[];
  /** The code that closed it, once it is closed. */
  readonly closeCode: number | undefined;
  send(text: string): void;
  /** Closes it from this side. */
  close(code: number): void;
  /** Reads nothing any more, so that no close handshake is answered. */
  fallSilent(): void;
}

export class EchoServer implements AsyncDisposable {
  readonly url: string;
  readonly connections: readonly Connection[];
  readonly #server: Server;
  readonly #sockets: WebSocketServer;

  private constructor(
    server: Server,
    sockets: WebSocketServer,
    connections: readonly Connection[],
  ) {
    this.#server = server;
    this.#sockets = sockets;
    this.connections = connections;
    this.url = `ws://localhost:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<EchoServer> {
    const server = createServer(echo);
    const sockets = new WebSocketServer({ server });
    const connections: Connection[] = [];
    sockets.on("connection", (socket) => connections.push(watch(socket)));
    server.listen(0, "localhost");
    await once(server, "listening");
    return new EchoServer(server, sockets, connections);
  }

  /** Waits until the first connection is closed, with this code. */
  async expectClosed(code: number): Promise<void> {
    await expect.poll(() => this.connections[0]?.closeCode).toBe(code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Answers with the method, the content type and the body that came. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "access-control-allow-origin": "*" });
  response.write(`${request.method} ${request.headers["content-type"]} `);
  request.pipe(response);
}

function watch(socket: WebSocket): Connection {
  const received: string[] = [];
  let closeCode: number | undefined;
  socket.on("message", (data, isBinary) => {
    received.push(data.toString());
    socket.send(data, { binary: isBinary });
  });
  socket.on("close", (code) => {
    closeCode = code;
  });
  return {
    received,
    get closeCode() {
      return closeCode;
    },
    send: (text) => socket.send(text),
    close: (code) => socket.close(code),
    fallSilent: () => socket.pause(),
  };
}
