// The counts that `npm test` prints come from these readers: each is shown a report as its runner writes it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromCargo, fromPlaywright, fromTap, fromVitest, sum } from "./reports.mjs";

test("cargo's lines are summed over all test programs, coloured or not", () => {
  const output = `
running 2 tests
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
test result: \u001b[31mFAILED\u001b[0m. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
`;
  assert.deepEqual(fromCargo(output), { passed: 15, failed: 2, skipped: 1 });
});

test("output without a result line counts nothing", () => {
  assert.deepEqual(fromCargo("error: could not compile"), { passed: 0, failed: 0, skipped: 0 });
});

test("vitest's todo and skipped tests are skipped ones", () => {
  const report = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 3 };
  assert.deepEqual(fromVitest(JSON.stringify(report)), { passed: 5, failed: 1, skipped: 5 });
});

test("a flaky browser test is a failed one", () => {
  const stats = { expected: 7, unexpected: 1, flaky: 1, skipped: 2 };
  assert.deepEqual(fromPlaywright(JSON.stringify({ stats })), {
    passed: 7,
    failed: 2,
    skipped: 2,
  });
});

test("TAP's totals are read and a test's own name is not", () => {
  const tap =
    "# Subtest: pass 99\nok 1\n# tests 6\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 1\n";
  assert.deepEqual(fromTap(tap), { passed: 3, failed: 2, skipped: 1 });
});

test("the sum of nothing is nothing", () => {
  assert.deepEqual(sum([]), { passed: 0, failed: 0, skipped: 0 });
});
