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
  await expect(workbench.status("Runtime")).toContainText("nothing left behind");
  await expect(workbench.status("Report")).toHaveText("Cancelled. The server stopped, too.");
  await expect(workbench.liveWork).toHaveCount(0);
});

test("a task that ignores cancellation is named and does not hang it", async ({ workbench }) => {
  await workbench.open();
  await workbench.button("Start a stubborn task").click();
  await expect(workbench.treeItem(/^task stubborn task running/)).toBeVisible();
  await workbench.button("Close the runtime").click();

  await expect(workbench.status("Runtime")).toContainText("but not clean");
  const revoked = workbench.panel("Runtime").getByRole("list", { name: "Revoked" });
  await expect(revoked.getByRole("listitem")).toHaveCount(1);
  await expect(revoked).toContainText("stubborn task did not end");
});

test("a runtime that was closed can be started again", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.button("Close the runtime").click();
  await workbench.button("Start the runtime again").click();
  await workbench.searchBox.fill("zinc");

  await ledger.expectOutcome("search “zinc”", "finished");
  await expect(workbench.hits).toContainText("Zinc");
});
