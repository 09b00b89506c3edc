/** The fault server: one listener for HTTP and WebSocket, on loopback, and the ledger of both. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FaultOrigins } from "./client.js";
import { answerHttp } from "./http/answer.js";
import { Ledger } from "./ledger.js";
import { Steps } from "./steps.js";
import { acceptWebSockets } from "./websocket/accept.js";

/** A running server; leaving `await using` stops it. */
export interface FaultServer extends FaultOrigins, AsyncDisposable {
  readonly ledger: Ledger;
}

/** Starts a server on free ports of the loopback interface. */
export async function startFaultServer(): Promise<FaultServer> {
  const ledger = new Ledger();
  const desk = { ledger, steps: new Steps() };
  const servers = [0, 1, 2].map(() => {
    const server = createServer((request, response) => {
      if (!webSockets.control(request, response)) answerHttp(desk, request, response);
    });
    // Tests hold connections open on purpose, and end them themselves.
    server.requestTimeout = 0;
    server.headersTimeout = 0;
    return server;
  });
  const [server, other, control] = servers as [Server, Server, Server];
  const webSockets = acceptWebSockets(ledger, server);
  return {
    origin: await listen(server),
    otherOrigin: await listen(other),
    controlOrigin: await listen(control),
    ledger,
    async [Symbol.asyncDispose]() {
      webSockets.close();
      await Promise.all(servers.map(stop));
    },
  };
}

/** Gives the server's origin. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
}
