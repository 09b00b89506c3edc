/** The test of this suite: a page that must stay free of faults, and the server's ledger beside it. */
import { randomBytes } from "node:crypto";
import { test as base, expect } from "@playwright/test";
import { collectFaults } from "./faults.js";
import { Ledger } from "./ledger.js";
import { expectNothingLeft, type LeftBehind } from "./left-behind.js";
import { countWhatIsLive } from "./live-in-page.js";
import { Workbench } from "./workbench.js";

interface Fixtures {
  /** Where the demo is served. A test of another build sets it. */
  readonly origin: string;
  /** The name by which the server tells this test's requests from all others. */
  readonly visit: string;
  readonly ledger: Ledger;
  readonly workbench: Workbench;
  /** Checked when the test has ended; always on. */
  readonly faults: readonly string[];
  /** Checks, when the test has ended well, that nothing of its work is left; always on. */
  readonly leftBehind: undefined;
  /** What a test leaves behind on purpose. */
  readonly stays: Partial<LeftBehind>;
}

export const test = base.extend<Fixtures>({
  origin: async ({ baseURL }, use) => use(baseURL ?? ""),
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures wanted from this pattern.
  visit: async ({}, use) => use(randomBytes(8).toString("hex")),
  ledger: async ({ request, origin, visit }, use) => use(new Ledger(request, origin, visit)),
  workbench: async ({ page, origin, visit }, use) => {
    await page.addInitScript((value) => {
      // `about:blank` has no storage of its own.
      if (location.protocol === "http:") sessionStorage.setItem("asupersync-demo-visit", value);
    }, visit);
    await use(new Workbench(page, origin));
  },
  faults: [
    // After the origin, so that neither the check nor the page outlives a server of the test's own.
    // biome-ignore lint/correctness/noUnusedFunctionParameters: Playwright reads the order from this pattern.
    async ({ origin, page }, use) => {
      const faults = await collectFaults(page);
      await use(faults);
      expect(faults).toEqual([]);
    },
    { auto: true },
  ],
  stays: [{}, { option: true }],
  leftBehind: [
    // After the faults, so that what happens while the page is left is one of them.
    // biome-ignore lint/correctness/noUnusedFunctionParameters: Playwright reads the order from this pattern.
    async ({ faults, origin, page, stays }, use, testInfo) => {
      await countWhatIsLive(page);
      await use(undefined);
      if (testInfo.status === testInfo.expectedStatus) await expectNothingLeft(page, origin, stays);
    },
    { auto: true },
  ],
});

export { expect };
