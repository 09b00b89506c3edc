/** Owns answers that break off or lie about themselves: written to the socket as they are. */

import { corsHeaders } from "./cors.js";
import type { Exchange } from "./exchange.js";

/** Resets the connection before it has said anything. */
export function resetFirst({ request }: Exchange): void {
  request.socket.resetAndDestroy();
}

/** Resets the connection in the middle of a header, once the first half has gone out. */
export function cutHeaders({ request }: Exchange): void {
  request.socket.write("HTTP/1.1 200 OK\r\ncontent-ty", () => request.socket.resetAndDestroy());
}

/** Sends a tenth of the body, and after a step resets the connection. */
export async function resetBody({ request, response, step }: Exchange): Promise<void> {
  response.setHeader("content-length", 100);
  response.write("first ten!");
  await step();
  request.socket.resetAndDestroy();
}

/** Says that a chunk has 100 bytes, sends ten, and closes. */
export function truncatedChunk({ request }: Exchange): void {
  const { socket } = request;
  socket.write(rawHeaders(request, "transfer-encoding: chunked"));
  socket.end("64\r\nfirst ten!");
}

/** Says that there are 100 bytes, sends ten, and closes. */
export function cutLength({ request }: Exchange): void {
  request.socket.write(rawHeaders(request, "content-length: 100"));
  request.socket.end("first ten!");
}

/** Says that there are five bytes, sends ten, and closes. */
export function longLength({ request }: Exchange): void {
  request.socket.write(rawHeaders(request, "content-length: 5"));
  request.socket.end("first ten!");
}

/** Answers without the headers that would let a page of another origin read it. */
export function refuse({ request, response }: Exchange): void {
  for (const name of Object.keys(corsHeaders(request))) response.removeHeader(name);
  response.end("not for you");
}

function rawHeaders(request: Exchange["request"], length: string): string {
  const headers = Object.entries(corsHeaders(request)).map(([name, value]) => `${name}: ${value}`);
  const lines = ["HTTP/1.1 200 OK", ...headers, "content-type: text/plain", length];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
