/**
 * The benchmark that can fail: it compares what ours costs as a ratio to the floor, both measured in
 * the same process by turns, with the ratios in `bench/smoke.json`. Absolute time says nothing here. It
 * is processor time, which does not go on while others have the processor.
 *
 * A cell is the median of the ratios of its rounds: in a round all ran within the same few milliseconds,
 * so a machine that was busy then was so for all of them. Minima would favour the floor, whose runs are
 * the shortest and find the quiet moments. A cell that looks like a regression gets more rounds before
 * it is called one. That is no second try of a test: no sample is thrown away, the median is of all
 * rounds so far, and a cost that is really there is in most of them.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OURS } from "../workloads/check.mjs";
import { describeCommit, repositoryRoot } from "./repository.mjs";
import { describeMachine } from "./results.mjs";
import { measureSmoke } from "./smoke-host.mjs";
import { median } from "./statistics.mjs";
import { alignedTable } from "./table.mjs";

/** A ratio so many times the reference is a regression. */
const REGRESSION = 1.5;
const ROUNDS = 21;
/** What a cell that looks like a regression gets more, so many times at most. */
const ROUNDS_MORE = 41;
const LOOKS_MORE = 3;

const FLOOR = "nursery";
const referenceFile = "bench/smoke.json";

/**
 * What is run: a few milliseconds, so that many runs are to be had.
 *
 * @type {Readonly<Record<string, import("../workloads/index.mjs").Plan>>}
 */
const PLANS = {
  "tasks-1k-live": { count: 2_000, live: 1_000 },
  sequential: { count: 500 },
  "races-of-3": { count: 200, live: 1, branches: 3, cleanUpTurns: 0 },
  "wide-cancel": { count: 500 },
  timeouts: { count: 400 },
  channel: { count: 4_000, capacity: 16 },
  "ping-pong": { count: 500 },
  operations: { count: 800, live: 16 },
  keystrokes: { count: 200 },
};

/**
 * @typedef {Record<string, number[]>} SamplesMs Processor time of each round, by contestant.
 * @typedef {(workloadId: string, rounds: number) => Promise<SamplesMs>} Measure
 * @typedef {Record<string, Record<string, number>>} Ratios By workload, then contestant.
 * @typedef {{ workload: string, contestant: string, ratio: number, reference: number,
 *   isRegression: boolean }} Cell
 */

/**
 * @param {{ write: boolean }} options `write` makes the present ratios the reference.
 * @returns {Promise<boolean>} Whether there is no regression.
 */
export async function smoke({ write }) {
  const measure = (workloadId, rounds) =>
    measureSmoke({ workloadId, rounds, plan: PLANS[workloadId], contestants: [...OURS, FLOOR] });
  if (write) {
    const ratios = await measureRatios(measure, ROUNDS + ROUNDS_MORE);
    const command = "node bench/run.mjs --smoke --write";
    const node = process.versions.node;
    const { cpu, cores } = describeMachine();
    const reference = { command, ...describeCommit(), cpu, cores, node, ratios };
    const text = `${JSON.stringify(reference, undefined, 2)}\n`;
    await writeFile(join(repositoryRoot, referenceFile), text);
    console.log(`wrote ${referenceFile}`);
    return true;
  }
  const reference = JSON.parse(await readFile(join(repositoryRoot, referenceFile), "utf8"));
  const cells = await compareAll(Object.keys(PLANS), reference.ratios, measure);
  console.log(cellTable(cells));
  const regressions = cells.filter(({ isRegression }) => isRegression);
  if (regressions.length === 0) return true;
  console.log(
    `\n${regressions.length} above ${REGRESSION} × the reference in ${referenceFile}. Profile it with ` +
      "`npm run bench -- --profile --only WORKLOAD`; a cost that was bought on purpose becomes the " +
      "reference by `npm run bench -- --smoke --write`, and the commit says what for.",
  );
  return false;
}

/**
 * @param {readonly string[]} workloadIds
 * @param {Ratios} reference
 * @param {Measure} measure
 * @returns {Promise<Cell[]>}
 */
export async function compareAll(workloadIds, reference, measure) {
  const cells = [];
  for (const workload of workloadIds) {
    if (reference[workload] === undefined) {
      throw new Error(`${referenceFile} has no ${workload}: write it anew by --smoke --write`);
    }
    cells.push(...(await compare(workload, reference[workload], measure)));
  }
  return cells;
}

/** @returns {Promise<Cell[]>} */
async function compare(workload, reference, measure) {
  const samplesMs = await measure(workload, ROUNDS);
  let cells = cellsOf(workload, reference, samplesMs);
  for (let look = 0; look < LOOKS_MORE && cells.some((cell) => cell.isRegression); look++) {
    const more = await measure(workload, ROUNDS_MORE);
    for (const [contestant, samples] of Object.entries(more))
      samplesMs[contestant].push(...samples);
    cells = cellsOf(workload, reference, samplesMs);
  }
  return cells;
}

/** @returns {Cell[]} */
function cellsOf(workload, reference, samplesMs) {
  return Object.entries(ratiosOf(samplesMs)).map(([contestant, ratio]) => {
    const isRegression = !(ratio <= REGRESSION * reference[contestant]);
    return { workload, contestant, ratio, reference: reference[contestant], isRegression };
  });
}

/** @param {SamplesMs} samplesMs @returns {Record<string, number>} Ours to the floor. */
function ratiosOf({ [FLOOR]: floor, ...ours }) {
  return Object.fromEntries(
    Object.entries(ours).map(([id, samples]) => [
      id,
      median(samples.map((each, round) => each / floor[round])),
    ]),
  );
}

/** @param {Measure} measure @param {number} rounds @returns {Promise<Ratios>} */
async function measureRatios(measure, rounds) {
  /** @type {Ratios} */
  const ratios = {};
  for (const workload of Object.keys(PLANS)) {
    const found = Object.entries(ratiosOf(await measure(workload, rounds)));
    ratios[workload] = Object.fromEntries(
      found.map(([id, ratio]) => [id, Math.round(ratio * 100) / 100]),
    );
  }
  return ratios;
}

/** @param {Cell[]} cells */
function cellTable(cells) {
  const rows = cells.map(({ workload, contestant, ratio, reference, isRegression }) => [
    `${workload}, ${contestant}`,
    ratio.toFixed(2),
    reference.toFixed(2),
    (ratio / reference).toFixed(2),
    isRegression ? "REGRESSION" : "fine",
  ]);
  const headings = ["ratio to the nursery", "now", "reference", "now / reference", "verdict"];
  return alignedTable([headings, ...rows]);
}
