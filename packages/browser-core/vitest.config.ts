/** Owns where the tests run: Node, where the wasm is inlined, and Chromium, where it is fetched. */
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumLaunchOptions } from "../../scripts/lib/browser.mjs";

// A test fails when it hangs, not when the machine is busy.
const HANGS = { testTimeout: 60_000, hookTimeout: 60_000 };
const TESTS = "test/**/*.test.ts";
const NODE_TESTS = "test/**/*.node.test.ts";

export default defineConfig({
  test: {
    projects: [
      { test: { ...HANGS, name: "node", environment: "node", include: [TESTS] } },
      {
        test: {
          ...HANGS,
          name: "chromium",
          include: [TESTS],
          exclude: [NODE_TESTS],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: await chromiumLaunchOptions() }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
