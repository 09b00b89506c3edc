/** Two tasks that hand a number to and fro over two channels: the price of waking one another. */

import { expectEqual, OURS, sumBelow } from "./check.mjs";

/** @type {import("./index.mjs").Workload} */
export const pingPong = {
  id: "ping-pong",
  title: "10,000 round trips between two tasks over two channels of capacity 1",
  method: "pingPong",
  figure: "nsByOperation",
  plan: { count: 10_000 },
  quickPlan: { count: 500 },
  bars: [{ contestants: OURS, host: "chromium", of: "value", max: 3_000 }],
  tally,
  check,
};

/** The pings are the whole numbers from 0, sent back as they came; `sum`: of what came back. */
function tally() {
  return { sum: 0 };
}

function check(plan, { sum }) {
  expectEqual("sum of what came back", sum, sumBelow(plan.count));
}
