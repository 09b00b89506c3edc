/** Owns the shape of `bench/results/growth.json`, and reading it. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "../lib/repository.mjs";

export const growthFile = "bench/results/growth.json";

/** The operations of a point, in the order in which a run does them. */
export const operations = ["spawn", "wake", "sleep", "cancel", "close"];

/**
 * @typedef {object} Point What was measured with `live` tasks live.
 * @property {number} live
 * @property {Record<string, number[]>} samplesNs By operation: nanoseconds of processor time for
 *   one task, by run.
 * @property {number | null} bytesStarted Memory that a started task adds, both heaps.
 * @property {number | null} bytesAsleep Memory that one adds which sleeps.
 *
 * @typedef {object} SoakSample Memory once so many tasks had ended, in bytes.
 * @property {number} tasks
 * @property {number} residentBytes
 * @property {number} [wasmBytes]
 * @property {number} [heapBytes] Of JavaScript, after a full collection.
 *
 * @typedef {object} Soak
 * @property {number} tasks
 * @property {number} liveAtOnce
 * @property {number} seconds
 * @property {SoakSample[]} samples
 *
 * @typedef {object} HostGrowth
 * @property {Record<string, string>} versions
 * @property {Point[]} points
 * @property {Soak} soak
 *
 * @typedef {object} Growth
 * @property {number} format
 * @property {object} machine
 * @property {string} commit
 * @property {boolean} modified Whether the files differed from the commit.
 * @property {string} command
 * @property {{ native: HostGrowth, wasm: HostGrowth }} hosts
 */

/** @returns {Promise<Growth | undefined>} `undefined` when it was never measured. */
export async function readGrowth() {
  try {
    return JSON.parse(await readFile(join(repositoryRoot, growthFile), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Warm-up: the share of a soak in which memory may still grow. */
const WARM_UP = 0.1;

/**
 * How far the peak after the warm-up stands above the peak of the warm-up, as a ratio of the latter.
 *
 * @param {Soak} soak
 * @param {"residentBytes" | "wasmBytes" | "heapBytes"} what
 */
export function growthAfterWarmUp({ tasks, samples }, what) {
  const peak = (chosen) => Math.max(...chosen.map((sample) => sample[what]));
  const early = peak(samples.filter((sample) => sample.tasks <= tasks * WARM_UP));
  const late = peak(samples.filter((sample) => sample.tasks > tasks * WARM_UP));
  return late / early - 1;
}
