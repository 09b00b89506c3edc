/**
 * A chain of nested tasks, each with a clean-up, cancelled at its root: whether the tree is walked
 * without recursion, and whether clean-ups run from the leaf to the root.
 *
 * Each level owns the next one; the innermost is parked. Building the chain is preparation; timed is
 * the cancellation of the root until all clean-ups have run.
 */

import { expectEqual } from "./check.mjs";

const shape = { method: "deepTree", figure: "nsByOperation", bars: [], tally, check };

/** @type {import("./index.mjs").Workload} */
export const deepTree = {
  ...shape,
  id: "deep-tree",
  title: "1,000 nested scopes cancelled at the root, cleaned up leaf first",
  plan: { count: 1_000 },
  quickPlan: { count: 50 },
};

/** @type {import("./index.mjs").Workload} */
export const deepTreeTenThousand = {
  ...shape,
  id: "deep-tree-10k",
  title: "10,000 nested scopes cancelled at the root, cleaned up leaf first",
  plan: { count: 10_000 },
  quickPlan: { count: 200 },
};

/** @type {import("./index.mjs").Workload} */
export const deepTreeHundredThousand = {
  ...shape,
  id: "deep-tree-100k",
  title: "100,000 nested scopes cancelled at the root, cleaned up leaf first",
  plan: { count: 100_000 },
  quickPlan: { count: 400 },
};

/**
 * `cleaned`: clean-ups that have run. `ordered`: those among them that ran after the clean-up of the
 * level below: {@link noteCleaned} counts both.
 */
function tally() {
  return { cleaned: 0, ordered: 0 };
}

/**
 * Called by the clean-up of `level`, of which the root has 0 and the innermost `count - 1`.
 *
 * @param {import("./index.mjs").Tally} tally
 * @param {{ count: number }} plan
 * @param {number} level
 */
export function noteCleaned(tally, { count }, level) {
  // In order, so many have cleaned up before as there are levels below.
  if (tally.cleaned === count - 1 - level) tally.ordered += 1;
  tally.cleaned += 1;
}

function check(plan, { cleaned, ordered }) {
  expectEqual("clean-ups run", cleaned, plan.count);
  expectEqual("clean-ups run after the one below", ordered, plan.count);
}
