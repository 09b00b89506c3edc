/**
 * 100,000 messages from one producer to one consumer over a bounded channel: the price of a message
 * under back-pressure.
 */

import { expectAtMost, expectEqual, OURS, sumBelow } from "./check.mjs";

/** @type {import("./index.mjs").Workload} */
export const channel = {
  id: "channel",
  title: "100,000 messages over a channel of capacity 16",
  method: "channel",
  figure: "nsByOperation",
  plan: { count: 100_000, capacity: 16 },
  quickPlan: { count: 1_000, capacity: 16 },
  bars: [{ contestants: OURS, of: "ratio", max: 1.2 }],
  tally,
  check,
};

/** Called by the producer after each send has been accepted. */
export function noteSent(tally) {
  tally.sent += 1;
  const inFlight = tally.sent - tally.received;
  if (inFlight > tally.maxInFlight) tally.maxInFlight = inFlight;
}

/** Called by the consumer with each message. */
export function noteReceived(tally, message) {
  tally.received += 1;
  tally.sum += message;
}

/** The messages are the whole numbers from 0. `maxInFlight`: accepted and not yet received. */
function tally() {
  return { sent: 0, received: 0, maxInFlight: 0, sum: 0 };
}

function check(plan, { sent, received, maxInFlight, sum }) {
  expectEqual("messages sent", sent, plan.count);
  expectEqual("messages received", received, plan.count);
  expectEqual("sum of the messages", sum, sumBelow(plan.count));
  // One may be on its way to the consumer, and one taken whose body has not gone on.
  expectAtMost("messages in flight", maxInFlight, plan.capacity + 2);
}
