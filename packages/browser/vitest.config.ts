/** Owns where the tests run: Node and Chromium, both with the real wasm. */
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumLaunchOptions } from "../../scripts/lib/browser.mjs";

// A test fails when it hangs, not when the machine is busy.
const HANGS = { testTimeout: 60_000, hookTimeout: 60_000 };
const TESTS = "test/**/*.test.ts";
const NODE_TESTS = "test/**/*.node.test.ts";
const PRODUCTION_TESTS = "test/production/**/*.test.ts";

/** The sources, the README's and the guide's imports of the package among them, as one kind of build. */
function sources(environment: "development" | "production") {
  const source = (file: string): string => fileURLToPath(new URL(`src/${file}`, import.meta.url));
  return [
    { find: /^@asupersync\/browser$/, replacement: source("index.ts") },
    { find: /^#environment$/, replacement: source(`environment.${environment}.ts`) },
  ];
}

export default defineConfig({
  test: {
    globalSetup: "test/fault-server.setup.ts",
    projects: [
      {
        resolve: { alias: sources("development") },
        test: {
          ...HANGS,
          name: "node",
          environment: "node",
          include: [TESTS],
          exclude: [PRODUCTION_TESTS],
        },
      },
      {
        resolve: { alias: sources("production") },
        test: { ...HANGS, name: "production", environment: "node", include: [PRODUCTION_TESTS] },
      },
      {
        resolve: { alias: sources("development") },
        test: {
          ...HANGS,
          name: "chromium",
          include: [TESTS],
          exclude: [NODE_TESTS, PRODUCTION_TESTS],
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
