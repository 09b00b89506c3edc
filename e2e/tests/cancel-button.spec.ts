/** The Cancel button of the slow report. */
import { expect, test } from "../support/test.js";

/** Two rows of about thirty bytes: the report has begun, and is far from whole. */
const TWO_ROWS_BYTES = 50;

test("the button aborts the report at the server", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.button("Make report").click();
  await ledger.expectRunning("report", TWO_ROWS_BYTES);
  await workbench.button("Cancel").click();

  await expect(workbench.status("Report")).toHaveText("Cancelled. The server stopped, too.");
  const { bytesSent } = await ledger.expectOutcome("report", "aborted");
  await expect(workbench.liveWork).toHaveCount(0);
  // Nothing more is sent to nobody.
  expect((await ledger.expectOutcome("report", "aborted")).bytesSent).toBe(bytesSent);
});

test("progress is shown while rows arrive", async ({ workbench, page }) => {
  await workbench.open();
  await workbench.button("Make report").click();

  await expect(workbench.status("Report")).toHaveText("Receiving.");
  const weeks = page.getByRole("progressbar", { name: "Weeks received" });
  await expect
    .poll(() => weeks.evaluate((bar: HTMLProgressElement) => bar.value))
    .toBeGreaterThan(1);
});

test("a cancelled report can be made again", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.button("Make report").click();
  await ledger.expectRunning("report");
  await workbench.button("Cancel").click();
  await ledger.expectOutcome("report", "aborted");
  await workbench.button("Make report").click();

  await ledger.expectRunning("report", TWO_ROWS_BYTES);
  expect(await ledger.entries()).toHaveLength(2);
});
