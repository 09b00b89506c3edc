/** The race of two mirrors: the loser is aborted at the server, and drained before the race ends. */
import { MIRROR_FILE_BYTES } from "../../apps/next-demo/shared/mirror.js";
import { type Moment, recordRows } from "../support/row-history.js";
import { expect, test } from "../support/test.js";
import type { Workbench } from "../support/workbench.js";

const STORY = /^(Oslo|Lima) won in \d+ ms\. (Oslo|Lima) was cancelled and drained in (\d+) ms\.$/;
/** What the loser's clean-up takes on the page; see `client/tasks/download.ts`. */
const CLEAN_UP_MS = 180;
/** The race itself, which must be there as long as its loser cleans up. */
const RACING = /^task race 1 running/;

test("the loser is aborted at the server", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.button("Start race").click();

  await expect(workbench.status("Race")).toHaveText(STORY);
  const { winner, loser } = await told(workbench);
  const won = await ledger.expectOutcome(`mirror ${winner}`, "finished");
  const lost = await ledger.expectOutcome(`mirror ${loser}`, "aborted");
  expect(won.bytesSent).toBe(MIRROR_FILE_BYTES);
  expect(lost.bytesSent).toBeLessThan(MIRROR_FILE_BYTES);
});

test("the race ends only when the loser is drained", async ({ workbench }) => {
  await workbench.open();
  const treeHistory = await recordRows(workbench.tree, "[role=treeitem]");
  await workbench.button("Start race").click();

  await expect(workbench.status("Race")).toHaveText(STORY);
  const { drainMs } = await told(workbench);
  expect(drainMs).toBeGreaterThanOrEqual(CLEAN_UP_MS - 1);
  await expect(workbench.liveWork).toHaveCount(0);

  const drains = (await treeHistory()).filter((rows) => rows.some((row) => /finalizing/.test(row)));
  expect(drains).not.toEqual([]);
  for (const rows of drains) expect(rows).toContainEqual(expect.stringMatching(RACING));
});

test("the tree names the mirrors, and says which one lost", async ({ workbench, page }) => {
  await workbench.open();
  await workbench.button("Start race").click();
  await expect(workbench.treeItem(/^task mirror oslo running/)).toBeVisible();
  await expect(workbench.treeItem(/^task mirror lima running/)).toBeVisible();

  await expect(workbench.status("Race")).toHaveText(STORY);
  const { winner, loser } = await told(workbench);
  const ended = page.getByRole("list", { name: "Tasks that ended last" }).getByRole("listitem");
  await expect(ended.filter({ hasText: `mirror ${winner}` })).toContainText("ended");
  await expect(ended.filter({ hasText: `mirror ${loser}` })).toContainText(
    "cancelled, lost the race",
  );
});

test("a new race ends the one before it", async ({ workbench, ledger }) => {
  await workbench.open();
  await workbench.button("Start race").click();
  await ledger.expectRunning("mirror oslo");
  await ledger.expectRunning("mirror lima");
  await workbench.button("Race again").click();

  await expect(workbench.status("Race")).toHaveText(STORY);
  const outcomes = (await ledger.entries()).map((entry) => entry.outcome);
  expect(outcomes.slice(0, 2)).toEqual(["aborted", "aborted"]);
  expect(outcomes.slice(2)).toContain("finished");
  expect(outcomes).toHaveLength(4);
});

test("a race that drains is not seen in the lanes of the one after it", async ({
  workbench,
  ledger,
}) => {
  await workbench.open();
  await workbench.button("Start race").click();
  await ledger.expectRunning("mirror oslo", 1);
  await ledger.expectRunning("mirror lima", 1);
  const laneHistory = await recordRows(workbench.panel("Race"), "li, [role=status]");
  await workbench.button("Race again").click();

  await expect(workbench.status("Race")).toHaveText(STORY);
  const { winner, loser } = await told(workbench);
  const moments = await laneHistory();
  expect(statesOf(winner, moments)).toEqual(["loading", "waiting", "loading", "won"]);
  expect(statesOf(loser, moments)).toEqual([
    "loading",
    "waiting",
    "loading",
    "draining",
    "drained",
  ]);
  expect(moments.flat().filter((text) => text.includes("in -"))).toEqual([]);
});

/** What the finished race says of itself; the mirrors as the server calls them. */
async function told(workbench: Workbench) {
  const [, winner = "", loser = "", drainMs] =
    STORY.exec((await workbench.status("Race").textContent()) ?? "") ?? [];
  return {
    winner: winner.toLowerCase(),
    loser: loser.toLowerCase(),
    drainMs: Number(drainMs),
  };
}

/** The states that a mirror's lane went through. */
function statesOf(mirror: string, moments: readonly Moment[]): string[] {
  const states = moments.flatMap((rows) => {
    const lane = rows.find((text) => text.toLowerCase().startsWith(mirror));
    return lane === undefined ? [] : [lane.slice(mirror.length)];
  });
  return states.filter((state, index) => state !== states[index - 1]);
}
