/** The same app built by webpack: the wasm loads without any setting, and tasks run. */
import path from "node:path";
import { startServer } from "../support/extra-server.js";
import { expect, test } from "../support/test.js";

const serve = path.join(import.meta.dirname, "../support/serve.mjs");

test.describe("next build --webpack", () => {
  test.setTimeout(300_000);
  test.use({
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures wanted from this pattern.
    origin: async ({}, use) => {
      await using server = await startServer((port) => [serve, "webpack", port], {
        cwd: import.meta.dirname,
        answerMsMax: 240_000,
      });
      await use(server.url);
    },
  });

  test("loads the wasm, runs a task and aborts one at the server", async ({
    workbench,
    ledger,
  }) => {
    await workbench.open();
    await workbench.searchBox.fill("s");
    await ledger.expectRunning("search “s”");
    await workbench.searchBox.fill("silver");

    await ledger.expectOutcome("search “s”", "aborted");
    await expect(workbench.hits).toContainText("Silver");
  });
});
