/** What a workload is about, as a number of one run: how it is computed, named and written. */

/**
 * @typedef {object} FigureKind
 * @property {string} unit
 * @property {boolean} [asksHost] Whether a run has to ask its host for what a page cannot know of itself.
 * @property {(sample: import("./runner.mjs").Sample, plan: import("../workloads/index.mjs").Plan) => number} of
 */

/** @type {Readonly<Record<import("../workloads/index.mjs").Figure, FigureKind>>} */
export const figures = {
  nsByOperation: { unit: "ns/op", of: ({ ms }, { count }) => (ms * 1e6) / count },
  cpuNsByOperation: {
    unit: "CPU ns/op",
    asksHost: true,
    of: ({ cpuMs }, { count }) => (cpuMs * 1e6) / count,
  },
  bytesByTask: { unit: "bytes/task", asksHost: true, of: ({ bytesByTask }) => bytesByTask },
  longestBlockMs: { unit: "longest block, ms", of: ({ blockMs }) => blockMs },
  loadMs: { unit: "ms", of: ({ ms }) => ms },
};

/**
 * What else a table shows of a workload, where it was measured; the minimum of the runs, like all.
 *
 * @type {readonly { heading: string, of: keyof import("./runner.mjs").Sample, digits: number }[]}
 */
export const sideFigures = [
  { heading: "left, bytes/task", of: "bytesLeftByTask", digits: 0 },
  { heading: "mean lateness, ms", of: "lateMeanMs", digits: 1 },
  { heading: "longest lateness, ms", of: "lateMaxMs", digits: 1 },
  { heading: "from bytes, ms", of: "fromBytesMs", digits: 1 },
  { heading: "frame gap, ms", of: "frameMs", digits: 0 },
];

/** Three significant digits below a hundred, whole numbers above. */
export function written(value) {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return Number(value.toPrecision(3)).toString();
}
