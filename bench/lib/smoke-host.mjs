/** The process of one workload of the smoke benchmark: all its contestants in one, taking turns. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { workloads } from "../workloads/index.mjs";
import { openLane } from "./runner.mjs";

/** Runs are short: it takes many until all of their code is optimised, the timers of Node above all. */
const WARM_UPS = 40;

const probes = {
  cpuMs() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
};

/**
 * @typedef {object} SmokeEntry
 * @property {string} workloadId
 * @property {import("../workloads/index.mjs").Plan} plan
 * @property {readonly string[]} contestants
 * @property {number} rounds
 */

/**
 * @param {SmokeEntry} entry
 * @returns {Promise<import("./smoke.mjs").SamplesMs>}
 */
export async function measureSmoke(entry) {
  const child = fork(fileURLToPath(import.meta.url), ["measure"], { execArgv: ["--expose-gc"] });
  const ended = once(child, "exit");
  child.send(entry);
  try {
    const [reply] = await Promise.race([
      once(child, "message"),
      ended.then(([code]) => [{ failure: `its process ended with code ${code}` }]),
    ]);
    if (reply.failure !== undefined) throw new Error(`${entry.workloadId}: ${reply.failure}`);
    return reply.samplesMs;
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

/** @param {SmokeEntry} entry */
async function measureHere({ workloadId, plan, contestants, rounds }) {
  const workload = workloads.find(({ id }) => id === workloadId);
  const lanes = [];
  // Collections would cost more than the runs, and medians leave out those that happen.
  for (const id of contestants)
    lanes.push({ id, lane: await openLane(id, workload, probes, { collects: false }) });
  for (let i = 0; i < WARM_UPS; i++) for (const { lane } of lanes) await lane.sample(plan);
  /** @type {import("./smoke.mjs").SamplesMs} */
  const samplesMs = Object.fromEntries(contestants.map((id) => [id, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < lanes.length; turn++) {
      const { id, lane } = lanes[(round + turn) % lanes.length];
      samplesMs[id].push((await lane.sample(plan)).cpuMs);
    }
  }
  return samplesMs;
}

if (process.argv[2] === "measure" && process.send !== undefined) {
  process.once("message", async (entry) => {
    try {
      process.send({ samplesMs: await measureHere(entry) });
    } catch (error) {
      process.send({ failure: inspect(error) });
    }
  });
}
