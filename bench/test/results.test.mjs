/** Results are kept workload by workload, each with the sitting that it was measured in. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { withResult } from "../lib/results.mjs";

const host = { name: "node", versions: { node: "20" } };
const sittingOn = (day) => ({ began: `2026-01-0${day}T00:00:00.000Z`, commit: `c${day}`, runs: 7 });
const of = (id, min) => ({ id, contestants: [{ id: "nursery", min }] });
const told = ({ sittings }) => sittings.map(({ commit, workloads }) => [commit, ...workloads]);

test("a sitting adds what it measures, in the order of the workloads", () => {
  const first = withResult(undefined, host, of("channel", 1), sittingOn(1));
  const both = withResult(first, host, of("tasks", 2), sittingOn(1));
  assert.deepEqual(told(both), [["c1", "channel", "tasks"]]);
  assert.deepEqual(
    both.workloads.map(({ id }) => id),
    ["tasks", "channel"],
  );
});

test("what is measured again replaces what was there, and an earlier sitting without any is forgotten", () => {
  const first = withResult(undefined, host, of("channel", 1), sittingOn(1));
  const both = withResult(first, host, of("tasks", 2), sittingOn(1));
  const later = withResult(both, host, of("tasks", 3), sittingOn(2));
  assert.deepEqual(told(later), [
    ["c1", "channel"],
    ["c2", "tasks"],
  ]);
  assert.deepEqual(later.workloads, [of("tasks", 3), of("channel", 1)]);
  const last = withResult(later, host, of("channel", 4), sittingOn(2));
  assert.deepEqual(told(last), [["c2", "tasks", "channel"]]);
});

test("a workload that is no more is not kept", () => {
  const first = withResult(undefined, host, of("tasks", 1), sittingOn(1));
  const stale = { ...first, workloads: [...first.workloads, of("gone", 1)] };
  const { workloads } = withResult(stale, host, of("tasks", 2), sittingOn(2));
  assert.deepEqual(workloads, [of("tasks", 2)]);
});
