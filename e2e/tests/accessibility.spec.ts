/** WCAG 2.2 AA, as far as a machine can tell: both themes, at rest, at work and closed. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/test.js";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test.describe("with a stubborn task", () => {
      // Its timer: nobody but the page's end can stop it.
      test.use({ stays: { timers: 1 } });

      test("the workbench has no violation at rest, at work and closed", async ({
        workbench,
        ledger,
        page,
      }) => {
        await workbench.open();
        expect(await violations(page)).toEqual([]);

        await workbench.button("Source of “Search”").click();
        await workbench.button("Start a stubborn task").click();
        await workbench.button("Start race").click();
        await workbench.searchBox.fill("gold");
        await ledger.expectOutcome("search “gold”", "finished");
        await expect(workbench.hits).not.toHaveCount(0);
        expect(await violations(page)).toEqual([]);

        await workbench.button("Close the runtime").click();
        await expect(workbench.button("Start the runtime again")).toBeVisible();
        expect(await violations(page)).toEqual([]);
      });
    });

    test("the page after leaving has no violation", async ({ workbench, page }) => {
      await workbench.open("/away");
      expect(await violations(page)).toEqual([]);
    });
  });
}

async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).withTags(RULES).analyze();
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n")}`,
  );
}
