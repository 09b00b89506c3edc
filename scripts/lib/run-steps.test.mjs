// How a step's exit code and its counts become a row: nothing that went wrong may count as well.
import assert from "node:assert/strict";
import { test } from "node:test";
import { row } from "./run-steps.mjs";

const none = { passed: 0, failed: 0, skipped: 0 };

test("a check that succeeds counts no test", () => {
  const { ok, counts } = row("clippy", 0, null);
  assert.deepEqual({ ok, counts }, { ok: true, counts: null });
});

test("a check that fails counts as one failure", () => {
  const { ok, counts, note } = row("clippy", 101, null);
  assert.deepEqual({ ok, counts }, { ok: false, counts: { ...none, failed: 1 } });
  assert.equal(note, "ended with code 101");
});

test("failed tests are counted as they are", () => {
  const counts = { passed: 3, failed: 2, skipped: 1 };
  const made = row("react", 1, counts);
  assert.deepEqual({ ok: made.ok, counts: made.counts }, { ok: false, counts });
  assert.equal(made.note, "3 passed, 2 failed, 1 skipped");
});

test("a runner that dies after passing tests counts as one failure beside them", () => {
  const { counts } = row("react", 1, { ...none, passed: 3 });
  assert.deepEqual(counts, { ...none, passed: 3, failed: 1 });
});

test("a runner that ends well without a test has failed", () => {
  const { ok, counts, note } = row("react", 0, none);
  assert.deepEqual(
    { ok, counts, note },
    { ok: false, counts: { ...none, failed: 1 }, note: "ran no test" },
  );
});
