/** Owns where the tests run: Node and Chromium, both with the real wasm. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

const TESTS = "test/**/*.test.ts";
const NODE_TESTS = "test/**/*.node.test.ts";

// The README's example imports the package by its name.
const alias = [
  {
    find: /^@asupersync\/browser$/,
    replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)),
  },
];

// A machine without Playwright's own download has the distribution's browser.
const chromium = process.env.ASUPERSYNC_CHROMIUM ?? "/usr/bin/chromium";
const isRoot = process.getuid?.() === 0;

export default defineConfig({
  test: {
    projects: [
      { resolve: { alias }, test: { name: "node", environment: "node", include: [TESTS] } },
      {
        resolve: { alias },
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
