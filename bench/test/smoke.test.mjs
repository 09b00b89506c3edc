/** The smoke benchmark catches a cost that is there, and is not taken in by one that is not. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { compareAll } from "../lib/smoke.mjs";

const REFERENCE = { channel: { "asupersync-generator": 2, "asupersync-async": 3 } };

/** What runs would have taken: each call of `measure` gets the next of `looks`. */
function check(looks) {
  const rounds = [];
  const measure = async (_workload, count) => {
    const samples = looks[Math.min(rounds.length, looks.length - 1)];
    rounds.push(count);
    // Of its own: samples of more looks are added to those of the first.
    return Object.fromEntries(Object.entries(samples).map(([id, ms]) => [id, [...ms]]));
  };
  return { rounds, cells: compareAll(["channel"], REFERENCE, measure) };
}

/** By rounds: the second one met a busy machine. */
const USUAL = {
  nursery: [1, 5, 1],
  "asupersync-generator": [2, 11, 2],
  "asupersync-async": [3, 15, 3],
};

test("what costs as much as ever passes at the first look", async () => {
  const { rounds, cells } = check([USUAL]);
  assert.deepEqual(
    (await cells).map(({ ratio, isRegression }) => [ratio, isRegression]),
    [
      [2, false],
      [3, false],
    ],
  );
  assert.equal(rounds.length, 1);
});

test("a planted regression is caught, however often it is looked at", async () => {
  const slower = { ...USUAL, "asupersync-generator": [3.1, 16, 3.1] };
  const { rounds, cells } = check([slower]);
  const [generator, async] = await cells;
  assert.ok(generator.isRegression);
  assert.equal(generator.ratio, 3.1);
  assert.ok(!async.isRegression);
  assert.ok(rounds.length > 1, "more samples were taken before it was called one");
});

test("noise in the first look is no regression once there are more samples", async () => {
  const disturbed = { ...USUAL, "asupersync-generator": [8, 11, 8] };
  const { rounds, cells } = check([disturbed, USUAL, USUAL]);
  assert.ok((await cells).every(({ isRegression }) => !isRegression));
  assert.equal(rounds.length, 2);
});

test("a machine that is slower for all changes nothing", async () => {
  const slow = Object.fromEntries(
    Object.entries(USUAL).map(([id, samples]) => [id, samples.map((ms) => ms * 40)]),
  );
  const { cells } = check([slow]);
  assert.ok((await cells).every(({ isRegression }) => !isRegression));
});

test("a floor that became quicker does not hide, a missing reference is an error", async () => {
  const { cells } = check([{ ...USUAL, nursery: [0.5, 5, 0.5] }]);
  assert.ok((await cells).every(({ isRegression }) => isRegression));
  await assert.rejects(
    compareAll(["sleeps"], REFERENCE, async () => USUAL),
    /no sleeps/,
  );
});
