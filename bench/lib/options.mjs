/** The command line of `run.mjs`. */

import { parseArgs } from "node:util";
import { contestants } from "../contestants/index.mjs";
import { workloads } from "../workloads/index.mjs";
import { hostNames } from "./hosts.mjs";

/** Fewer runs say too little about a minimum to be kept. */
const RUNS_MIN = 7;
const RUNS_DEFAULT = 7;
const RUNS_MAX = 1_000;

export const usage = `usage: node bench/run.mjs [options]
  --quick           small plans and one run: does everything still work?
  --smoke           ratios to the floor against bench/smoke.json, for CI; takes no other option but
                    --write, which makes the present ratios the reference
  --only A,B        only these workloads and contestants, by id
  --where HOST      node or chromium; both if not given
  --runs N          runs of each pair, at least ${RUNS_MIN}; ${RUNS_DEFAULT} if not given
  --profile         keep and sum up a CPU profile of each pair; profiled runs are not results
A run of all contestants is kept in bench/results/HOST.json, workload by workload in place of what was
there; \`node bench/report.mjs\` then brings the tables of bench/README.md up to date.
workloads:   ${workloads.map(({ id }) => id).join(", ")}
contestants: ${contestants.map(({ id }) => id).join(", ")}`;

/**
 * @typedef {object} Options
 * @property {boolean} help
 * @property {boolean} quick
 * @property {boolean} smoke
 * @property {boolean} write
 * @property {boolean} profile
 * @property {number} runs
 * @property {readonly string[]} hostNames
 * @property {readonly import("../workloads/index.mjs").Workload[]} workloads
 * @property {readonly import("../contestants/index.mjs").Contestant[]} contestants
 * @property {boolean} isKept Whether what it measures is kept as a result.
 */

/**
 * @param {string[]} args
 * @returns {Options}
 * @throws When an option or a name in it is unknown.
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean", short: "h", default: false },
      quick: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      only: { type: "string" },
      where: { type: "string" },
      runs: { type: "string" },
    },
  });
  const { help, quick, smoke, write, profile, only, where } = values;
  if (where !== undefined && !hostNames.includes(where)) {
    throw new Error(`--where: expected ${hostNames.join(" or ")}, got ${where}`);
  }
  if (smoke && args.some((arg) => !["--smoke", "--write"].includes(arg))) {
    throw new Error("--smoke: expected no other option but --write");
  }
  if (write && !smoke) throw new Error("--write: expected --smoke");
  const chosen = choose(only);
  return {
    help,
    quick,
    smoke,
    write,
    profile,
    runs: quick ? 1 : parseRuns(values.runs),
    hostNames: where === undefined ? hostNames : [where],
    ...chosen,
    isKept: !quick && !profile && chosen.contestants.length === contestants.length,
  };
}

function parseRuns(given) {
  if (given === undefined) return RUNS_DEFAULT;
  const runs = Number(given);
  if (!Number.isInteger(runs) || runs < RUNS_MIN || runs > RUNS_MAX) {
    throw new Error(
      `--runs: expected a whole number from ${RUNS_MIN} to ${RUNS_MAX}, got ${given}`,
    );
  }
  return runs;
}

/** The chosen workloads and contestants; a kind of which none is named is taken whole. */
function choose(only) {
  const names = new Set(only === undefined ? [] : only.split(","));
  const pick = (list) => {
    const named = list.filter(({ id }) => names.delete(id));
    return named.length > 0 ? named : list;
  };
  const chosen = { workloads: pick(workloads), contestants: pick(contestants) };
  if (names.size > 0) {
    throw new Error(
      `--only: expected ids of workloads or contestants, got ${[...names].join(",")}`,
    );
  }
  return chosen;
}
