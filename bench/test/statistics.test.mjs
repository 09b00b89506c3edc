/** What is said of numbers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { covered } from "../lib/statistics.mjs";

test("covered: spans that overlap, enclose or touch one another count once", () => {
  assert.equal(covered([[0, 10]], 0, 10), 10);
  assert.equal(
    covered(
      [
        [1, 3],
        [2, 5],
        [5, 6],
      ],
      0,
      10,
    ),
    5,
  );
  assert.equal(
    covered(
      [
        [1, 9],
        [2, 3],
      ],
      0,
      10,
    ),
    8,
  );
  assert.equal(
    covered(
      [
        [6, 7],
        [1, 2],
      ],
      0,
      10,
    ),
    2,
    "in any order",
  );
});

test("covered: what lies outside does not count", () => {
  assert.equal(
    covered(
      [
        [-5, 2],
        [8, 20],
      ],
      0,
      10,
    ),
    4,
  );
  assert.equal(
    covered(
      [
        [-5, -1],
        [11, 12],
        [3, 3],
      ],
      0,
      10,
    ),
    0,
  );
  assert.equal(covered([], 0, 10), 0);
});
