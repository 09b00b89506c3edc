/** Owns answers that the test writes itself, one for each request to the same address. */
import type { Exchange } from "./exchange.js";

/** One answer. Its pieces are sent one by one, each but the first after a step. */
export interface ScriptTurn {
  /** Default 200. */
  readonly status?: number;
  /** Default `text/event-stream`. */
  readonly type?: string;
  readonly pieces?: readonly string[];
  /** What comes after the last piece. Default `end`. */
  readonly last?: "end" | "reset" | "hang";
}

const played = new Map<string, number>();

/** Plays the next of the turns in the parameter `turns`; the last one again and again. */
export async function playScript({
  request,
  response,
  url,
  key,
  note,
  step,
}: Exchange): Promise<void> {
  const turns = JSON.parse(url.searchParams.get("turns") ?? "[{}]") as readonly ScriptTurn[];
  const index = played.get(key) ?? 0;
  played.set(key, index + 1);
  note("asked", { lastEventId: request.headers["last-event-id"] ?? null });
  const {
    status = 200,
    type = "text/event-stream",
    pieces = [],
    last = "end",
  } = turns[Math.min(index, turns.length - 1)] ?? {};
  response.writeHead(status, { "content-type": type });
  response.flushHeaders();
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await step();
    response.write(piece);
  }
  if (last === "end") response.end();
  if (last !== "reset") return;
  // A reset overtakes what was sent before it: the test says when that has arrived.
  await step();
  request.socket.resetAndDestroy();
}
