/** How the page looks: kept as pictures, and checked where a rule can be given. */
import path from "node:path";
import { expect, test } from "../support/test.js";

const artifacts = path.join(import.meta.dirname, "../artifacts");

const SCREENS = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
} as const;

for (const [screen, options] of Object.entries(SCREENS)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${screen}, ${colorScheme}`, () => {
      test.use({
        ...options,
        colorScheme,
        deviceScaleFactor: 2,
        contextOptions: { reducedMotion: "no-preference" },
      });

      test("is kept as a picture, and nothing is wider than the screen", async ({
        workbench,
        ledger,
        page,
      }) => {
        await workbench.open();
        await expect(workbench.status("Race")).toContainText("was cancelled and drained");
        await ledger.expectRunning("report", 1);
        await page.screenshot({
          path: path.join(artifacts, `${screen}-${colorScheme}.png`),
          fullPage: screen === "phone",
        });

        const widths = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          innerWidth,
        ]);
        expect(widths[0]).toBe(widths[1]);
      });
    });
  }
}

test("a laptop's first screen shows the search, the tree and the server without scrolling", async ({
  workbench,
  page,
}) => {
  await workbench.open();
  await expect(workbench.searchBox).toBeInViewport({ ratio: 1 });
  await expect(workbench.button("Close the runtime")).toBeInViewport({ ratio: 1 });
  await expect(workbench.treeItem(/^scope demo/)).toBeInViewport({ ratio: 1 });
  await expect(page.getByRole("columnheader", { name: "Outcome" })).toBeInViewport({ ratio: 1 });
});

test("an open source stays within its panel", async ({ workbench, page }) => {
  await page.setViewportSize(SCREENS.phone.viewport);
  await workbench.open();
  for (const title of ["Search", "Race", "Report", "Runtime"] as const) {
    await workbench.button(`Source of “${title}”`).click();
    const panel = await workbench.panel(title).boundingBox();
    const source = await page.getByRole("region", { name: `Source of “${title}”` }).boundingBox();
    expect(source?.width).toBeLessThan(panel?.width ?? 0);
  }
});

test.describe("with a stubborn task", () => {
  // It goes on, and its timer with it: nobody but the page's end can stop it.
  test.use({ stays: { tasks: 1, timers: 1 } });

  test("nothing is wider than the narrowest phone, and its bottom line is whole", async ({
    workbench,
    page,
  }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    await workbench.open();
    await workbench.button("Start a stubborn task").click();
    await workbench.button("Start race").click();
    await expect(workbench.status("Race")).toContainText("was cancelled and drained");
    await page.screenshot({ path: path.join(artifacts, "narrow-light.png") });

    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    for (const chip of ["tasks", "requests", "aborted at the server"]) {
      const shown = page.getByText(new RegExp(`^${chip} \\d+$`));
      await expect(shown).toBeInViewport({ ratio: 1 });
    }
  });
});

test("a finger finds every button at least 44 px high on a phone", async ({ browser, origin }) => {
  const context = await browser.newContext({ ...SCREENS.phone, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  await expect(page.getByRole("tree")).toBeVisible();
  for (const button of await page.getByRole("button").all()) {
    expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  }
  await context.close();
});
