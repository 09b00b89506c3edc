/** 20,000 operations that yield once, 16 at a time, by the library's own bounded concurrency. */

import { expectEqual, sumBelow } from "./check.mjs";

/** @type {import("./index.mjs").Workload} */
export const operations = {
  id: "operations",
  title: "20,000 operations, 16 at a time",
  method: "operations",
  figure: "nsByOperation",
  plan: { count: 20_000, live: 16 },
  quickPlan: { count: 500, live: 16 },
  bars: [],
  tally,
  check,
};

/** Called by each operation when it begins. */
export function noteBegun(tally) {
  tally.live += 1;
  if (tally.live > tally.maxLive) tally.maxLive = tally.live;
}

/** Called by each operation before it gives its number. */
export function noteDone(tally) {
  tally.live -= 1;
}

/** `live`: operations begun and not done. `sum`: of the values that the combinator gave. */
function tally() {
  return { live: 0, maxLive: 0, sum: 0 };
}

function check(plan, { live, maxLive, sum }) {
  expectEqual("sum of the operations' values", sum, sumBelow(plan.count));
  expectEqual("operations not done", live, 0);
  expectEqual("operations live at most", maxLive, plan.live);
}
