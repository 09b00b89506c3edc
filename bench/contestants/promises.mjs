/**
 * Plain promises, for context: `Promise.all` of async functions and `Promise.race`. Nothing owns
 * the work, nothing can be cancelled, and the losers of a race go on sleeping.
 */

import { PARKED_MS } from "../workloads/check.mjs";
import { noteBegun, noteDone } from "../workloads/operations.mjs";
import { LOSER_SLEEP_MS } from "../workloads/races.mjs";
import { READY_YIELDS } from "../workloads/ready.mjs";
import { noteWoken, sleepMs } from "../workloads/sleeps.mjs";

/** @returns {Promise<import("./index.mjs").ContestantRunner>} */
export async function open() {
  return {
    tasks: runTasks,
    races: runRaces,
    sequential: runSequential,
    timeouts: runTimeouts,
    operations: runOperations,
    sleeps: runSleeps,
    parked: prepareParked,
    ready: runReady,
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

async function runRaces(plan, tally) {
  const { count, live } = plan;
  if (live === 1) {
    for (let index = 0; index < count; index++) await runRace(plan, tally, index);
    return;
  }
  for (let done = 0; done < count; done += live) {
    const tasks = new Array(live);
    for (let i = 0; i < live; i++) tasks[i] = runRace(plan, tally, done + i);
    await Promise.all(tasks);
  }
}

async function runRace({ branches, cleanUpTurns }, tally, index) {
  let cleaned = 0;
  const loser = async () => {
    tally.entered += 1;
    try {
      await sleep(LOSER_SLEEP_MS);
    } finally {
      for (let turn = 0; turn < cleanUpTurns; turn++) await null;
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

async function runSequential({ count }, tally) {
  const body = async (index) => index;
  for (let index = 0; index < count; index++) tally.sum += await body(index);
}

async function runTimeouts({ count }, tally) {
  const operation = async (index) => {
    await null;
    return index;
  };
  for (let index = 0; index < count; index++) {
    let timer;
    const outOfTime = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("out of time")), PARKED_MS);
    });
    try {
      tally.sum += await Promise.race([operation(index), outOfTime]);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function runOperations({ count, live }, tally) {
  const values = new Array(count);
  let next = 0;
  const operation = async (index) => {
    noteBegun(tally);
    await null;
    noteDone(tally);
    return index;
  };
  const worker = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      values[index] = await operation(index);
    }
  };
  await Promise.all(Array.from({ length: live }, worker));
  for (const value of values) tally.sum += value;
}

async function runSleeps(plan, tally) {
  const sleeper = async (index) => {
    const durationMs = sleepMs(plan, index);
    const dueMs = performance.now() + durationMs;
    await new Promise((resolve) => setTimeout(resolve, durationMs));
    noteWoken(tally, dueMs);
  };
  await Promise.all(Array.from({ length: plan.count }, (_, index) => sleeper(index)));
}

/** Nothing can be cancelled, so they wait for a promise that is kept in the end. */
async function prepareParked({ count }, tally) {
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  const waiter = async () => {
    tally.parked += 1;
    await released;
    tally.released += 1;
  };
  const all = Promise.all(Array.from({ length: count }, waiter));
  return async () => {
    release();
    await all;
  };
}

async function runReady({ count }, tally) {
  const body = async () => {
    for (let i = 0; i < READY_YIELDS; i++) {
      await null;
      tally.yields += 1;
    }
  };
  await Promise.all(Array.from({ length: count }, body));
}
