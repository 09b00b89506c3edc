/**
 * 10,000 keystrokes, each of which cancels the request of the one before: the price of "only the
 * latest". A request parks and has a clean-up; only the last one is let to complete.
 */

import { expectEqual } from "./check.mjs";

/** @type {import("./index.mjs").Workload} */
export const keystrokes = {
  id: "keystrokes",
  title: "10,000 keystrokes that each cancel the request before",
  method: "keystrokes",
  figure: "nsByOperation",
  plan: { count: 10_000 },
  quickPlan: { count: 300 },
  bars: [],
  tally,
  check,
};

/**
 * Every request but the last parks for `PARKED_MS`; the last yields once and completes. `cleaned`:
 * clean-ups of requests that were cancelled. `completed`: requests that came to their end.
 */
function tally() {
  return { cleaned: 0, completed: 0 };
}

function check(plan, { cleaned, completed }) {
  expectEqual("requests cancelled and cleaned up", cleaned, plan.count - 1);
  expectEqual("requests completed", completed, 1);
}
