/** What the workloads' checks share. */

/** Longer than any run: a sleep of so much never fires. */
export const PARKED_MS = 60_000;

/** The ids of the contestants that bars are set for. */
export const OURS = ["asupersync-generator", "asupersync-async"];

/**
 * @param {string} what
 * @param {number} actual
 * @param {number} expected
 */
export function expectEqual(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

/**
 * @param {string} what
 * @param {number} actual
 * @param {number} max
 */
export function expectAtMost(what, actual, max) {
  if (!(actual <= max)) throw new Error(`${what}: expected at most ${max}, got ${actual}`);
}

/** The sum of the whole numbers from 0 up to, not including, `count`. */
export function sumBelow(count) {
  return (count * (count - 1)) / 2;
}
