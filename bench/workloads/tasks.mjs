/** 100,000 tasks that each yield once and are joined: the price of a task. */

import { expectEqual, sumBelow } from "./check.mjs";

/** @type {import("./index.mjs").Bar[]} */
const bars = [
  { contestants: ["asupersync-generator"], of: "ratio", max: 0.5 },
  { contestants: ["asupersync-async"], of: "ratio", max: 1 },
];

/** @type {import("./index.mjs").Workload} */
export const tasks = {
  id: "tasks",
  title: "spawn, yield once, join; 100,000 tasks at once",
  method: "tasks",
  figure: "nsByOperation",
  plan: { count: 100_000, live: 100_000 },
  quickPlan: { count: 2_000, live: 2_000 },
  bars,
  tally,
  check,
};

/** @type {import("./index.mjs").Workload} */
export const tasksThousandLive = {
  id: "tasks-1k-live",
  title: "spawn, yield once, join; 100,000 tasks, 1,000 live at a time",
  method: "tasks",
  figure: "nsByOperation",
  plan: { count: 100_000, live: 1_000 },
  quickPlan: { count: 2_000, live: 500 },
  bars,
  tally,
  check,
};

/**
 * `started`: bodies entered. `straight`: bodies that came back from their yield before any other
 * had started. `sum`: of the joined values.
 */
function tally() {
  return { started: 0, straight: 0, sum: 0 };
}

function check(plan, { started, straight, sum }) {
  expectEqual("bodies entered", started, plan.count);
  expectEqual("sum of the joined values", sum, sumBelow(plan.count));
  // Only the last task of each batch may find that nobody started while it had yielded. A scheduler
  // that stops a long spawner to let its children start makes batches of its own: of many, still.
  const max = plan.count / plan.live + plan.count / 500;
  if (straight > max) {
    throw new Error(`expected at most ${max} tasks to run straight on, got ${straight}`);
  }
}
