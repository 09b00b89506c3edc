/** The race of two mirrors: the loser is aborted at the server, and drained before the race ends. */
import { MIRROR_FILE_BYTES } from "../../apps/next-demo/shared/mirror.js";
import { expect, test } from "../support/test.js";
import { recordTree } from "../support/tree-history.js";

const STORY = /^(Oslo|Lima) won in \d+ ms\. (Oslo|Lima) was cancelled and drained in (\d+) ms\.$/;
/** What the loser's clean-up takes on the page; see `client/tasks/download.ts`. */
const CLEAN_UP_MS = 180;
/** The race itself, which must be there as long as its loser cleans up. */
const RACING = /^task race 1 running/;

test("the loser is aborted at the server", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.button("Start race").click();

  await expect(workbench.status("Race")).toHaveText(STORY);
  const [, winner = "", loser = ""] =
    STORY.exec((await workbench.status("Race").textContent()) ?? "") ?? [];
  const won = await ledger.expectOutcome(`mirror ${winner.toLowerCase()}`, "finished");
  const lost = await ledger.expectOutcome(`mirror ${loser.toLowerCase()}`, "aborted");
  expect(won.bytesSent).toBe(MIRROR_FILE_BYTES);
  expect(lost.bytesSent).toBeLessThan(MIRROR_FILE_BYTES);
});

test("the race ends only when the loser is drained", async ({ workbench, page }) => {
  await workbench.open();
  const treeHistory = await recordTree(page);
  await workbench.button("Start race").click();

  await expect(workbench.status("Race")).toHaveText(STORY);
  const drainMs = Number(STORY.exec((await workbench.status("Race").textContent()) ?? "")?.[3]);
  expect(drainMs).toBeGreaterThanOrEqual(CLEAN_UP_MS - 1);
  await expect(workbench.liveWork).toHaveCount(0);

  const drains = (await treeHistory()).filter((rows) => rows.some((row) => /finalizing/.test(row)));
  expect(drains).not.toEqual([]);
  for (const rows of drains) expect(rows).toContainEqual(expect.stringMatching(RACING));
});

test("a new race ends the one before it", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.button("Start race").click();
  await ledger.expectRunning("mirror oslo");
  await ledger.expectRunning("mirror lima");
  await workbench.button("Race again").click();

  await expect(workbench.status("Race")).toHaveText(STORY);
  const outcomes = (await ledger.entries()).map((entry) => entry.outcome);
  expect(outcomes.toSorted()).toEqual(["aborted", "aborted", "aborted", "finished"]);
});
