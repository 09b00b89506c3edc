/** Results as data: what a file under `bench/results/` holds, one file a host. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { OURS } from "../workloads/check.mjs";
import { workloads } from "../workloads/index.mjs";
import { figures } from "./figures.mjs";
import { describeCommit, repositoryRoot } from "./repository.mjs";
import { median, minimum } from "./statistics.mjs";
import { versionOf } from "./versions.mjs";

const FORMAT = 3;
const resultsFolder = join(repositoryRoot, "bench", "results");

/** In a page, each workload of ours is to leave the frames alone. */
const FRAME_BAR = { contestants: OURS, host: "chromium", of: "frame", max: 50 };

/**
 * @typedef {object} BarResult
 * @property {import("../workloads/index.mjs").Bar["of"] | "frame"} of
 * @property {number} max
 * @property {number} actual
 *
 * @typedef {object} ContestantResult
 * @property {string} id
 * @property {string} title
 * @property {string} [version]
 * @property {boolean} isLibrary Whether it is ranked: the floor and plain promises are not.
 * @property {boolean} isOurs
 * @property {boolean} drains
 * @property {string} [lacks] Why it has no such workload.
 * @property {string} [failure] Why it has no figure.
 * @property {string} [verdict] What its failure is: `fails the check` or `too slow`.
 * @property {number} [min] Of the workload's figure.
 * @property {number} [median]
 * @property {number} [ratio] Of the minima, to the nursery's.
 * @property {BarResult[]} bars
 * @property {import("./runner.mjs").Sample[]} samples One a run.
 *
 * @typedef {object} WorkloadResult
 * @property {string} id
 * @property {string} title
 * @property {import("../workloads/index.mjs").Figure} figure
 * @property {import("../workloads/index.mjs").Plan} plan
 * @property {ContestantResult[]} contestants
 *
 * @typedef {object} Sitting One call of the benchmark.
 * @property {string} began ISO 8601; names it.
 * @property {string} commit
 * @property {boolean} modified Whether the files differed from the commit.
 * @property {string} command
 * @property {number} runs Of each contestant on each workload.
 * @property {number} seconds How long it took until now, other hosts included.
 * @property {object} machine At its end.
 * @property {Record<string, string>} versions Of the host.
 * @property {string[]} workloads What was measured then and not measured again since, by id.
 *
 * @typedef {object} HostResult
 * @property {number} format
 * @property {string} host
 * @property {Sitting[]} sittings
 * @property {WorkloadResult[]} workloads
 */

/**
 * What a sitting begins with; {@link keepResult} adds to it.
 *
 * @param {{ command: string, runs: number }} run
 * @returns {Omit<Sitting, "seconds" | "machine" | "versions" | "workloads">}
 */
export function beginSitting({ command, runs }) {
  return { began: new Date().toISOString(), ...describeCommit(), command, runs };
}

/**
 * Keeps what was measured of one workload, in place of what an earlier sitting measured of it. Done for each
 * workload as soon as it is known: a run of everything takes an hour, and may be ended.
 *
 * @param {import("./hosts.mjs").Host} host
 * @param {WorkloadResult} workload
 * @param {ReturnType<typeof beginSitting>} sitting
 */
export async function keepResult(host, workload, sitting) {
  const before = await readResult(host.name);
  await writeResult(withResult(before, host, workload, { ...sitting, machine: describeMachine() }));
}

/**
 * @param {HostResult | undefined} before
 * @param {{ name: string, versions: Record<string, string> }} host
 * @param {WorkloadResult} workload
 * @param {Omit<Sitting, "seconds" | "versions" | "workloads">} sitting
 * @returns {HostResult}
 */
export function withResult(before, host, workload, sitting) {
  const others = (before?.sittings ?? []).map((each) => ({
    ...each,
    workloads: each.workloads.filter((id) => id !== workload.id),
  }));
  const own = others.find(({ began }) => began === sitting.began);
  const present = {
    ...sitting,
    seconds: Math.round((Date.now() - Date.parse(sitting.began)) / 1_000),
    versions: host.versions,
    workloads: [...(own?.workloads ?? []), workload.id],
  };
  const rest = others.filter((each) => each !== own && each.workloads.length > 0);
  const results = [...(before?.workloads ?? []).filter(({ id }) => id !== workload.id), workload];
  const places = new Map(workloads.map(({ id }, place) => [id, place]));
  return {
    format: FORMAT,
    host: host.name,
    sittings: [...rest, present],
    workloads: results
      .filter(({ id }) => places.has(id))
      .sort((a, b) => places.get(a.id) - places.get(b.id)),
  };
}

/**
 * @param {import("../workloads/index.mjs").Workload} workload
 * @param {import("../workloads/index.mjs").Plan} plan
 * @param {import("./measure.mjs").Measured[]} measured Of one host.
 * @returns {WorkloadResult}
 */
export function workloadResult(workload, plan, measured) {
  const { id, title, figure, method } = workload;
  /** @type {ContestantResult[]} */
  const contestants = measured.map(({ contestant, samples, failure, verdict }) => {
    const values = samples.map((sample) => figures[figure].of(sample, plan));
    return {
      id: contestant.id,
      title: contestant.title,
      version: versionOf(contestant.library),
      isLibrary: contestant.library !== undefined,
      isOurs: OURS.includes(contestant.id),
      drains: contestant.drains,
      lacks: contestant.lacks[method],
      failure,
      verdict,
      ...(values.length > 0 && { min: round(minimum(values)), median: round(median(values)) }),
      bars: [],
      samples: samples.map(rounded),
    };
  });
  const floor = contestants.find((contestant) => contestant.id === "nursery")?.min;
  for (const contestant of contestants) {
    if (contestant.min === undefined || !(floor > 0)) continue;
    contestant.ratio = round(contestant.min / floor);
  }
  const bars = [...workload.bars, FRAME_BAR];
  for (const contestant of contestants) {
    contestant.bars = bars.flatMap(({ contestants: ids, host, of, max }) => {
      if (!ids.includes(contestant.id) || ![undefined, measured[0].host].includes(host)) return [];
      const actual = barActual(of, contestant, contestants);
      return actual === undefined ? [] : [{ of, max, actual: round(actual) }];
    });
  }
  return { id, title, figure, plan, contestants };
}

/** @param {BarResult["of"]} of @param {ContestantResult} contestant @param {ContestantResult[]} all */
function barActual(of, contestant, all) {
  const { min, ratio, samples } = contestant;
  if (of === "value") return min;
  if (of === "ratio") return ratio;
  if (of === "frame" || of === "fromBytes") {
    const values = samples.flatMap((sample) => sample[`${of}Ms`] ?? []);
    return values.length > 0 ? minimum(values) : undefined;
  }
  const best = firstOf(all.filter(({ isLibrary, isOurs }) => isLibrary && !isOurs));
  return min !== undefined && best !== undefined ? min / best.min : undefined;
}

/**
 * The one with the smallest figure among those that have one.
 *
 * @param {ContestantResult[]} contestants
 */
export function firstOf(contestants) {
  return contestants
    .filter(({ min }) => min !== undefined)
    .reduce((best, one) => (best === undefined || one.min < best.min ? one : best), undefined);
}

/** @param {HostResult} result */
async function writeResult(result) {
  await mkdir(resultsFolder, { recursive: true });
  const path = join(resultsFolder, `${result.host}.json`);
  await writeFile(path, `${JSON.stringify(result, undefined, 1)}\n`);
}

/**
 * @param {string} host
 * @returns {Promise<HostResult | undefined>} `undefined` when the host was never measured.
 */
export async function readResult(host) {
  try {
    const result = JSON.parse(await readFile(join(resultsFolder, `${host}.json`), "utf8"));
    if (result.format === FORMAT) return result;
    throw new Error(`bench/results/${host}.json: expected format ${FORMAT}, got ${result.format}`);
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** The machine of this run, as a result names it. */
export function describeMachine() {
  const processors = os.cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    // Zero on Windows, which does not keep it.
    loadAverage: os.loadavg().map(round),
  };
}

/** @param {import("./runner.mjs").Sample} sample */
function rounded(sample) {
  return Object.fromEntries(Object.entries(sample).map(([name, value]) => [name, round(value)]));
}

/** Three decimals: finer than any clock used here. */
function round(value) {
  return Math.round(value * 1_000) / 1_000;
}
