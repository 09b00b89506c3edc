/** 10,000 operations, one after another, each under a timeout that does not fire. */

import { expectEqual, OURS, sumBelow } from "./check.mjs";

/** @type {import("./index.mjs").Workload} */
export const timeouts = {
  id: "timeouts",
  title: "10,000 operations under a timeout that does not fire",
  method: "timeouts",
  figure: "nsByOperation",
  plan: { count: 10_000 },
  quickPlan: { count: 500 },
  bars: [
    { contestants: OURS, of: "ratio", max: 0.5 },
    { contestants: OURS, of: "peers", max: 0.5 },
  ],
  tally,
  check,
};

/**
 * Each operation yields once and gives its number; its timeout is of `PARKED_MS`. `sum`: of their
 * values. `left`: timers that are still armed at the end, by a contestant that can tell.
 */
function tally() {
  return { sum: 0, left: 0 };
}

function check(plan, { sum, left }) {
  expectEqual("sum of the operations' values", sum, sumBelow(plan.count));
  expectEqual("timers left", left, 0);
}
