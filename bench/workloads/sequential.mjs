/** 10,000 tasks spawned and joined one after another: whether a lone task waits for a timer. */

import { expectEqual, OURS, sumBelow } from "./check.mjs";

/** @type {import("./index.mjs").Workload} */
export const sequential = {
  id: "sequential",
  title: "spawn and join, 10,000 times one after another",
  method: "sequential",
  figure: "nsByOperation",
  plan: { count: 10_000 },
  quickPlan: { count: 200 },
  bars: [{ contestants: OURS, host: "chromium", of: "value", max: 5_000 }],
  tally,
  check,
};

/** Each body gives its number and yields nothing; `sum`: of the joined values. */
function tally() {
  return { sum: 0 };
}

function check(plan, { sum }) {
  expectEqual("sum of the joined values", sum, sumBelow(plan.count));
}
