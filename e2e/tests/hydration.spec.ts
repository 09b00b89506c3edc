/** What the server sends, and that React takes it over without a word. */
import { expect, test } from "../support/test.js";

test("the server's page says what the kit is before any script runs", async ({
  request,
  origin,
}) => {
  const html = await (await request.get(`${origin}/`)).text();
  expect(html).toContain("<h1>Leave, and the work stops.</h1>");
  expect(html).toContain("Loading the scheduler.");
});

test("an address that does not exist has a title of its own", async ({ request, origin }) => {
  const response = await request.get(`${origin}/nowhere`);
  expect(response.status()).toBe(404);
  expect(await response.text()).toContain("<title>Nothing here. Asupersync</title>");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  for (const address of ["/", "/away"]) {
    test(`${address} says that it needs it, and promises nothing`, async ({ page, origin }) => {
      await page.goto(`${origin}${address}`);
      const note = page.locator("noscript");
      await expect(note).toBeVisible();
      // Playwright takes only the rendered text of a `noscript` for text.
      await expect(note).toHaveText(/needs JavaScript/, { useInnerText: true });
      await expect(page.getByText("Loading the scheduler.")).toBeHidden();
    });
  }
});

test("both pages hydrate without a warning", async ({ workbench, page, faults }) => {
  await workbench.open();
  await page.getByRole("link", { name: "Leave this page" }).click();
  await expect(page.getByRole("heading", { name: "You left." })).toBeVisible();
  await workbench.open("/away");
  expect(faults).toEqual([]);
});

test("a theme that was chosen holds over a reload without a warning", async ({
  workbench,
  page,
}) => {
  await workbench.open();
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByText("dark", { exact: true }).click();
  const dark = await background();
  expect(dark).not.toBe(light);

  await workbench.open();
  expect(await background()).toBe(dark);
  await expect(page.getByRole("radio", { name: "dark" })).toBeChecked();
});

test("a search that was linked to starts with the page", async ({ workbench, ledger }) => {
  await workbench.open("/?q=argon");
  await expect(workbench.searchBox).toHaveValue("argon");
  await ledger.expectOutcome("search “argon”", "finished");
  expect(await ledger.entries()).toHaveLength(1);
});
