/** Results as data: what a file under `bench/results/` holds, one file a host. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { describeCommit, repositoryRoot } from "./repository.mjs";
import { median, minimum } from "./statistics.mjs";

const FORMAT = 1;
const resultsFolder = join(repositoryRoot, "bench", "results");

/**
 * @typedef {object} ContestantResult
 * @property {string} id
 * @property {string} title
 * @property {boolean} drains
 * @property {number} minNs By operation.
 * @property {number} medianNs By operation.
 * @property {number | undefined} ratioToNursery Of the minima.
 * @property {number | undefined} ratioToPromises Of the minima.
 * @property {number | undefined} bar The ratio to the nursery aimed for.
 * @property {number[]} samplesMs Of whole runs.
 *
 * @typedef {object} WorkloadResult
 * @property {string} id
 * @property {string} title
 * @property {number} operations In one run.
 * @property {ContestantResult[]} contestants
 *
 * @typedef {object} HostResult
 * @property {number} format
 * @property {string} host
 * @property {Record<string, string>} versions
 * @property {object} machine
 * @property {string} commit
 * @property {boolean} modified Whether the files differed from the commit.
 * @property {string} command
 * @property {number} runs
 * @property {WorkloadResult[]} workloads
 */

/**
 * @param {import("./hosts.mjs").Host} host
 * @param {WorkloadResult[]} workloads
 * @param {{ command: string, runs: number }} run
 * @returns {HostResult}
 */
export function hostResult(host, workloads, { command, runs }) {
  return {
    format: FORMAT,
    host: host.name,
    versions: host.versions,
    machine: describeMachine(),
    ...describeCommit(),
    command,
    runs,
    workloads,
  };
}

/**
 * @param {import("../workloads/index.mjs").Workload} workload
 * @param {import("../workloads/index.mjs").Plan} plan
 * @param {import("./measure.mjs").Measured[]} measured Of one host.
 * @returns {WorkloadResult}
 */
export function workloadResult(workload, plan, measured) {
  const toNs = (ms) => round((ms * 1e6) / plan.count);
  const minMs = (id) => {
    const found = measured.find(({ contestant }) => contestant.id === id);
    return found && minimum(found.samplesMs);
  };
  const [nurseryMs, promisesMs] = [minMs("nursery"), minMs("promises")];
  return {
    id: workload.id,
    title: workload.title,
    operations: plan.count,
    contestants: measured.map(({ contestant: { id, title, drains }, samplesMs }) => ({
      id,
      title,
      drains,
      minNs: toNs(minimum(samplesMs)),
      medianNs: toNs(median(samplesMs)),
      ratioToNursery: nurseryMs && round(minimum(samplesMs) / nurseryMs),
      ratioToPromises: promisesMs && round(minimum(samplesMs) / promisesMs),
      bar: workload.bars[id],
      samplesMs: samplesMs.map(round),
    })),
  };
}

/** @param {HostResult} result @returns The path, from the repository's root. */
export async function writeResult(result) {
  const path = join(resultsFolder, `${result.host}.json`);
  await mkdir(resultsFolder, { recursive: true });
  await writeFile(path, `${JSON.stringify(result, undefined, 2)}\n`);
  return `bench/results/${result.host}.json`;
}

/**
 * @param {string} host
 * @returns {Promise<HostResult | undefined>} `undefined` when the host was never measured.
 */
export async function readResult(host) {
  try {
    return JSON.parse(await readFile(join(resultsFolder, `${host}.json`), "utf8"));
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

/** Three decimals: finer than any clock used here. */
function round(value) {
  return Math.round(value * 1_000) / 1_000;
}
