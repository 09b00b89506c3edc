/** The page without a mouse: everything can be reached, seen and used. */
import type { Page } from "@playwright/test";
import { expect, test } from "../support/test.js";

test("a walk by Tab passes every control in reading order, each with a visible focus", async ({
  workbench,
  page,
}) => {
  await workbench.open();
  const passed: string[] = [];
  for (let step = 0; step < WALK.length; step++) {
    await page.keyboard.press("Tab");
    const { name, hasOutline } = await focused(page);
    passed.push(name);
    expect(hasOutline, `${name} shows its focus`).toBe(true);
  }
  expect(passed).toEqual(WALK);
});

const WALK = [
  "asupersync",
  "system",
  "Play a demonstration",
  "Leave this page",
  "Source of “Search”",
  "Search the chemical elements",
  "Start race",
  "Source of “Race”",
  "Make report",
  "Source of “Report”",
  "Source of “Runtime”",
  "Start a stubborn task",
  "Close the runtime",
  "scope demo open",
  "Requests, newest first",
];

test("a report is made and cancelled from the keyboard", async ({ workbench, page, ledger }) => {
  await workbench.open();
  await workbench.button("Make report").focus();
  await page.keyboard.press("Enter");
  await ledger.expectRunning("report", 1);
  await workbench.button("Cancel").focus();
  await page.keyboard.press("Space");
  await ledger.expectOutcome("report", "aborted");
});

test("arrow keys walk the tree, and a row that ends gives its focus back", async ({
  workbench,
  page,
}) => {
  await workbench.open();
  await workbench.button("Make report").click();
  const task = workbench.treeItem(/^task report/);
  const request = workbench.treeItem(/^request fetch/);
  await expect(request).toBeVisible();

  await workbench.treeItem(/^scope demo/).focus();
  await page.keyboard.press("End");
  await expect(request).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(task).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(request).toBeFocused();
  await page.keyboard.press("Home");
  await expect(workbench.treeItem(/^scope demo/)).toBeFocused();

  await workbench.button("Cancel").click();
  await expect(workbench.liveWork).toHaveCount(0);
  await expect(workbench.treeItem(/^scope demo/)).toHaveAttribute("tabindex", "0");
});

test("the source of a panel opens and closes", async ({ workbench, page }) => {
  await workbench.open();
  const toggle = workbench.button("Source of “Search”");
  const source = page.getByRole("region", { name: "Source of “Search”" });
  await toggle.press("Enter");
  await expect(toggle).toHaveAttribute("aria-expanded", "true");
  await expect(source).toContainText("await cx.sleep(150)");
  await toggle.press("Enter");
  await expect(source).toBeHidden();
});

/** The name a person would give the focused element, and whether its focus can be seen. */
async function focused(page: Page): Promise<{ name: string; hasOutline: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement)) throw new Error("expected a focused element");
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null;
    const name = element.getAttribute("aria-label") ?? label ?? element.textContent;
    const drawn = [element, element.closest("label")].filter((candidate) => candidate !== null);
    return {
      name: name.replace(/[→\s]+/g, " ").trim(),
      hasOutline: drawn.some((candidate) => getComputedStyle(candidate).outlineStyle !== "none"),
    };
  });
}
