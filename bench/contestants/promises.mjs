/**
 * Plain promises, for context: `Promise.all` of async functions and `Promise.race`. Nothing owns
 * the work, nothing can be cancelled, and the losers of a race go on sleeping.
 */

import { LOSER_SLEEP_MS } from "../workloads/races.mjs";

/** @returns {Promise<import("./index.mjs").ContestantRunner>} */
export async function open() {
  return {
    tasks: runTasks,
    races: runRaces,
    // The losers' timers would burden the garbage collections of the next run.
    tidy() {
      for (const timer of abandonedTimers) clearTimeout(timer);
      abandonedTimers.length = 0;
    },
    close: async () => {},
  };
}

/** Timers of losers that nobody will cancel. */
const abandonedTimers = [];

async function runTasks({ count, live }, tally) {
  for (let done = 0; done < count; done += live) {
    const tasks = new Array(live);
    for (let i = 0; i < live; i++) tasks[i] = yieldOnce(tally, done + i);
    for (const value of await Promise.all(tasks)) tally.sum += value;
  }
}

async function yieldOnce(tally, index) {
  tally.started += 1;
  await null;
  if (tally.started === index + 1) tally.straight += 1;
  return index;
}

async function runRaces({ count, live, branches }, tally) {
  if (live === 1) {
    for (let index = 0; index < count; index++) await runRace(tally, index, branches);
    return;
  }
  for (let done = 0; done < count; done += live) {
    const tasks = new Array(live);
    for (let i = 0; i < live; i++) tasks[i] = runRace(tally, done + i, branches);
    await Promise.all(tasks);
  }
}

async function runRace(tally, index, branches) {
  let cleaned = 0;
  const loser = async () => {
    tally.entered += 1;
    try {
      await sleep(LOSER_SLEEP_MS);
    } finally {
      cleaned += 1;
    }
  };
  const winner = async () => {
    await null;
    return index;
  };
  const running = new Array(branches);
  for (let i = 0; i < branches - 1; i++) running[i] = loser();
  running[branches - 1] = winner();
  const value = await Promise.race(running);
  tally.sum += value;
  if (cleaned === branches - 1) tally.drained += 1;
}

function sleep(durationMs) {
  return new Promise((resolve) => {
    abandonedTimers.push(setTimeout(resolve, durationMs));
  });
}
