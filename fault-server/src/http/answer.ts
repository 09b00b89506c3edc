/** Owns the HTTP side: finds the endpoint, notes what came and how it ended, and serves the ledger. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Ledger } from "../ledger.js";
import type { Steps } from "../steps.js";
import { corsHeaders } from "./cors.js";
import { ENDPOINTS } from "./endpoints.js";

/** What all exchanges share. */
export interface Desk {
  readonly ledger: Ledger;
  readonly steps: Steps;
}

/** Answers one request by the first part of its path. Its key is the parameter `key`. */
export function answerHttp(desk: Desk, request: IncomingMessage, response: ServerResponse): void {
  const { ledger, steps } = desk;
  const url = new URL(request.url ?? "/", "http://loopback");
  for (const [name, value] of Object.entries(corsHeaders(request))) response.setHeader(name, value);
  if (request.method === "OPTIONS") {
    response.writeHead(204).end();
    return;
  }
  const key = url.searchParams.get("key") ?? "";
  if (url.pathname === "/ledger") {
    void answerLedger(ledger, url, response);
    return;
  }
  if (url.pathname === "/step") {
    steps.give(key, Number(url.searchParams.get("count") ?? 1));
    response.writeHead(204).end();
    return;
  }
  const note = (kind: string, detail?: unknown): void => ledger.note(key, kind, detail);
  note("arrived", { method: request.method, path: url.pathname });
  // One for each step and each wait for room.
  response.setMaxListeners(0);
  // The connection went before the response was whole: that is what an abort is at a server.
  response.on("close", () => note(response.writableFinished ? "finished" : "aborted"));
  const step = (): Promise<void> => steps.wait(key, (takeBack) => response.once("close", takeBack));
  const endpoint = ENDPOINTS[url.pathname.split("/")[1] ?? ""];
  if (endpoint === undefined) response.writeHead(404).end("nothing here");
  else void endpoint({ request, response, url, key, note, step });
}

async function answerLedger(ledger: Ledger, url: URL, response: ServerResponse): Promise<void> {
  const key = url.searchParams.get("key") ?? "";
  const kind = url.searchParams.get("until");
  const count = Number(url.searchParams.get("count") ?? 1);
  const entries = kind === null ? ledger.entries(key) : await ledger.until(key, kind, count);
  response.setHeader("content-type", "application/json").end(JSON.stringify(entries));
}
