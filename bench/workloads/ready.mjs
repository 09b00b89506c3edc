/**
 * 100,000 tasks that are all ready at once and yield three times each: how long the event loop, and
 * with it a page, is blocked meanwhile. Whoever resumes by microtask alone blocks until all is done.
 */

import { expectEqual, OURS } from "./check.mjs";

/** Times that each task yields. */
export const READY_YIELDS = 3;

/** @type {import("./index.mjs").Workload} */
export const ready = {
  id: "ready",
  title: "100,000 ready tasks: longest block of the event loop",
  method: "ready",
  figure: "longestBlockMs",
  plan: { count: 100_000 },
  quickPlan: { count: 1_000 },
  bars: [{ contestants: OURS, of: "value", max: 16 }],
  tally,
  check,
};

/** `yields`: times that a body came back from its yield. */
function tally() {
  return { yields: 0 };
}

function check(plan, { yields }) {
  expectEqual("yields", yields, plan.count * READY_YIELDS);
}
