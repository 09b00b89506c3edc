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
