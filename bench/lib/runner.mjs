/**
 * Runs one contestant on one workload, in the process or page made for that. The same code runs in
 * Node and in a page; what only the host can tell it asks of the probes.
 */

import { contestants } from "../contestants/index.mjs";
import { workloads } from "../workloads/index.mjs";
import { wasmBytes } from "./wasm-memory.mjs";
import { fetchedMs, watchFrames, watchTurns } from "./watch.mjs";

/**
 * Untimed runs first for so long, so that the timed one meets optimised code: by time, since a few short
 * runs are over before V8 compiles. Who needs longer than that for one run warms up on small ones.
 */
const WARM_UP_MS = 500;

/**
 * @typedef {object} Entry
 * @property {string} contestantId
 * @property {string} workloadId
 * @property {boolean} quick
 * @property {number} runs Timed ones; one for results, more where the process is to be shared.
 * @property {boolean} [profile]
 * @property {boolean} asksHost Whether it needs the host's probes, which a page is not given otherwise.
 * @property {string} [firstUrl] The bundle of the contestant's first task, for that workload.
 *
 * @typedef {object} Probes
 * @property {() => number | Promise<number>} [cpuMs] Processor time of the process.
 * @property {() => number | Promise<number>} [heapBytes] Used by JavaScript, wasm's memory left out.
 * @property {() => Promise<void>} [startProfile]
 * @property {() => Promise<void>} [stopProfile] The host keeps the profile.
 *
 * @typedef {object} Sample What was measured of one checked run.
 * @property {number} ms
 * @property {number} [cpuMs] Of the whole process, where the host was asked.
 * @property {number} [blockMs] The longest block of the event loop.
 * @property {number} [frameMs] The longest gap between animation frames.
 * @property {number} [bytesByTask] What a parked task held.
 * @property {number} [bytesLeftByTask] What stayed of it afterwards.
 * @property {number} [fromBytesMs] Of a first task in a page: the time in which nothing was on its way there.
 * @property {number} [lateMeanMs]
 * @property {number} [lateMaxMs]
 */

/**
 * @param {Entry} entry
 * @param {Probes} probes
 * @returns {Promise<Sample[]>}
 */
export async function run(entry, probes) {
  const { contestantId, workloadId, quick, runs, profile, firstUrl } = entry;
  const workload = workloads.find(({ id }) => id === workloadId);
  if (firstUrl !== undefined) return [await sampleFirst(firstUrl, workload)];

  const plan = quick ? workload.quickPlan : workload.plan;
  const lane = await openLane(contestantId, workload, probes, { collects: true });
  await warmUp(entry, workload, plan, lane.sample);
  const samples = [];
  if (profile) await probes.startProfile();
  for (let i = 0; i < runs; i++) samples.push(await lane.sample(plan));
  if (profile) await probes.stopProfile();
  // Not after a failure: what left work undone may never close, and the process ends anyway.
  await lane.close();
  return samples;
}

/**
 * @param {string} contestantId
 * @param {import("../workloads/index.mjs").Workload} workload
 * @param {Probes} probes
 * @param {{ collects: boolean }} options Whether there is a full collection before and after each run.
 */
export async function openLane(contestantId, workload, probes, { collects }) {
  const contestant = contestants.find(({ id }) => id === contestantId);
  const runner = await (await contestant.load()).open();
  return {
    /** @param {import("../workloads/index.mjs").Plan} plan One checked run of it. */
    sample: (plan) => sampleOnce({ runner, contestant, workload, plan, probes, collects }),
    close: () => runner.close(),
  };
}

async function warmUp({ quick }, { figure, quickPlan }, plan, sample) {
  // Memory is measured where it was not used before: tables that have grown stay.
  const isSmall = quick || figure === "bytesByTask";
  const start = performance.now();
  const elapsed = () => performance.now() - start;
  await sample(quickPlan);
  if (isSmall) return;
  const expectedMs = (elapsed() * plan.count) / quickPlan.count;
  const warmUpPlan = expectedMs > WARM_UP_MS ? quickPlan : plan;
  while (elapsed() < WARM_UP_MS) await sample(warmUpPlan);
}

/** @returns {Promise<Sample>} */
async function sampleOnce({ runner, contestant, workload, plan, probes, collects }) {
  const { method, figure } = workload;
  const measuresMemory = figure === "bytesByTask";
  const tally = workload.tally();
  if (collects) await collectGarbage();
  const bytesBefore = measuresMemory ? await occupiedBytes(probes) : 0;
  let bytesParked = 0;
  const frames = await watchFrames();
  const turns = figure === "longestBlockMs" ? watchTurns() : undefined;
  let cpuMsBefore = await probes.cpuMs?.();

  let start = performance.now();
  const prepared = await runner[method](plan, tally);
  if (prepared !== undefined) {
    if (measuresMemory) {
      await collectGarbage();
      bytesParked = await occupiedBytes(probes);
    }
    frames?.restart();
    cpuMsBefore = await probes.cpuMs?.();
    start = performance.now();
    await prepared();
  }
  /** @type {Sample} */
  const sample = { ms: performance.now() - start };
  if (cpuMsBefore !== undefined) sample.cpuMs = (await probes.cpuMs()) - cpuMsBefore;
  if (turns !== undefined) sample.blockMs = await turns.stop();
  if (frames !== undefined) sample.frameMs = await frames.stop();
  workload.check(plan, tally, contestant.drains);
  runner.tidy();
  if (tally.lateMs !== undefined) {
    sample.lateMeanMs = tally.lateMs / plan.count;
    sample.lateMaxMs = tally.lateMsMax;
  }
  // Again, so that what this run left behind is not collected during the next.
  if (collects) await collectGarbage();
  if (measuresMemory) {
    sample.bytesByTask = (bytesParked - bytesBefore) / plan.count;
    sample.bytesLeftByTask = ((await occupiedBytes(probes)) - bytesBefore) / plan.count;
  }
  return sample;
}

/** @returns {Promise<Sample>} */
async function sampleFirst(url, workload) {
  const tally = workload.tally();
  const start = performance.now();
  const { firstTask } = await import(/* @vite-ignore */ url);
  tally.value = await firstTask();
  const end = performance.now();
  workload.check(workload.plan, tally, true);
  /** @type {Sample} */
  const sample = { ms: end - start };
  const underwayMs = await fetchedMs(start, end);
  if (underwayMs !== undefined) sample.fromBytesMs = sample.ms - underwayMs;
  return sample;
}

async function occupiedBytes(probes) {
  return (await probes.heapBytes()) + wasmBytes();
}

async function collectGarbage() {
  // A turn of the event loop first: what the last microtasks still hold is free only after it.
  await new Promise((resolve) => setTimeout(resolve, 0));
  globalThis.gc();
}
