/** Server-sent events: the parser against a library that reads them too. */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { expect, test } from "vitest";
import { parseEvents } from "./parse-events.js";

test("random streams in random pieces give what a library makes of them", () => {
  const parts = [
    "data",
    "event",
    "id",
    "retry",
    ":",
    ": ",
    " ",
    "a",
    "7",
    "ä",
    "\n",
    "\r\n",
    "\n\n",
    "data: x\n\n",
  ];
  let state = 1;
  const random = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  for (let round = 0; round < 2_000; round += 1) {
    let text = "";
    for (let count = random(60); count > 0; count -= 1) text += parts[random(parts.length)];
    const expected: EventSourceMessage[] = [];
    createParser({ onEvent: (event) => expected.push(event) }).feed(text);
    const found = parseEvents(text, 1 + random(7));
    const shown = `round ${round}: ${JSON.stringify(text)}`;
    expect(
      found.map(({ data }) => data),
      shown,
    ).toEqual(expected.map(({ data }) => data));
    expect(
      found.map(({ event }) => event),
      shown,
    ).toEqual(expected.map(({ event }) => event || "message"));
  }
});
