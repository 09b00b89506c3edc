/** Owns where the tests run: Node and Chromium, both with the real wasm. */
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumLaunchOptions } from "../../scripts/lib/browser.mjs";

// A test fails when it hangs, not when the machine is busy.
const HANGS = { testTimeout: 60_000, hookTimeout: 60_000 };
const TESTS = "test/**/*.test.ts";
const NODE_TESTS = "test/**/*.node.test.ts";

// The README's example imports the package by its name.
const alias = [
  {
    find: /^@asupersync\/browser$/,
    replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)),
  },
];

export default defineConfig({
  test: {
    globalSetup: "test/fault-server.setup.ts",
    projects: [
      {
        resolve: { alias },
        test: { ...HANGS, name: "node", environment: "node", include: [TESTS] },
      },
      {
        resolve: { alias },
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
