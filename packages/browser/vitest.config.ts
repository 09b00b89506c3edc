/** Owns where the tests run: Node and Chromium, with the real wasm, and on the smallest kernel. */
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumLaunchOptions } from "../../scripts/lib/browser.mjs";
import { coreMinDoor, doors, environmentDoor } from "./test/doors.js";

// A test fails when it hangs, not when the machine is busy.
const HANGS = { testTimeout: 60_000, hookTimeout: 60_000 };
const setupFiles = ["../../scripts/lib/failed-expectations.mjs"];
const TESTS = "test/**/*.test.ts";
const NODE_TESTS = "test/**/*.node.test.ts";
const PRODUCTION_TESTS = "test/production/**/*.test.ts";
/** What every kernel does: these run on the smallest one too. None of them looks at a trace. */
const TESTS_OF_ANY_KERNEL = [
  "test/{all,any,cancel,defer,foreign,hedge,hostile,leak,map,outcome,race,rejections}.test.ts",
  "test/{revoke,scope,scope-budget,settle,supervise,timeout,unobserved,use,wait}.test.ts",
  "test/sync/{locks,watch}.test.ts",
];

/** The sources, what imports the package by its names among them, as one kind of build. */
function sources(environment: "development" | "production") {
  return [...doors, environmentDoor(environment)];
}

export default defineConfig({
  test: {
    globalSetup: ["test/fault-server.setup.ts", "test/worker/workers.setup.ts"],
    projects: [
      {
        resolve: { alias: sources("development") },
        test: {
          ...HANGS,
          setupFiles,
          name: "node",
          environment: "node",
          include: [TESTS],
          exclude: [PRODUCTION_TESTS],
        },
      },
      {
        resolve: { alias: [...sources("development"), coreMinDoor] },
        test: {
          ...HANGS,
          setupFiles,
          name: "core-min",
          environment: "node",
          include: TESTS_OF_ANY_KERNEL,
          // Among the tests for Node alone are the longest, on random runs: the kernel has its own.
          exclude: [NODE_TESTS],
        },
      },
      {
        resolve: { alias: sources("production") },
        test: {
          ...HANGS,
          setupFiles,
          name: "production",
          environment: "node",
          include: [PRODUCTION_TESTS],
        },
      },
      {
        resolve: { alias: sources("development") },
        test: {
          ...HANGS,
          setupFiles,
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
