/** Leaving the page while work runs: by the link, by another address, by closing the tab. */
import type { Ledger } from "../support/ledger.js";
import { expect, test } from "../support/test.js";
import type { Workbench } from "../support/workbench.js";

/** A report, a race and a search on their way. */
async function startEverything(workbench: Workbench, ledger: Ledger): Promise<void> {
  await workbench.open();
  await workbench.button("Make report").click();
  await workbench.button("Start race").click();
  await workbench.searchBox.fill("argon");
  for (const label of EVERYTHING) await ledger.expectRunning(label);
}

const EVERYTHING = ["report", "mirror oslo", "mirror lima", "search “argon”"];

test("the link aborts every request at the server", async ({ workbench, ledger, page }) => {
  await startEverything(workbench, ledger);
  await page.getByRole("link", { name: "Leave this page" }).click();

  await expect(page.getByRole("heading", { name: "You left." })).toBeVisible();
  for (const label of EVERYTHING) await ledger.expectOutcome(label, "aborted");
  await expect(page.getByRole("status").first()).toContainText("and stopped.");
});

test("the tree is empty after leaving", async ({ workbench, ledger, page }) => {
  await startEverything(workbench, ledger);
  await expect(workbench.liveWork).not.toHaveCount(0);
  await page.getByRole("link", { name: "Leave this page" }).click();

  await expect(page.getByRole("heading", { name: "You left." })).toBeVisible();
  // The same runtime: only its root is left.
  await expect(workbench.tree.getByRole("treeitem")).toHaveCount(1);
  await expect(workbench.treeItem(/^scope demo open/)).toBeVisible();
});

test("who comes back finds a page that works", async ({ workbench, ledger, page }) => {
  await startEverything(workbench, ledger);
  await page.getByRole("link", { name: "Leave this page" }).click();
  await page.getByRole("link", { name: "Go back" }).click();
  await workbench.searchBox.fill("neon");

  await ledger.expectOutcome("search “neon”", "finished");
  await expect(workbench.hits).toContainText("Neon");
});

test("whoever opens the page after leaving directly is not told to have left", async ({
  workbench,
  page,
}) => {
  await workbench.open("/away");
  await expect(page.getByRole("heading", { name: "What leaving does." })).toBeVisible();
  await expect(page).toHaveTitle("After leaving. Asupersync");
});

test("another address aborts every request at the server", async ({ workbench, ledger, page }) => {
  await startEverything(workbench, ledger);
  await page.goto("about:blank");

  for (const label of EVERYTHING) await ledger.expectOutcome(label, "aborted");
});

test("closing the tab aborts every request at the server", async ({ workbench, ledger, page }) => {
  await startEverything(workbench, ledger);
  await page.close();

  for (const label of EVERYTHING) await ledger.expectOutcome(label, "aborted");
});
