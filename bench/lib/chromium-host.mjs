/**
 * Headless Chromium as a host: one page for each pair of contestant and workload, each in a browser
 * context of its own, because pages of one context may share a renderer process.
 */

import { chromium } from "playwright";
import { chromiumLaunchOptions } from "../../scripts/lib/browser.mjs";
import { PROFILE_INTERVAL_US } from "./profile.mjs";
import { openServer } from "./server.mjs";

/** @returns {Promise<import("./hosts.mjs").Host>} */
export async function openChromium() {
  const { executablePath, args } = await chromiumLaunchOptions();
  const browser = await chromium.launch({
    executablePath,
    args: [...args, "--js-flags=--expose-gc"],
  });
  const server = await openServer();
  return {
    name: "chromium",
    versions: { chromium: browser.version() },
    openLane: (entry) => openLane(browser, server.origin, entry),
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** @returns {Promise<import("./hosts.mjs").Lane>} */
async function openLane(browser, origin, entry) {
  const context = await browser.newContext();
  const page = await context.newPage();
  /** Errors that no `evaluate` carries, such as an unhandled rejection: they spoil the run. */
  const pageErrors = [];
  page.on("pageerror", (error) => pageErrors.push(error));
  await page.goto(`${origin}/`);
  await page.evaluate(async (given) => {
    const { openRunner } = await import("/bench/lib/runner.mjs");
    globalThis.benchRunner = await openRunner(given);
  }, entry);
  const profiler = await context.newCDPSession(page);
  return {
    async sample() {
      const durationMs = await page.evaluate(() => globalThis.benchRunner.sample());
      if (pageErrors.length > 0) throw pageErrors[0];
      return durationMs;
    },
    async startProfile() {
      await profiler.send("Profiler.enable");
      await profiler.send("Profiler.setSamplingInterval", { interval: PROFILE_INTERVAL_US });
      await profiler.send("Profiler.start");
    },
    async stopProfile() {
      return (await profiler.send("Profiler.stop")).profile;
    },
    async close() {
      await page.evaluate(() => globalThis.benchRunner.close());
      await context.close();
    },
  };
}
