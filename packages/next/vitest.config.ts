/** Owns where the tests run: real wasm in Node with jsdom, on a server without a DOM, and in Chromium. */
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumLaunchOptions } from "../../scripts/lib/browser.mjs";

const SERVER_TESTS = "test/server*.test.{ts,tsx}";
const PAGE_TESTS = "test/**/*.test.{ts,tsx}";
const BUNDLED = [
  "react",
  "react-dom",
  "react-dom/client",
  "react-dom/server",
  "react/jsx-dev-runtime",
];

// Tests wait for events, not for time: this only ends one that hangs, on however busy a machine.
const HANGS = { testTimeout: 60_000, hookTimeout: 60_000 };
const setupFiles = ["../../scripts/lib/failed-expectations.mjs"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...HANGS,
          setupFiles,
          name: "jsdom",
          environment: "jsdom",
          include: [PAGE_TESTS],
          exclude: [SERVER_TESTS],
        },
      },
      {
        test: {
          ...HANGS,
          setupFiles,
          name: "server",
          environment: "node",
          include: [SERVER_TESTS],
        },
      },
      {
        // Named, so that Vite does not find one of them in the middle of a run and reload the page.
        optimizeDeps: { include: BUNDLED },
        test: {
          ...HANGS,
          setupFiles,
          name: "chromium",
          include: [PAGE_TESTS],
          exclude: [SERVER_TESTS],
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
