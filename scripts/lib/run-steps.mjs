// Runs steps one after another, prints what each did and how long it took, and the closing line.
import { explain, seconds } from "./progress.mjs";
import { sum } from "./reports.mjs";
import { setup } from "./setup.mjs";

/**
 * @typedef {import("./reports.mjs").Counts} Counts
 * @typedef {{ name: string, durationMs: number, ok: boolean, counts: Counts | null, note: string }} Row
 */

/**
 * Does the set-up, runs every step, also those after one that failed, and sets the exit code.
 *
 * @param {readonly import("./steps.mjs").Step[]} all
 * @param {readonly string[]} names Runs these alone; all when there is none.
 */
export async function runSteps(all, names) {
  const unknown = names.filter((name) => !all.some((step) => step.name === name));
  if (unknown.length > 0) {
    const known = all.map((step) => step.name).join(", ");
    console.error(`expected steps (${known}), got ${unknown.join(", ")}`);
    process.exitCode = 2;
    return;
  }
  const steps = all.filter((step) => names.length === 0 || names.includes(step.name));
  const start = performance.now();
  let env;
  try {
    env = await setup({ browser: true });
  } catch (error) {
    explain(error);
    close([{ passed: 0, failed: 1, skipped: 0 }]);
    return;
  }
  const rows = [{ ...row("set-up", 0, null), durationMs: performance.now() - start }];
  for (const step of steps) {
    console.log(`\n━━ ${step.name} ${"━".repeat(Math.max(0, 76 - step.name.length))}`);
    const stepStart = performance.now();
    const { code, counts } = await step.run(env);
    rows.push({ ...row(step.name, code, counts), durationMs: performance.now() - stepStart });
  }
  console.log(`\n━━ summary ${"━".repeat(69)}`);
  for (const { name, ok, durationMs, note } of rows) {
    const line = `  ${ok ? "✓" : "✗"} ${name.padEnd(14)} ${seconds(durationMs).padStart(11)}  ${note}`;
    console.log(line.trimEnd());
  }
  console.log(`    ${"all".padEnd(14)} ${seconds(performance.now() - start).padStart(11)}\n`);
  close(rows.map((each) => each.counts ?? { passed: 0, failed: 0, skipped: 0 }));
}

/**
 * A step that fails without a failed test of its own counts as one failure, and so does a test
 * runner that ran no test: the closing line must never look better than the exit code.
 *
 * @param {string} name @param {number} code @param {Counts | null} counts
 * @returns {Row}
 */
export function row(name, code, counts) {
  const empty = counts !== null && counts.passed + counts.failed === 0;
  const ok = code === 0 && !empty && (counts?.failed ?? 0) === 0;
  const counted = counts ?? { passed: 0, failed: 0, skipped: 0 };
  const unnamed = !ok && counted.failed === 0;
  const notes = [];
  if (counts && !empty) notes.push(described(counts));
  if (empty) notes.push("ran no test");
  if (unnamed && code !== 0) notes.push(`ended with code ${code}`);
  return {
    name,
    durationMs: 0,
    ok,
    counts: unnamed ? { ...counted, failed: 1 } : counts,
    note: notes.join(", "),
  };
}

/** @param {readonly Counts[]} counts */
function close(counts) {
  const total = sum(counts);
  console.log(described(total));
  process.exitCode = total.failed === 0 ? 0 : 1;
}

/** @param {Counts} counts */
function described({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
