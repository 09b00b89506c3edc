/** Owns the table of HTTP endpoints: those that behave, and one for each way to misbehave. */

import {
  cutHeaders,
  cutLength,
  longLength,
  refuse,
  resetBody,
  resetFirst,
  truncatedChunk,
} from "./broken.js";
import type { Exchange } from "./exchange.js";
import { playScript } from "./script.js";

/** Answers one request. */
export type Endpoint = (exchange: Exchange) => void | Promise<void>;

/** By the first part of the path. Parameters are those of the query. */
export const ENDPOINTS: { readonly [name: string]: Endpoint } = {
  /** Answers with JSON. */
  json: ({ response }) => void response.setHeader("content-type", "application/json").end(ANSWER),
  /** Gives back the body of the request, and its type. */
  echo: ({ request, response }) => {
    const type = request.headers["content-type"];
    if (type !== undefined) response.setHeader("content-type", type);
    request.pipe(response);
  },
  /** Says what came: method, path, headers, and the bytes of the body. */
  mirror,
  /** Reads the body and says how long it was; in the ledger too. */
  upload: async (exchange) => {
    const bytes = (await bodyOf(exchange)).byteLength;
    exchange.note("uploaded", { bytes });
    sendJson(exchange, { bytes });
  },
  /** Never reads the body. Answers after a step. */
  unread: async (exchange) => {
    await exchange.step();
    sendJson(exchange, { isUnread: true });
  },
  /** Reads nothing of the body before a step, and then all of it. */
  stalled: async (exchange) => {
    await exchange.step();
    sendJson(exchange, { bytes: (await bodyOf(exchange)).byteLength });
  },
  /** Reads `bytes` bytes of the body a step, and notes how many have come in all. */
  paced: async (exchange) => {
    const { request, url, note, step } = exchange;
    const stride = Number(url.searchParams.get("bytes"));
    let bytes = 0;
    let next = 0;
    for await (const piece of request) {
      if (bytes >= next) {
        note("received", { bytes });
        next += stride;
        await step();
      }
      bytes += (piece as Buffer).byteLength;
    }
    sendJson(exchange, { bytes });
  },
  /** `/status/503`: that status, and a text, where one may have a body. */
  status: ({ response, url }) => {
    const status = Number(url.pathname.split("/")[2]);
    const isEmpty = status === 204 || status === 205 || status === 304;
    response.writeHead(status, { "content-type": "text/plain" });
    response.end(isEmpty ? undefined : `status ${status}`);
  },
  /** Sends the parameter `body` as the type `type`, in one piece. */
  text: ({ response, url }) => {
    const type = url.searchParams.get("type") ?? "text/plain; charset=utf-8";
    response.setHeader("content-type", type).end(url.searchParams.get("body") ?? "");
  },
  /** Sends the headers after a step. */
  "slow-headers": async ({ response, step }) => {
    await step();
    response.setHeader("content-type", "application/json").end(ANSWER);
  },
  /** Sends the headers at once, and `count` pieces, each after a step. */
  "slow-body": async ({ response, url, step }) => {
    response.flushHeaders();
    const count = Number(url.searchParams.get("count") ?? 3);
    for (let piece = 1; piece <= count; piece += 1) {
      await step();
      response.write(`piece ${piece};`);
    }
    await step();
    response.end();
  },
  /**
   * Sends one piece, and never ends. The connection is for this answer alone: one that may be used again is
   * kept by Chromium for 5 s after an abort at the headers, in the hope that the rest still comes.
   */
  endless: ({ response }) => {
    response.setHeader("connection", "close");
    response.write("first piece");
  },
  /** Never answers. */
  hang: () => undefined,
  /** `count` pieces of `bytes` bytes, each written by itself. */
  chunks: async ({ response, url }) => {
    const count = Number(url.searchParams.get("count") ?? 10_000);
    const piece = "x".repeat(Number(url.searchParams.get("bytes") ?? 1));
    for (let sent = 0; sent < count && !response.destroyed; sent += 1) {
      if (!response.write(piece)) await drained(response);
    }
    response.end();
  },
  /** A body of `bytes` bytes, with its length said before. */
  big: async ({ response, url }) => {
    const bytes = Number(url.searchParams.get("bytes") ?? 10_000_000);
    response.setHeader("content-length", bytes);
    const piece = new Uint8Array(65_536);
    for (let left = bytes; left > 0 && !response.destroyed; left -= piece.byteLength) {
      if (!response.write(left < piece.byteLength ? piece.subarray(0, left) : piece)) {
        await drained(response);
      }
    }
    response.end();
  },
  /** Redirects `hops` times with `status` (default 302), in the end to `to`, an address or a path. */
  redirect: ({ response, url }) => {
    const hops = Number(url.searchParams.get("hops") ?? 1);
    const next = new URL(url);
    next.searchParams.set("hops", String(hops - 1));
    const end = url.searchParams.get("to") ?? `/json?key=${url.searchParams.get("key") ?? ""}`;
    const location = hops > 1 ? `${next.pathname}${next.search}` : end;
    response.writeHead(Number(url.searchParams.get("status") ?? 302), { location }).end();
  },
  /** Redirects to itself. */
  loop: ({ response, url }) => {
    response.writeHead(302, { location: `${url.pathname}${url.search}` }).end();
  },
  /** Answers each request with the next turn of the parameter `turns`. */
  script: playScript,
  "reset-before-headers": resetFirst,
  "reset-mid-header": cutHeaders,
  "reset-mid-body": resetBody,
  "truncated-chunk": truncatedChunk,
  "short-body": cutLength,
  "long-body": longLength,
  "no-cors": refuse,
};

const ANSWER = '{"answer":42}';

async function mirror(exchange: Exchange): Promise<void> {
  const { request, url } = exchange;
  const { method, headers } = request;
  const body = new TextDecoder().decode(await bodyOf(exchange));
  sendJson(exchange, { method, path: url.pathname, headers, body });
}

function sendJson({ response }: Exchange, value: unknown): void {
  response.setHeader("content-type", "application/json").end(JSON.stringify(value));
}

async function bodyOf({ request, note }: Exchange): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of request) pieces.push(piece as Buffer);
  } catch {
    note("upload-broken");
  }
  return Buffer.concat(pieces);
}

/** Resolves when more can be written, or never will be. */
function drained(response: Exchange["response"]): Promise<void> {
  return new Promise((resolve) => {
    response.once("drain", resolve);
    response.once("close", resolve);
  });
}
