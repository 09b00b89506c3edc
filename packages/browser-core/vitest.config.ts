/** Owns where the tests run: Node, where the wasm is inlined, and Chromium, where it is fetched. */
import { existsSync } from "node:fs";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

const TESTS = "test/**/*.test.ts";
const NODE_TESTS = "test/**/*.node.test.ts";

// A machine without Playwright's own download has the distribution's browser.
const chromium = process.env.ASUPERSYNC_CHROMIUM ?? "/usr/bin/chromium";
const isRoot = process.getuid?.() === 0;

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
            provider: playwright({
              launchOptions: {
                ...(existsSync(chromium) ? { executablePath: chromium } : {}),
                args: isRoot ? ["--no-sandbox"] : [],
              },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
