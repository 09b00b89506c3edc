/** Nobody wins by leaving work out: the checks refuse a tally that does not match the plan. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { workloads } from "../workloads/index.mjs";

const byId = (id) => workloads.find((workload) => workload.id === id);

test("tasks: a full tally passes, a short or hurried one does not", () => {
  const { check } = byId("tasks-1k-live");
  const plan = { count: 100, live: 10, branches: 0 };
  const full = { started: 100, straight: 10, sum: 4_950 };
  check(plan, full, true);
  assert.throws(() => check(plan, { ...full, started: 99 }, true), /bodies entered/);
  assert.throws(() => check(plan, { ...full, sum: 4_949 }, true), /sum/);
  assert.throws(() => check(plan, { ...full, straight: 11 }, true), /straight on/);
});

test("races: a contestant that drains must have run every clean-up, no other may claim to", () => {
  const { check } = byId("races-of-3");
  const plan = { count: 100, live: 1, branches: 3 };
  const full = { entered: 200, drained: 100, sum: 4_950 };
  check(plan, full, true);
  check(plan, { ...full, drained: 0 }, false);
  assert.throws(() => check(plan, { ...full, drained: 99 }, true), /drained/);
  assert.throws(() => check(plan, full, false), /drained/);
  assert.throws(() => check(plan, { ...full, entered: 199 }, true), /losers that slept/);
  assert.throws(() => check(plan, { ...full, sum: 0 }, true), /sum/);
});

test("every plan is a whole number of batches, in full and in quick size", () => {
  for (const { id, plan, quickPlan } of workloads) {
    assert.equal(plan.count % plan.live, 0, id);
    assert.equal(quickPlan.count % quickPlan.live, 0, id);
  }
});
