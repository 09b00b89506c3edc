/** Numbers from samples. Minima lead: on a shared machine noise only ever adds. */

/** @param {readonly number[]} samples At least one. */
export function minimum(samples) {
  return Math.min(...samples);
}

/** @param {readonly number[]} samples At least one. */
export function median(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * How much of what lies from `start` to `end` is in one of the spans or several.
 *
 * @param {readonly (readonly [from: number, to: number])[]} spans
 * @param {number} start
 * @param {number} end
 */
export function covered(spans, start, end) {
  let sum = 0;
  let until = start;
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const length = Math.min(to, end) - Math.max(from, until);
    if (length <= 0) continue;
    sum += length;
    until = Math.min(to, end);
  }
  return sum;
}
