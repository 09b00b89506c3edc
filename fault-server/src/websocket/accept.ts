/** Owns the WebSocket side: upgrades under `/socket/…`, notes what came, and how each socket ended. */
import type { Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import type { Ledger } from "../ledger.js";
import { SOCKETS } from "./sockets.js";

/** One socket on its way through an endpoint. */
export interface Connection {
  readonly socket: WebSocket;
  readonly url: URL;
  /** Notes something under the socket's key. */
  readonly note: (kind: string, detail?: unknown) => void;
}

/** Accepts the sockets of `server`; gives what ends all of them. */
export function acceptWebSockets(ledger: Ledger, server: Server): () => void {
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, stream, head) => {
    const url = new URL(request.url ?? "/", "ws://loopback");
    const key = url.searchParams.get("key") ?? "";
    const endpoint = SOCKETS[url.pathname.split("/")[2] ?? ""];
    if (endpoint === undefined) {
      stream.end("HTTP/1.1 404 Not Found\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const note = (kind: string, detail?: unknown): void => ledger.note(key, kind, detail);
      note("open", { path: url.pathname });
      socket.on("close", (code, reason) => note("close", { code, reason: reason.toString() }));
      endpoint({ socket, url, note });
    });
  });
  return () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  };
}
