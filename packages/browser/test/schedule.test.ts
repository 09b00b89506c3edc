/** Schedules: pauses grow up to the longest, jitter keeps its bounds, and hostile options are refused. */
import { expect, test } from "vitest";
import {
  decodeSchedule,
  nextPause,
  pauseAfter,
  type Schedule,
} from "../src/combinators/schedule.js";
import { thrown } from "./support.js";

const decode = (schedule?: Schedule) => decodeSchedule(schedule, "a schedule");

test("pauses double from the first to the longest", () => {
  const schedule = decode({ pauseMs: 100, pauseMaxMs: 350, jitter: "none" });
  expect([1, 2, 3, 4].map((failures) => pauseAfter(schedule, failures, 0.5))).toEqual([
    100, 200, 350, 350,
  ]);
});

test("a factor of 1 keeps the pause", () => {
  const schedule = decode({ pauseMs: 5, factor: 1, jitter: "none" });
  expect([1, 2, 900].map((failures) => pauseAfter(schedule, failures, 0.9))).toEqual([5, 5, 5]);
});

test("left out, there are 3 attempts with pauses from 100 ms to 30 s, spread from nothing on", () => {
  const schedule = decode();
  expect(schedule).toEqual({
    attempts: 3,
    pauseMs: 100,
    factor: 2,
    pauseMaxMs: 30_000,
    jitter: "full",
    limitMs: Number.POSITIVE_INFINITY,
  });
  expect(decode({})).toEqual(schedule);
});

test("jitter keeps within its bounds", () => {
  const full = decode({ pauseMs: 100 });
  expect([0, 0.25, 0.75].map((random) => pauseAfter(full, 1, random))).toEqual([0, 25, 75]);
  const half = decode({ pauseMs: 100, jitter: "half" });
  expect([0, 0.5, 1].map((random) => pauseAfter(half, 1, random))).toEqual([100, 75, 50]);
});

test("pauses saturate, and none is no number", () => {
  const huge = { pauseMs: 8.64e15, pauseMaxMs: 8.64e15, factor: Number.MAX_VALUE, jitter: "none" };
  const nothing = { ...huge, pauseMs: 0 };
  for (const failures of [1, 2, 33, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
    expect(pauseAfter(decode(huge as Schedule), failures, 0)).toBe(8.64e15);
    expect(pauseAfter(decode(nothing as Schedule), failures, 0)).toBe(0);
    expect(pauseAfter(decode(), failures, 1)).toBeLessThanOrEqual(30_000);
  }
});

test("there is no pause after the last attempt, nor one that would end past the limit", () => {
  const schedule = decode({ pauseMs: 10, jitter: "none", attempts: 3, limitMs: 25 });
  expect(nextPause(schedule, 1, 15, 0)).toBe(10);
  expect(nextPause(schedule, 1, 16, 0)).toBeUndefined();
  expect(nextPause(schedule, 2, 5, 0)).toBe(20);
  expect(nextPause(schedule, 3, 0, 0)).toBeUndefined();
  const endless = decode({ pauseMs: 10, attempts: Number.POSITIVE_INFINITY, jitter: "none" });
  expect(nextPause(endless, 1_000_000, 1e12, 0)).toBe(30_000);
});

test.each([0, -1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY, "3", null])(
  "attempts that are none are refused: %s",
  (attempts) => {
    expect(thrown(() => decode({ attempts } as Schedule))).toMatchObject({
      code: "INVALID_NUMBER",
    });
  },
);

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 8.65e15, "5", null, 5n])(
  "a duration that is none is refused: %s",
  (ms) => {
    for (const name of ["pauseMs", "pauseMaxMs", "limitMs"]) {
      const error = thrown(() => decode({ [name]: ms }));
      expect(error).toMatchObject({ code: "INVALID_NUMBER" });
      expect((error as Error).message).toContain(name);
    }
  },
);

test.each([0, 0.99, -2, Number.NaN, Number.POSITIVE_INFINITY, "2", null])(
  "a factor that is none is refused: %s",
  (factor) => {
    expect(thrown(() => decode({ factor } as Schedule))).toMatchObject({ code: "INVALID_NUMBER" });
  },
);

test("a jitter, a key or a schedule that is none is refused", () => {
  for (const schedule of [{ jitter: "equal" }, { jitter: null }, { tries: 3 }, 3, null, []]) {
    expect(thrown(() => decode(schedule as Schedule))).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
});
