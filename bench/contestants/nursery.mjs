/** The hand-written nursery of `lib/nursery.mjs`. */

import { openNursery } from "../lib/nursery.mjs";
import { LOSER_SLEEP_MS } from "../workloads/races.mjs";

/** @returns {Promise<import("./index.mjs").ContestantRunner>} */
export async function open() {
  return {
    tasks: (plan, tally) => openNursery((root) => runTasks(root, plan, tally)),
    races: (plan, tally) => openNursery((root) => runRaces(root, plan, tally)),
    tidy() {},
    close: async () => {},
  };
}

async function runTasks(root, { count, live }, tally) {
  for (let done = 0; done < count; done += live) {
    const tasks = new Array(live);
    for (let i = 0; i < live; i++) tasks[i] = root.spawn(taskBody(tally, done + i));
    for (const task of tasks) {
      const outcome = await task.join();
      tally.sum += expectOk(outcome);
    }
  }
}

function taskBody(tally, index) {
  return async (task) => {
    tally.started += 1;
    await task.checkpoint();
    if (tally.started === index + 1) tally.straight += 1;
    return index;
  };
}

async function runRaces(root, { count, live, branches }, tally) {
  if (live === 1) {
    for (let index = 0; index < count; index++) await runRace(root, tally, index, branches);
    return;
  }
  for (let done = 0; done < count; done += live) {
    const tasks = new Array(live);
    for (let i = 0; i < live; i++) {
      const index = done + i;
      tasks[i] = root.spawn((child) => runRace(child, tally, index, branches));
    }
    for (const task of tasks) expectOk(await task.join());
  }
}

async function runRace(owner, tally, index, branches) {
  let cleaned = 0;
  const loser = async (branch) => {
    tally.entered += 1;
    try {
      await branch.sleep(LOSER_SLEEP_MS);
    } finally {
      cleaned += 1;
    }
  };
  const winner = async (branch) => {
    await branch.checkpoint();
    return index;
  };
  const bodies = new Array(branches).fill(loser);
  bodies[branches - 1] = winner;
  const value = await owner.race(bodies);
  tally.sum += value;
  if (cleaned === branches - 1) tally.drained += 1;
}

function expectOk(outcome) {
  if (outcome.kind !== "ok") throw outcome.error;
  return outcome.value;
}
