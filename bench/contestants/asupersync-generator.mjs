/** The SDK with generator bodies. */

import { createRuntime } from "@asupersync/browser";
import { LOSER_SLEEP_MS } from "../workloads/races.mjs";
import { expectOk } from "./asupersync-outcome.mjs";

/** @returns {Promise<import("./index.mjs").ContestantRunner>} */
export async function open() {
  const runtime = await createRuntime({ label: "bench" });
  return {
    tasks: async (plan, tally) => {
      expectOk(await runtime.run((cx) => runTasks(cx, plan, tally)));
    },
    races: async (plan, tally) => {
      expectOk(await runtime.run((cx) => runRaces(cx, plan, tally)));
    },
    tidy() {},
    close: async () => {
      await runtime.close();
    },
  };
}

function* runTasks(cx, { count, live }, tally) {
  for (let done = 0; done < count; done += live) {
    const tasks = new Array(live);
    for (let i = 0; i < live; i++) tasks[i] = cx.spawn((child) => runTask(child, tally, done + i));
    for (const task of tasks) {
      const outcome = yield* cx.join(task);
      tally.sum += expectOk(outcome);
    }
  }
}

function* runTask(cx, tally, index) {
  tally.started += 1;
  yield* cx.checkpoint();
  if (tally.started === index + 1) tally.straight += 1;
  return index;
}

function* runRaces(cx, { count, live, branches }, tally) {
  if (live === 1) {
    for (let index = 0; index < count; index++) yield* runRace(cx, tally, index, branches);
    return;
  }
  for (let done = 0; done < count; done += live) {
    const tasks = new Array(live);
    for (let i = 0; i < live; i++) {
      const index = done + i;
      tasks[i] = cx.spawn((child) => runRace(child, tally, index, branches));
    }
    for (const task of tasks) expectOk(yield* cx.join(task));
  }
}

function* runRace(cx, tally, index, branches) {
  const losers = { cleaned: 0 };
  const bodies = new Array(branches).fill((branch) => lose(branch, tally, losers));
  bodies[branches - 1] = (branch) => win(branch, index);
  const value = yield* cx.race(bodies);
  tally.sum += value;
  if (losers.cleaned === branches - 1) tally.drained += 1;
}

function* lose(cx, tally, losers) {
  tally.entered += 1;
  try {
    yield* cx.sleep(LOSER_SLEEP_MS);
  } finally {
    losers.cleaned += 1;
  }
}

function* win(cx, index) {
  yield* cx.checkpoint();
  return index;
}
