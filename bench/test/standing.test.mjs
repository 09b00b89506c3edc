/** What is said of results: bars, where we are not first, tables with failures, a plot without holes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { firstOf, workloadResult } from "../lib/results.mjs";
import { cellsNotFirst, standing } from "../lib/standing.mjs";
import { resultNote, resultTable } from "../lib/table.mjs";
import { plot } from "../plot.mjs";
import { workloads } from "../workloads/index.mjs";

const workload = workloads.find(({ id }) => id === "timeouts");
const plan = { count: 1_000 };

const entrants = {
  "asupersync-generator": { contestant: { library: "@asupersync/browser" }, ms: [3, 2] },
  "asupersync-async": { contestant: { library: "@asupersync/browser" }, ms: [6, 7] },
  nursery: { contestant: {}, ms: [4, 5] },
  quick: { contestant: { library: "not-installed" }, ms: [1, 1] },
  steady: { contestant: { library: "not-installed" }, ms: [5, 5] },
  broken: {
    contestant: { library: "not-installed" },
    ms: [],
    failure: "timers left: 3",
    verdict: "fails the check",
  },
  other: { contestant: { library: "not-installed", lacks: { timeouts: "no timeouts" } }, ms: [] },
};

/** The result of `without` left out. */
function resultOf(without = []) {
  const measured = Object.entries(entrants)
    .filter(([id]) => !without.includes(id))
    .map(([id, { contestant, ms, failure, verdict }]) => ({
      host: "chromium",
      contestant: {
        id,
        title: `The ${id}`,
        drains: true,
        needsSdk: false,
        lacks: {},
        ...contestant,
      },
      samples: ms.map((each) => ({ ms: each, frameMs: 20 + each })),
      failure,
      verdict,
    }));
  return workloadResult(workload, plan, measured);
}

const byId = ({ contestants }, id) => contestants.find((contestant) => contestant.id === id);
const hostOf = (result) => ({
  host: "chromium",
  sittings: [{ machine: { cpu: "A & B", cores: 2 }, commit: "0123456789abcdef" }],
  workloads: [result],
});

test("a bar is of the minimum: to the nursery, to the best peer, and of the frames", () => {
  const { min, median, ratio, bars } = byId(resultOf(), "asupersync-generator");
  assert.deepEqual([min, median, ratio], [2_000, 2_500, 0.5]);
  assert.deepEqual(bars, [
    { of: "ratio", max: 0.5, actual: 0.5 },
    { of: "peers", max: 0.5, actual: 2 },
    { of: "frame", max: 50, actual: 22 },
  ]);
  assert.deepEqual(byId(resultOf(), "steady").bars, []);
});

test("who failed or lacks it is neither first nor ranked", () => {
  const result = resultOf();
  assert.equal(firstOf(result.contestants).id, "quick");
  assert.equal(byId(result, "broken").min, undefined);
  assert.equal(byId(result, "other").lacks, "no timeouts");
});

test("every cell in which a library is before one of ours is listed, the floor is none", () => {
  const cells = cellsNotFirst([hostOf(resultOf())]);
  assert.deepEqual(
    cells.map(({ ours, first }) => [ours.id, first.id]),
    [
      ["asupersync-async", "quick"],
      ["asupersync-generator", "quick"],
    ],
  );
  const ahead = cellsNotFirst([hostOf(resultOf(["quick"]))]);
  assert.deepEqual(
    ahead.map(({ ours }) => ours.id),
    ["asupersync-async"],
  );
  assert.match(standing([hostOf(resultOf(["quick", "asupersync-async"]))]), /Nowhere/);
  assert.match(standing([hostOf(resultOf())]), /≤ 0\.5 × best peer \| +2 \|/);
});

test("the table shows who fails the check, and the notes say why", () => {
  const result = resultOf();
  assert.match(resultTable(result), /\| The broken +\| +fails the check \|/);
  assert.match(resultTable(result), /≤ 0\.5 × nursery: met; ≤ 0\.5 × best peer: not met/);
  assert.match(resultNote(result), /The broken, fails the check: timers left: 3\./);
  assert.match(resultNote(result), /The other: no timeouts\./);
});

test("the plot names everyone and has a number at every place", () => {
  const svg = plot([hostOf(resultOf())]);
  for (const text of ["The quick", "timeouts", "chromium", "A &amp; B"]) {
    assert.ok(svg.includes(text), text);
  }
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
});
