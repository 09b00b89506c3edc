/** StrictMode in development: mount, unmount, mount, and still the work starts once. */
import path from "node:path";
import nextConfig from "../../apps/next-demo/next.config.js";
import { startServer } from "../support/extra-server.js";
import { expect, test } from "../support/test.js";

const serve = path.join(import.meta.dirname, "../support/serve.mjs");

test.describe("next dev", () => {
  test.setTimeout(240_000);
  test.use({
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures wanted from this pattern.
    origin: async ({}, use) => {
      await using server = await startServer((port) => [serve, "development", port], {
        cwd: import.meta.dirname,
        answerMsMax: 180_000,
      });
      await use(server.url);
    },
    // The development server's own, for hot reload.
    stays: { sockets: 1 },
  });

  test("work that starts with the page arrives at the server once", async ({
    workbench,
    ledger,
    page,
  }) => {
    expect(nextConfig.reactStrictMode).toBe(true);
    await workbench.open("/?q=argon");
    await ledger.expectOutcome("search “argon”", "finished");
    await expect(workbench.hits).toContainText("Argon");
    expect(await ledger.entries()).toHaveLength(1);

    await workbench.button("Make report").click();
    await ledger.expectRunning("report", 1);
    await page.getByRole("link", { name: "Leave this page" }).click();
    // The development server compiles a page when it is first asked for.
    await page.waitForURL("**/away", { timeout: 120_000 });
    await ledger.expectOutcome("report", "aborted");
    expect(await ledger.entries()).toHaveLength(2);
  });
});
