/** Owns the WebSocket side: upgrades under `/socket/…`, what came and how each ended, and the control of them. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Ledger } from "../ledger.js";
import { HANDSHAKES } from "./handshakes.js";
import { SOCKETS } from "./sockets.js";

/** The sockets of a server. */
export interface WebSockets {
  /** Answers `/sockets?key=…&command=…` with the number of open connections; false if it is another request. */
  readonly control: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Ends all of them. */
  readonly close: () => void;
}

/** Accepts the sockets of `server`. */
export function acceptWebSockets(ledger: Ledger, server: Server): WebSockets {
  const live = new Live();
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered, request) => chosenProtocol(offered, urlOf(request)),
  });
  server.on("upgrade", (request, stream, head) => {
    const url = urlOf(request);
    const key = url.searchParams.get("key") ?? "";
    const name = url.pathname.split("/")[2] ?? "";
    const note = (kind: string, detail?: unknown): void => ledger.note(key, kind, detail);
    const actions = live.add(key, stream);
    const on = (command: string, action: () => void): void => void actions.set(command, action);
    note("arrived", { path: url.pathname, protocols: request.headers["sec-websocket-protocol"] });
    // A connection that was reset is gone like any other.
    stream.on("error", () => undefined);
    stream.on("close", () => {
      live.remove(key, stream);
      note("gone");
    });
    on("drop", () => stream.destroy());
    const accept = (endpoint: string): void => {
      sockets.handleUpgrade(request, stream, head, (socket) => {
        note("open", { path: url.pathname, protocol: socket.protocol });
        socket.on("error", (error) => note("error", error.message));
        socket.on("close", (code, reason) => note("close", { code, reason: reason.toString() }));
        SOCKETS[endpoint]?.({ socket, stream, url, note, on });
      });
    };
    if (name in HANDSHAKES) HANDSHAKES[name]?.({ request, stream, url, note, accept, on });
    else if (name in SOCKETS) accept(name);
    else stream.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n");
  });
  return {
    control: (request, response) => {
      const url = urlOf(request);
      if (url.pathname !== "/sockets") return false;
      const key = url.searchParams.get("key") ?? "";
      const command = url.searchParams.get("command");
      if (command !== null) live.run(key, command);
      response.setHeader("access-control-allow-origin", "*");
      response.end(String(live.count(key)));
      return true;
    },
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      live.destroyAll();
      sockets.close();
    },
  };
}

function urlOf(request: IncomingMessage): URL {
  return new URL(request.url ?? "/", "http://loopback");
}

/** The one that the address asks for, whether or not it was offered; else the first; `none` for none. */
function chosenProtocol(offered: Set<string>, url: URL): string | false {
  const asked = url.searchParams.get("protocol");
  if (asked === "none") return false;
  return asked ?? [...offered][0] ?? false;
}

type Actions = Map<string, () => void>;

/** The connections that are open, by key, and what each does on a command. */
class Live {
  readonly #connections = new Map<string, Map<Duplex, Actions>>();

  add(key: string, stream: Duplex): Actions {
    const connections = this.#connections.get(key) ?? new Map<Duplex, Actions>();
    this.#connections.set(key, connections);
    const actions: Actions = new Map();
    connections.set(stream, actions);
    return actions;
  }

  remove(key: string, stream: Duplex): void {
    const connections = this.#connections.get(key);
    connections?.delete(stream);
    if (connections?.size === 0) this.#connections.delete(key);
  }

  count(key: string): number {
    return this.#connections.get(key)?.size ?? 0;
  }

  run(key: string, command: string): void {
    for (const actions of [...(this.#connections.get(key)?.values() ?? [])]) {
      actions.get(command)?.();
    }
  }

  destroyAll(): void {
    for (const connections of this.#connections.values()) {
      for (const stream of connections.keys()) stream.destroy();
    }
  }
}
