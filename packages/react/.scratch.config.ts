/** Owns where the tests run: real wasm in Node with jsdom, on a server without a DOM, and in Chromium. */
import { existsSync } from "node:fs";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

const SERVER_TESTS = "test/server.test.tsx";
const PAGE_TESTS = "test/**/*.test.{ts,tsx}";
const BUNDLED = [
  "react",
  "react-dom",
  "react-dom/client",
  "react-dom/server",
  "react/jsx-dev-runtime",
];

// A machine without Playwright's own download has the distribution's browser.
const chromium = process.env.ASUPERSYNC_CHROMIUM ?? "/usr/bin/chromium";
// Tests wait for events, not for time: this only ends one that hangs, on however busy a machine.
const HANGS = { testTimeout: 60_000, hookTimeout: 60_000 };
const isRoot = process.getuid?.() === 0;

const mends = { name: "mends", enforce: "pre" as const, transform(code: string, id: string) {
  if (id.split("?")[0]!.endsWith("/browser/dist/step.js")) return code.replace("settle(task, (answer - COMPLETED_NOW), 0);", "{ settle(task, (answer - COMPLETED_NOW), 0); task.scope.runtime.snapshots.touch(); }");
  if (id.split("?")[0]!.endsWith("/browser-core/dist/source.js")) return code.replace("new Blob([gzip]).stream()", "new Response(gzip).body");
  return undefined; } };
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...HANGS,
          name: "jsdom",
          environment: "jsdom",
          include: [PAGE_TESTS],
          exclude: [SERVER_TESTS],
        },
      },
      { test: { ...HANGS, name: "server", environment: "node", include: [SERVER_TESTS] } },
      {
        // Named, so that Vite does not find one of them in the middle of a run and reload the page.
        optimizeDeps: { include: BUNDLED },
        test: {
          ...HANGS,
          name: "chromium",
          include: [PAGE_TESTS],
          exclude: [SERVER_TESTS],
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
