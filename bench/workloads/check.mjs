/** What the workloads' checks share. */

/**
 * @param {string} what
 * @param {number} actual
 * @param {number} expected
 */
export function expectEqual(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

/** The sum of the whole numbers from 0 up to, not including, `count`. */
export function sumBelow(count) {
  return (count * (count - 1)) / 2;
}
