/** How the browser tests run: against the production build of the demo, started here on a free port. */
import { defineConfig, devices } from "@playwright/test";
import { chromiumLaunchOptions } from "../scripts/lib/browser.mjs";
import { portFor } from "./support/ports.js";

const port = await portFor("ASUPERSYNC_E2E_PORT");

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  // A flake is a fault: nothing is tried twice.
  retries: 0,
  forbidOnly: process.env.CI !== undefined,
  // Two browsers on two cores would make each other slow, and the servers of some tests build.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    // At 127.0.0.1 a development server of Next never hydrates, so every address is `localhost`.
    baseURL: `http://localhost:${port}`,
    viewport: { width: 1440, height: 900 },
    // Keeps the page's first demonstration from starting: a test presses its own buttons.
    contextOptions: { reducedMotion: "reduce" },
    trace: "retain-on-failure",
    launchOptions: await chromiumLaunchOptions(),
  },
  webServer: {
    command: `node support/serve.mjs production ${port}`,
    url: `http://localhost:${port}/away`,
    timeout: 300_000,
    stdout: "ignore",
    stderr: "pipe",
    gracefulShutdown: { signal: "SIGTERM", timeout: 5_000 },
  },
});
