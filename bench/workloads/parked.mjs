/**
 * 100,000 parked tasks: the memory that one holds, in the JavaScript heap and in wasm's memory
 * together, and what stays when all have been released.
 *
 * The method parks them and resolves with a function that releases them and waits until they have
 * ended. The harness looks at memory before, between and after, each time after a full collection.
 */

import { expectEqual } from "./check.mjs";

/** @type {import("./index.mjs").Workload} */
export const parked = {
  id: "parked",
  title: "100,000 parked tasks: memory",
  method: "parked",
  figure: "bytesByTask",
  plan: { count: 100_000 },
  quickPlan: { count: 1_000 },
  bars: [{ contestants: ["asupersync-generator"], of: "value", max: 500 }],
  tally,
  check,
};

/** `parked`: bodies that came to their wait. `released`: those that came out of it, however. */
function tally() {
  return { parked: 0, released: 0 };
}

function check(plan, { parked, released }) {
  expectEqual("tasks parked", parked, plan.count);
  expectEqual("tasks released", released, plan.count);
}
