/** Owns where the tests run: Node, where the wasm is inlined, and Chromium, where it is fetched. */
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumLaunchOptions } from "../../scripts/lib/browser.mjs";

const TESTS = "test/**/*.test.ts";
const NODE_TESTS = "test/**/*.node.test.ts";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "node", environment: "node", include: [TESTS] } },
      {
        test: {
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
