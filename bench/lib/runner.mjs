/**
 * Runs one contestant on one workload, in the process or page made for that pair. The same code
 * runs in Node and in a page.
 */

import { contestants } from "../contestants/index.mjs";
import { workloads } from "../workloads/index.mjs";

/**
 * @typedef {{ contestantId: string, workloadId: string, quick: boolean }} Entry
 * @typedef {{ sample(): Promise<number>, close(): Promise<void> }} Runner `sample` resolves with
 *   the milliseconds of one checked run.
 */

/**
 * @param {Entry} entry
 * @returns {Promise<Runner>}
 */
export async function openRunner({ contestantId, workloadId, quick }) {
  const contestant = contestants.find(({ id }) => id === contestantId);
  const workload = workloads.find(({ id }) => id === workloadId);
  const runner = await (await contestant.load()).open();
  const plan = quick ? workload.quickPlan : workload.plan;
  return {
    async sample() {
      const tally = workload.tally();
      await collectGarbage();
      const start = performance.now();
      await runner[workload.method](plan, tally);
      const durationMs = performance.now() - start;
      workload.check(plan, tally, contestant.drains);
      runner.tidy();
      // Again, so that what this run left behind is not collected during a rival's run.
      await collectGarbage();
      return durationMs;
    },
    close: () => runner.close(),
  };
}

async function collectGarbage() {
  // A turn of the event loop first: what the last microtasks still hold is free only after it.
  await new Promise((resolve) => setTimeout(resolve, 0));
  globalThis.gc();
}
