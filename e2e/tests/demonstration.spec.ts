/** The first demonstration, which starts by itself for people who did not ask for calm. */
import { expect, test } from "../support/test.js";

test.use({ contextOptions: { reducedMotion: "no-preference" } });

test("it shows aborted requests, a drained loser and a report on its way", async ({
  workbench,
  ledger,
}) => {
  await workbench.open();

  await expect(workbench.searchBox).toHaveValue("silver");
  await ledger.expectOutcome("search “s”", "aborted");
  await ledger.expectOutcome("search “silver”", "finished");
  await expect(workbench.status("Race")).toContainText("was cancelled and drained");
  await ledger.expectRunning("report", 1);
  await expect(workbench.button("Play a demonstration")).toBeVisible();
});

test("whoever takes a control ends it", async ({ workbench, ledger }) => {
  await workbench.open();
  await expect(workbench.button("Stop the demonstration")).toBeVisible();
  await workbench.searchBox.focus();

  await expect(workbench.button("Play a demonstration")).toBeVisible();
  await expect(workbench.treeItem(/^task demonstration/)).toHaveCount(0);
  await workbench.searchBox.fill("gold");
  await ledger.expectOutcome("search “gold”", "finished");
  await expect(workbench.searchBox).toHaveValue("gold");
});

test("it ends with its runtime, and a closed runtime plays none", async ({ workbench }) => {
  await workbench.open();
  await expect(workbench.button("Stop the demonstration")).toBeVisible();
  await workbench.button("Close the runtime").click();

  await expect(workbench.status("Runtime")).toContainText("Nothing was left behind.");
  await expect(workbench.button("Play a demonstration")).toBeDisabled();
});
