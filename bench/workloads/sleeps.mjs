/**
 * 10,000 sleeps at once, of 1 to 200 ms in no order: the processor time that timers cost, since their
 * wall time is what was asked for.
 */

import { expectAtMost, expectEqual, OURS } from "./check.mjs";

/** @type {import("./index.mjs").Workload} */
export const sleeps = {
  id: "sleeps",
  title: "10,000 concurrent sleeps of 1 to 200 ms: processor time",
  method: "sleeps",
  figure: "cpuNsByOperation",
  plan: { count: 10_000, msMax: 200 },
  quickPlan: { count: 200, msMax: 20 },
  bars: [{ contestants: OURS, of: "ratio", max: 0.6 }],
  tally,
  check,
};

/** How long the sleep number `index` is, in milliseconds. */
export function sleepMs({ msMax }, index) {
  return 1 + ((index * 7_919) % msMax);
}

/**
 * Called by each body when it wakes.
 *
 * @param {import("./index.mjs").Tally} tally
 * @param {number} dueMs `performance.now()` before the sleep, plus its length.
 */
export function noteWoken(tally, dueMs) {
  const lateMs = performance.now() - dueMs;
  tally.woken += 1;
  tally.lateMs += lateMs;
  if (lateMs > tally.lateMsMax) tally.lateMsMax = lateMs;
  if (lateMs < -EARLY_MS) tally.early += 1;
}

/** Timers of Node and of browsers count whole milliseconds, so one may seem early by less than that. */
const EARLY_MS = 1;

/** `woken`: sleeps that ended. `lateMs`: lateness summed up. `early`: woken before their time. */
function tally() {
  return { woken: 0, lateMs: 0, lateMsMax: 0, early: 0 };
}

function check(plan, { woken, early }) {
  expectEqual("sleeps that ended", woken, plan.count);
  expectAtMost("sleeps that ended early", early, 0);
}
