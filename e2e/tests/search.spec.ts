/** The search box: what a keystroke does to the request before it, seen from the server. */
import { expect, test } from "../support/test.js";

test("a keystroke aborts the request in flight at the server", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.searchBox.fill("s");
  await ledger.expectRunning("search “s”");
  await workbench.searchBox.fill("si");

  const aborted = await ledger.expectOutcome("search “s”", "aborted");
  const finished = await ledger.expectOutcome("search “si”", "finished");
  expect(aborted.bytesSent).toBeLessThan(finished.bytesSent);
});

test("only the last query's hits are shown", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.searchBox.fill("s");
  await ledger.expectRunning("search “s”");
  await workbench.searchBox.fill("silver");

  await expect(workbench.status("Search")).toHaveText("1 element for “silver”.");
  await expect(workbench.hits).toHaveCount(1);
  await expect(workbench.hits).toContainText("Ag");
});

test("keystrokes within the debounce never reach the server", async ({ workbench, ledger }) => {
  await workbench.open();
  // All in one task of the page, so that no machine is too slow for the debounce.
  await workbench.searchBox.evaluate((box: HTMLInputElement) => {
    const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
    for (const query of ["t", "ti", "tin"]) {
      setValue?.call(box, query);
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  await ledger.expectOutcome("search “tin”", "finished");
  expect((await ledger.entries()).map((entry) => entry.label)).toEqual(["search “tin”"]);
});

test("an emptied box cancels the request and shows nothing", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.searchBox.fill("gold");
  await ledger.expectRunning("search “gold”");
  await workbench.searchBox.fill("");

  await ledger.expectOutcome("search “gold”", "aborted");
  await expect(workbench.hits).toHaveCount(0);
  await expect(workbench.liveWork).toHaveCount(0);
});

test("a failed search is said to the person", async ({ workbench, page }) => {
  await page.route("**/api/search?*", (route) =>
    route.fulfill({ contentType: "application/json", body: "{ not json" }),
  );
  await workbench.open();
  await workbench.searchBox.fill("gold");

  await expect(workbench.panel("Search").getByRole("alert")).toContainText("JSON");
});
