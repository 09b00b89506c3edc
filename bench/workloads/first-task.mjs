/**
 * From the library's code to the value of a first task, in a fresh process or page. The contestant's
 * code, its library and what that loads are bundled and minified into one file; timed is its import
 * from the loopback server or the disk, and one task. In a page the bar is for what is left when the
 * requests are taken out, since how long bytes take is the network's.
 */

import { expectEqual, OURS } from "./check.mjs";

/** What the first task gives. */
export const FIRST_VALUE = 42;

/** @type {import("./index.mjs").Workload} */
export const firstTask = {
  id: "first-task",
  title: "load to first task",
  method: "firstTask",
  figure: "loadMs",
  plan: { count: 1 },
  quickPlan: { count: 1 },
  bars: [{ contestants: OURS, host: "chromium", of: "fromBytes", max: 10 }],
  tally,
  check,
};

/** `value`: what the task gave. */
function tally() {
  return { value: 0 };
}

function check(_plan, { value }) {
  expectEqual("value of the first task", value, FIRST_VALUE);
}
