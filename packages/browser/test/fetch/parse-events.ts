/** Runs the parser of server-sent events over a text in pieces. */
import { EventParser } from "../../src/fetch/events.js";
import { LineCutter } from "../../src/fetch/lines.js";
import type { ServerSentEvent } from "../../src/index.js";

/** The events of a stream that comes in pieces of `size` bytes. */
export function parseEvents(text: string, size: number): ServerSentEvent[] {
  const bytes = new TextEncoder().encode(text);
  const cutter = new LineCutter(10_000, "eventCharsMax");
  const parser = new EventParser(10_000, "");
  const events: ServerSentEvent[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) {
    for (const line of cutter.lines(bytes.subarray(at, at + size))) {
      const event = parser.line(line);
      if (event !== undefined) events.push(event);
    }
  }
  return events;
}
