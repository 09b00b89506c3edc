/** Nobody wins by leaving work out: the checks refuse a tally that does not match the plan. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { contestants } from "../contestants/index.mjs";
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

test("every plan of tasks and races is a whole number of batches, in full and in quick size", () => {
  for (const { id, method, plan, quickPlan } of workloads) {
    if (method !== "tasks" && method !== "races") continue;
    assert.equal(plan.count % plan.live, 0, id);
    assert.equal(quickPlan.count % quickPlan.live, 0, id);
  }
});

/** A tally that passes, and changes to it that must not. */
const cases = {
  "wide-cancel": [{ cleaned: 200, atEnd: 200 }, { atEnd: 199 }],
  "deep-tree": [{ cleaned: 50, ordered: 50 }, { cleaned: 49 }, { ordered: 49 }],
  sleeps: [{ woken: 200, early: 0 }, { woken: 199 }, { early: 1 }],
  channel: [
    { sent: 1_000, received: 1_000, maxInFlight: 18, sum: 499_500 },
    { sent: 999 },
    { received: 999 },
    { maxInFlight: 19 },
    { sum: 1 },
  ],
  "ping-pong": [{ sum: 124_750 }, { sum: 0 }],
  timeouts: [{ sum: 124_750, left: 0 }, { sum: 0 }, { left: 1 }],
  operations: [{ live: 0, maxLive: 16, sum: 124_750 }, { live: 1 }, { maxLive: 17 }, { sum: 0 }],
  keystrokes: [{ cleaned: 299, completed: 1 }, { cleaned: 298 }, { completed: 2 }],
  parked: [{ parked: 1_000, released: 1_000 }, { parked: 999 }, { released: 999 }],
  sequential: [{ sum: 19_900 }, { sum: 0 }],
  ready: [{ yields: 3_000 }, { yields: 2_999 }],
  "first-task": [{ value: 42 }, { value: 0 }],
};

for (const [id, [full, ...changes]] of Object.entries(cases)) {
  test(`${id}: a full tally passes, one that left work out does not`, () => {
    const { check, quickPlan } = byId(id);
    check(quickPlan, full, true);
    for (const change of changes) {
      assert.throws(() => check(quickPlan, { ...full, ...change }, true), JSON.stringify(change));
    }
  });
}

test("every contestant either does a workload or says why not", async () => {
  for (const contestant of contestants) {
    // Without the packages built, those that need them cannot be loaded.
    if (contestant.needsSdk) continue;
    const runner = await (await contestant.load()).open();
    for (const { id, method } of workloads) {
      if (method === "firstTask") continue;
      const says = contestant.lacks[method] !== undefined;
      assert.notEqual(runner[method] !== undefined, says, `${contestant.id} on ${id}`);
    }
    await runner.close();
  }
});
