/** Closing the whole runtime: requests end at the server, and the report names who would not end. */
import { expect, test } from "../support/test.js";

test("closing aborts every request at the server", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.button("Make report").click();
  await workbench.searchBox.fill("iron");
  await ledger.expectRunning("report");
  await ledger.expectRunning("search “iron”");
  await workbench.button("Close the runtime").click();

  await ledger.expectOutcome("report", "aborted");
  await ledger.expectOutcome("search “iron”", "aborted");
  await expect(workbench.status("Runtime")).toContainText("Nothing was left behind.");
  await expect(workbench.status("Report")).toHaveText("Cancelled. The server stopped, too.");
  await expect(workbench.liveWork).toHaveCount(0);
});

test.describe("stubborn tasks", () => {
  // The timers of two bodies that will not hear of it: nobody but the page's end can stop them.
  test.use({ stays: { timers: 2 } });

  test("tasks that ignore cancellation are named and do not hang it", async ({ workbench }) => {
    await workbench.open();
    await workbench.button("Start a stubborn task").click();
    await workbench.button("Start a stubborn task").click();
    await expect(workbench.treeItem(/^task stubborn task 2 running/)).toBeVisible();
    await workbench.button("Close the runtime").click();

    await expect(workbench.status("Runtime")).toContainText("2 would not end:");
    const revoked = workbench.panel("Runtime").getByRole("list", { name: "Revoked" });
    await expect(revoked.getByRole("listitem")).toHaveText([
      "stubborn task 1 ignored its cancellation and was revoked.",
      "stubborn task 2 ignored its cancellation and was revoked.",
    ]);
  });
});

test("a runtime that was closed can be started again", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.button("Close the runtime").click();
  await workbench.button("Start the runtime again").click();
  await workbench.searchBox.fill("zinc");

  await ledger.expectOutcome("search “zinc”", "finished");
  await expect(workbench.hits).toContainText("Zinc");
});
