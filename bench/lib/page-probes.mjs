/** Asks the browser what a page cannot know of itself. */

import { PROFILE_INTERVAL_US } from "./profile.mjs";

/**
 * Attaches to the page. Its JavaScript runs slower from then on wherever it makes an `Error`.
 *
 * @param {import("chrome-remote-interface").Client} browser
 * @param {string} targetId
 */
export async function openPageProbes(browser, targetId) {
  const { sessionId } = await browser.Target.attachToTarget({ targetId, flatten: true });
  const ask = (method, params) => browser.send(method, params, sessionId);
  await ask("Performance.enable");
  return {
    /** @type {object | undefined} Once it has been taken. */
    profile: undefined,
    async cpuMs() {
      const { metrics } = await ask("Performance.getMetrics");
      return metrics.find(({ name }) => name === "ProcessTime").value * 1_000;
    },
    async heapBytes() {
      const { usedSize, embedderHeapUsedSize = 0 } = await ask("Runtime.getHeapUsage");
      return usedSize + embedderHeapUsedSize;
    },
    async startProfile() {
      await ask("Profiler.enable");
      await ask("Profiler.setSamplingInterval", { interval: PROFILE_INTERVAL_US });
      await ask("Profiler.start");
    },
    async stopProfile() {
      this.profile = (await ask("Profiler.stop")).profile;
    },
  };
}
