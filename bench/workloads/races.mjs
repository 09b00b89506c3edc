/**
 * 10,000 races whose losers sleep and have a clean-up: the price of cancelling and draining.
 *
 * The winner yields once, so that the losers are asleep when it wins. Each race counts the
 * clean-ups that had run when it settled; a contestant that drains must have run them all.
 */

import { expectEqual, OURS, PARKED_MS, sumBelow } from "./check.mjs";

export const LOSER_SLEEP_MS = PARKED_MS;

/** @type {import("./index.mjs").Bar[]} */
const bars = [
  { contestants: OURS, of: "ratio", max: 0.3 },
  { contestants: OURS, of: "peers", max: 0.5 },
];

/** @type {import("./index.mjs").Workload} */
export const races = {
  id: "races",
  title: "10,000 races of 2 branches, one after another, each drained",
  method: "races",
  figure: "nsByOperation",
  plan: { count: 10_000, live: 1, branches: 2, cleanUpTurns: 0 },
  quickPlan: { count: 500, live: 1, branches: 2, cleanUpTurns: 0 },
  bars,
  tally,
  check,
};

/** @type {import("./index.mjs").Workload} */
export const racesOfThree = {
  id: "races-of-3",
  title: "10,000 races of 3 branches, one after another, each drained",
  method: "races",
  figure: "nsByOperation",
  plan: { count: 10_000, live: 1, branches: 3, cleanUpTurns: 0 },
  quickPlan: { count: 500, live: 1, branches: 3, cleanUpTurns: 0 },
  bars,
  tally,
  check,
};

/**
 * A clean-up that waits, as of a connection that says goodbye, shows who drains: one that only starts it
 * has settled the race before.
 *
 * @type {import("./index.mjs").Workload}
 */
export const racesSlowCleanUp = {
  id: "races-slow-clean-up",
  title: "10,000 races of 3 branches, one after another, each drained of clean-ups that yield once",
  method: "races",
  figure: "nsByOperation",
  plan: { count: 10_000, live: 1, branches: 3, cleanUpTurns: 1 },
  quickPlan: { count: 500, live: 1, branches: 3, cleanUpTurns: 1 },
  bars,
  tally,
  check,
};

/** @type {import("./index.mjs").Workload} */
export const racesThousandLive = {
  id: "races-1k-live",
  title: "10,000 races of 2 branches, 1,000 live at a time, each drained",
  method: "races",
  figure: "nsByOperation",
  plan: { count: 10_000, live: 1_000, branches: 2, cleanUpTurns: 0 },
  quickPlan: { count: 500, live: 100, branches: 2, cleanUpTurns: 0 },
  bars,
  tally,
  check,
};

/**
 * `entered`: losers that began to sleep. `drained`: races whose losers had all cleaned up when the
 * race settled. `sum`: of the winners' values.
 */
function tally() {
  return { entered: 0, drained: 0, sum: 0 };
}

function check(plan, { entered, drained, sum }, drains) {
  expectEqual("losers that slept", entered, plan.count * (plan.branches - 1));
  expectEqual("sum of the winners' values", sum, sumBelow(plan.count));
  expectEqual("races drained when they settled", drained, drains ? plan.count : 0);
}
