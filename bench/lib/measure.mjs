/** Measures one workload: every contestant on every host, taking turns, a process or page a run. */

import { figures } from "./figures.mjs";
import { keepProfile } from "./profile.mjs";
import { RunFailure } from "./run-failure.mjs";

/** A run that takes longer is too slow, warm-ups included: most take a hundredth of it. */
const RUN_MS_MAX = 30_000;

/**
 * @typedef {object} Measured
 * @property {string} host
 * @property {import("../contestants/index.mjs").Contestant} contestant
 * @property {import("./runner.mjs").Sample[]} samples One a run; none if it lacks the method.
 * @property {string} [failure] Why its samples say nothing: it failed the check, broke, or took too long.
 * @property {string} [verdict] Which of these.
 */

/**
 * A library that fails or is too slow is not run again, and the others go on; ours, the floor and plain
 * promises have to pass.
 *
 * @param {import("./hosts.mjs").Host[]} hosts
 * @param {import("../workloads/index.mjs").Workload} workload
 * @param {import("./options.mjs").Options} options
 * @returns {Promise<Measured[]>} In the order of hosts, then contestants.
 */
export async function measure(hosts, workload, { contestants, quick, runs, profile }) {
  /** @type {(Measured & { lane: Lane })[]} */
  const entrants = hosts.flatMap((host) =>
    contestants.map((contestant) => ({
      host: host.name,
      contestant,
      samples: [],
      lane: { host, contestant, workload, quick },
    })),
  );
  const running = entrants.filter(({ lane }) => canRun(lane));
  for (let run = 0; run < runs; run++) {
    // Each round begins with another one, so that no one always follows the same rival.
    for (let turn = 0; turn < running.length; turn++) {
      const entrant = running[(run + turn) % running.length];
      if (entrant.failure === undefined) await runInTurn(entrant);
    }
  }
  if (profile) {
    for (const { lane, failure } of running) {
      if (failure !== undefined) continue;
      const name = `${lane.host.name}.${workload.id}.${lane.contestant.id}`;
      console.log(await keepProfile(name, (await runLane(lane, { runs, profile })).profile));
    }
  }
  return entrants.map(({ host, contestant, samples, failure, verdict }) => ({
    host,
    contestant,
    samples: failure === undefined ? samples : [],
    failure,
    verdict,
  }));
}

async function runInTurn(entrant) {
  try {
    entrant.samples.push(...(await runLane(entrant.lane, { runs: 1 })).samples);
  } catch (error) {
    if (!(error instanceof RunFailure) || mustPass(entrant.contestant)) throw error;
    entrant.failure = error.message;
    entrant.verdict = error.verdict;
  }
}

/**
 * @typedef {object} Lane One contestant on one workload on one host.
 * @property {import("./hosts.mjs").Host} host
 * @property {import("../contestants/index.mjs").Contestant} contestant
 * @property {import("../workloads/index.mjs").Workload} workload
 * @property {boolean} quick
 */

/** @param {Lane} lane */
export function canRun({ host, contestant, workload }) {
  if (workload.method === "firstTask") return host.firstUrl(contestant.id) !== undefined;
  return contestant.lacks[workload.method] === undefined;
}

/**
 * Runs it in a process or page of its own.
 *
 * @param {Lane} lane
 * @param {{ runs: number, profile?: boolean }} options
 * @throws {RunFailure} For one that has to pass, with its name.
 */
export async function runLane({ host, contestant, workload, quick }, { runs, profile = false }) {
  const firstUrl = workload.method === "firstTask" ? host.firstUrl(contestant.id) : undefined;
  const entry = {
    contestantId: contestant.id,
    workloadId: workload.id,
    quick,
    runs,
    profile,
    asksHost: profile || figures[workload.figure].asksHost === true,
    firstUrl,
  };
  try {
    return await host.run(entry, RUN_MS_MAX);
  } catch (error) {
    if (!mustPass(contestant)) throw error;
    throw new Error(`${contestant.id} on ${workload.id} in ${host.name}: ${error.detail}`, {
      cause: error,
    });
  }
}

/** Whether its failure is ours, and not something to be shown of a peer. */
function mustPass({ needsSdk, library }) {
  return needsSdk || library === undefined;
}
