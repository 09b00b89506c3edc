/**
 * Headless Chromium as a host: one page for each run, in a browser context of its own, because pages
 * of one context may share a renderer process.
 */

import { chromium } from "playwright";
import { chromiumLaunchOptions } from "../../scripts/lib/browser.mjs";
import { bundleFirst, bundleRunner } from "./bundles.mjs";
import { PROFILE_INTERVAL_US } from "./profile.mjs";
import { RunFailure } from "./run-failure.mjs";
import { openServer } from "./server.mjs";

/**
 * @param {readonly import("../contestants/index.mjs").Contestant[]} contestants
 * @returns {Promise<import("./hosts.mjs").Host>}
 */
export async function openChromium(contestants) {
  await bundleRunner();
  const firstFiles = await bundleFirst(contestants, "browser");
  const { executablePath, args } = await chromiumLaunchOptions();
  const browser = await chromium.launch({
    executablePath,
    args: [...args, "--js-flags=--expose-gc"],
  });
  const server = await openServer();
  return {
    name: "chromium",
    versions: { chromium: browser.version() },
    firstUrl: (id) =>
      firstFiles.has(id) ? `${server.origin}/bundles/first-browser/${id}/first.mjs` : undefined,
    run: (entry, msMax) => runInPage(browser, server.origin, entry, msMax),
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** @returns {Promise<import("./hosts.mjs").Ran>} */
async function runInPage(browser, origin, entry, msMax) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    let profile;
    const answers = {
      async cpuMs() {
        const { metrics } = await devtools.send("Performance.getMetrics");
        return metrics.find(({ name }) => name === "ProcessTime").value * 1_000;
      },
      async heapBytes() {
        const { usedSize, embedderHeapUsedSize = 0 } = await devtools.send("Runtime.getHeapUsage");
        return usedSize + embedderHeapUsedSize;
      },
      async startProfile() {
        await devtools.send("Profiler.enable");
        await devtools.send("Profiler.setSamplingInterval", { interval: PROFILE_INTERVAL_US });
        await devtools.send("Profiler.start");
      },
      async stopProfile() {
        ({ profile } = await devtools.send("Profiler.stop"));
      },
    };
    await devtools.send("Performance.enable");
    await page.exposeFunction("benchProbe", (name) => answers[name]());
    const samples = await answerOf(page, msMax, async () => {
      await page.goto(`${origin}/`);
      return page.evaluate(evaluateRun, entry);
    });
    return { samples, profile };
  } finally {
    await context.close();
  }
}

/** Runs in the page. */
async function evaluateRun(entry) {
  const { run } = await import("/bundles/runner/runner.mjs");
  const probe = (name) => () => globalThis.benchProbe(name);
  return run(entry, {
    cpuMs: probe("cpuMs"),
    heapBytes: probe("heapBytes"),
    startProfile: probe("startProfile"),
    stopProfile: probe("stopProfile"),
  });
}

/** What `work` gives, unless the page breaks or takes too long. */
async function answerOf(page, msMax, work) {
  let timer;
  const broken = new Promise((_, reject) => {
    const fail = (message, detail) => reject(new RunFailure(message, detail ?? message));
    timer = setTimeout(() => reject(RunFailure.tooSlow(msMax)), msMax);
    page.on("crash", () => fail("its page crashed"));
    // Such as an unhandled rejection: it spoils the run.
    page.on("pageerror", (error) => fail(error.message, error.stack));
  });
  const working = work();
  // Whoever loses has nobody left to listen to it.
  working.catch(() => {});
  try {
    return await Promise.race([working, broken]);
  } catch (error) {
    if (error instanceof RunFailure) throw error;
    throw new RunFailure(withoutPreamble(error.message), error.stack);
  } finally {
    clearTimeout(timer);
  }
}

/** The first line without what the browser's driver puts before it. */
function withoutPreamble(message) {
  return message.replace(/^page\.\w+: (\w*Error: )?/, "").split("\n")[0];
}
