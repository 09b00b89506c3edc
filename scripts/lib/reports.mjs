// Reads how many tests passed and failed out of what each test runner leaves behind.

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @param {readonly Counts[]} counts @returns {Counts} */
export function sum(counts) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of counts) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

/**
 * @param {string} output What `cargo test` printed: one result line for each test program.
 * @returns {Counts}
 */
export function fromCargo(output) {
  const lines = output.matchAll(/test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored;/g);
  return sum(
    [...lines].map(([, passed, failed, skipped]) => ({
      passed: Number(passed),
      failed: Number(failed),
      skipped: Number(skipped),
    })),
  );
}

/**
 * @param {string} text vitest's JSON report.
 * @returns {Counts}
 */
export function fromVitest(text) {
  const report = JSON.parse(text);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/**
 * @param {string} text Playwright's JSON report.
 * @returns {Counts} A test that passed only when tried again has failed.
 */
export function fromPlaywright(text) {
  const { expected, unexpected, flaky, skipped } = JSON.parse(text).stats;
  return { passed: expected, failed: unexpected + flaky, skipped };
}

/**
 * @param {string} text The TAP report of Node's own test runner, which ends with its totals.
 * @returns {Counts}
 */
export function fromTap(text) {
  /** @param {string} name */
  const total = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  return {
    passed: total("pass"),
    failed: total("fail") + total("cancelled"),
    skipped: total("skipped") + total("todo"),
  };
}
