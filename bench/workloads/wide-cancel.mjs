/**
 * 10,000 parked children, each with an asynchronous clean-up, cancelled by their parent: the price of
 * seeing a crowd out.
 *
 * Each clean-up yields once and then counts itself. Parking the children is preparation; timed is the
 * cancellation until the library says that all is over, and by then every clean-up has to be done.
 */

import { expectEqual, OURS } from "./check.mjs";

/** @type {import("./index.mjs").Workload} */
export const wideCancel = {
  id: "wide-cancel",
  title: "10,000 parked children cancelled, each with an asynchronous clean-up",
  method: "wideCancel",
  figure: "nsByOperation",
  plan: { count: 10_000 },
  quickPlan: { count: 200 },
  bars: [
    { contestants: OURS, of: "ratio", max: 0.7 },
    { contestants: OURS, of: "peers", max: 0.5 },
  ],
  tally,
  check,
};

/**
 * `cleaned`: clean-ups that came to their end. `atEnd`: `cleaned` as it stood when the library had
 * said that the cancellation was over.
 */
function tally() {
  return { cleaned: 0, atEnd: 0 };
}

function check(plan, { atEnd }) {
  expectEqual("clean-ups done when the cancellation was over", atEnd, plan.count);
}
