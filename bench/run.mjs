/**
 * The benchmark: measures every contestant on every workload on every host, prints the tables and
 * keeps what it measured under `bench/results/`. Fails when ours, the floor or plain promises leave work out or
 * are too slow; a library that does is shown so, and the run goes on.
 */

import { openHost } from "./lib/hosts.mjs";
import { measure } from "./lib/measure.mjs";
import { parseOptions, usage } from "./lib/options.mjs";
import { missingSdkFiles } from "./lib/repository.mjs";
import { beginSitting, keepResult, workloadResult } from "./lib/results.mjs";
import { smoke } from "./lib/smoke.mjs";
import { named, resultNote, resultTable } from "./lib/table.mjs";

const args = process.argv.slice(2);
try {
  await main(optionsOrExit());
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}

/** @returns {import("./lib/options.mjs").Options} */
function optionsOrExit() {
  try {
    return parseOptions(args);
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
}

/** @param {import("./lib/options.mjs").Options} options */
async function main(options) {
  if (options.help) return console.log(usage);
  requireSdk(options);
  if (options.smoke) {
    const isFine = await smoke(options);
    if (!isFine) process.exitCode = 1;
    return;
  }

  const command = ["node bench/run.mjs", ...args].join(" ");
  const sitting = options.isKept ? beginSitting({ command, runs: options.runs }) : undefined;
  /** @type {import("./lib/hosts.mjs").Host[]} */
  const openHosts = [];
  try {
    for (const name of options.hostNames) {
      openHosts.push(await openHost(name, options.contestants));
    }
    await runWorkloads(openHosts, options, sitting);
  } finally {
    await Promise.all(openHosts.map((host) => host.close()));
  }
}

/** @param {ReturnType<typeof beginSitting>} [sitting] For results that are to be kept. */
async function runWorkloads(openHosts, options, sitting) {
  for (const workload of options.workloads) {
    const plan = options.quick ? workload.quickPlan : workload.plan;
    const measured = await measure(openHosts, workload, options);
    if (!options.quick) console.log(`\n${workload.title}`);
    for (const host of openHosts) {
      const { name, versions } = host;
      const ofHost = measured.filter(({ host }) => host === name);
      const result = workloadResult(workload, plan, ofHost);
      // A quick run says that things work, not what they cost: cold code meets no aim.
      if (options.quick) {
        console.log(quickLine(name, result));
        continue;
      }
      console.log(`\n${name} ${versions[name]}\n${resultTable(result)}`);
      const note = resultNote(result);
      if (note !== "") console.log(note);
      if (sitting !== undefined) await keepResult(host, result, sitting);
    }
  }
}

function quickLine(host, { id, contestants }) {
  const passed = contestants.filter(({ min }) => min !== undefined);
  const failed = contestants
    .filter(({ failure }) => failure !== undefined)
    .map((contestant) => `\n  ${named(contestant)}, ${contestant.verdict}: ${contestant.failure}`);
  return `${host}, ${id}: ${passed.length} pass the check${failed.join("")}`;
}

function requireSdk({ contestants }) {
  const missing = missingSdkFiles();
  if (missing.length === 0 || !contestants.some(({ needsSdk }) => needsSdk)) return;
  const others = contestants.filter(({ needsSdk }) => !needsSdk).map(({ id }) => id);
  throw new Error(
    `expected the built SDK, found no ${missing.join(" and no ")}: \`npm run bench\` builds it` +
      (others.length > 0 ? `, \`--only ${others.join(",")}\` does without` : ""),
  );
}
