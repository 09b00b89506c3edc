/** Owns the HTTP side: finds the endpoint, notes what came and how it ended, and serves the ledger. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Ledger } from "../ledger.js";
import { ENDPOINTS } from "./endpoints.js";

/** One request on its way through an endpoint. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** Notes something under the request's key. */
  readonly note: (kind: string, detail?: unknown) => void;
}

/** Answers one request by the first part of its path. Its key is the parameter `key`. */
export function answerHttp(
  ledger: Ledger,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? "/", "http://loopback");
  // Pages of other origins ask: the tests' own is served by the test runner.
  response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
  response.setHeader("access-control-allow-credentials", "true");
  response.setHeader("access-control-allow-headers", "*, content-type, authorization, x-test");
  response.setHeader("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE");
  response.setHeader("access-control-expose-headers", "*, x-test");
  if (request.method === "OPTIONS") {
    response.writeHead(204).end();
    return;
  }
  if (url.pathname === "/ledger") {
    void answerLedger(ledger, url, response);
    return;
  }
  const key = url.searchParams.get("key") ?? "";
  const note = (kind: string, detail?: unknown): void => ledger.note(key, kind, detail);
  note("arrived", { method: request.method, path: url.pathname });
  // The connection went before the response was whole: that is what an abort is at a server.
  response.on("close", () => note(response.writableFinished ? "finished" : "aborted"));
  const endpoint = ENDPOINTS[url.pathname.split("/")[1] ?? ""];
  if (endpoint === undefined) response.writeHead(404).end();
  else endpoint({ request, response, url, note });
}

async function answerLedger(ledger: Ledger, url: URL, response: ServerResponse): Promise<void> {
  const key = url.searchParams.get("key") ?? "";
  const kind = url.searchParams.get("until");
  const count = Number(url.searchParams.get("count") ?? 1);
  const entries = kind === null ? ledger.entries(key) : await ledger.until(key, kind, count);
  response.setHeader("content-type", "application/json").end(JSON.stringify(entries));
}
