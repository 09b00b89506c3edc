/** Measures one workload: every contestant on every host, taking turns. */

import { keepProfile } from "./profile.mjs";

/** Untimed runs first, so that the timed ones meet optimised code. */
const WARM_UPS = 3;

/**
 * @typedef {{ host: string, contestant: import("../contestants/index.mjs").Contestant,
 *   samplesMs: number[] }} Measured
 */

/**
 * @param {import("./hosts.mjs").Host[]} hosts
 * @param {import("../workloads/index.mjs").Workload} workload
 * @param {import("./options.mjs").Options} options
 * @returns {Promise<Measured[]>} In the order of hosts, then contestants.
 */
export async function measure(hosts, workload, { contestants, quick, runs, profile }) {
  /** @type {(Measured & { lane: import("./hosts.mjs").Lane })[]} */
  const lanes = [];
  try {
    for (const host of hosts) {
      for (const contestant of contestants) {
        const entry = { contestantId: contestant.id, workloadId: workload.id, quick };
        const lane = await named(host.name, contestant, workload, () => host.openLane(entry));
        lanes.push({ host: host.name, contestant, samplesMs: [], lane });
      }
    }
    const sample = ({ host, contestant, lane }) =>
      named(host, contestant, workload, () => lane.sample());
    for (const lane of lanes) {
      for (let i = 0; i < WARM_UPS; i++) await sample(lane);
    }
    if (profile) for (const { lane } of lanes) await lane.startProfile();
    for (let run = 0; run < runs; run++) {
      // Each run begins with another lane, so that no one always follows the same rival.
      for (let turn = 0; turn < lanes.length; turn++) {
        const lane = lanes[(run + turn) % lanes.length];
        lane.samplesMs.push(await sample(lane));
      }
    }
    if (profile) {
      for (const { host, contestant, lane } of lanes) {
        const name = `${host}.${workload.id}.${contestant.id}`;
        console.log(await keepProfile(name, await lane.stopProfile()));
      }
    }
  } finally {
    await Promise.all(lanes.map(({ lane }) => lane.close()));
  }
  return lanes.map(({ host, contestant, samplesMs }) => ({ host, contestant, samplesMs }));
}

/** Says of a failure whose it is. */
async function named(host, contestant, workload, work) {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${contestant.id} on ${workload.id} in ${host} failed`, { cause: error });
  }
}
