/** The fault server: one listener for HTTP and WebSocket, on loopback, and the ledger of both. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerHttp } from "./http/answer.js";
import { Ledger } from "./ledger.js";
import { acceptWebSockets } from "./websocket/accept.js";

/** A running server; leaving `await using` stops it. */
export interface FaultServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`; the WebSocket endpoints are at the same port. */
  readonly origin: string;
  readonly ledger: Ledger;
}

/** Starts a server on a free port of the loopback interface. */
export async function startFaultServer(): Promise<FaultServer> {
  const ledger = new Ledger();
  const server = createServer((request, response) => {
    if (!webSockets.control(request, response)) answerHttp(ledger, request, response);
  });
  // Tests hold connections open on purpose, and end them themselves.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  const webSockets = acceptWebSockets(ledger, server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    ledger,
    async [Symbol.asyncDispose]() {
      webSockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
