/** The SDK with async bodies. */

import { channel, createRuntime } from "@asupersync/browser";
import { noteReceived, noteSent } from "../workloads/channel.mjs";
import { PARKED_MS } from "../workloads/check.mjs";
import { noteCleaned } from "../workloads/deep-tree.mjs";
import { noteBegun, noteDone } from "../workloads/operations.mjs";
import { LOSER_SLEEP_MS } from "../workloads/races.mjs";
import { READY_YIELDS } from "../workloads/ready.mjs";
import { noteWoken, sleepMs } from "../workloads/sleeps.mjs";
import { expectOk } from "./asupersync-outcome.mjs";
import { CountDown } from "./count-down.mjs";

/** @returns {Promise<import("./index.mjs").ContestantRunner>} */
export async function open() {
  const runtime = await createRuntime({ label: "bench" });
  const run = (work) => async (plan, tally) => {
    expectOk(await runtime.run((cx) => work(cx, plan, tally)));
  };
  return {
    tasks: run(runTasks),
    races: run(runRaces),
    sequential: run(runSequential),
    deepTree: (plan, tally) => prepareDeepTree(runtime, plan, tally),
    wideCancel: (plan, tally) => prepareWideCancel(runtime, plan, tally),
    timeouts: async (plan, tally) => {
      expectOk(await runtime.run((cx) => runTimeouts(cx, plan, tally)));
      tally.left = runtime.counters().timers;
    },
    channel: run(runChannel),
    pingPong: run(runPingPong),
    operations: run(runOperations),
    keystrokes: run(runKeystrokes),
    sleeps: run(runSleeps),
    parked: (plan, tally) => prepareParked(runtime, plan, tally),
    ready: run(runReady),
    tidy() {},
    close: async () => {
      await runtime.close();
    },
  };
}

async function runTasks(cx, { count, live }, tally) {
  for (let done = 0; done < count; done += live) {
    const tasks = new Array(live);
    for (let i = 0; i < live; i++) tasks[i] = cx.spawn(taskBody(tally, done + i));
    for (const task of tasks) {
      const outcome = await cx.join(task);
      tally.sum += expectOk(outcome);
    }
  }
}

function taskBody(tally, index) {
  return async (cx) => {
    tally.started += 1;
    await cx.checkpoint();
    if (tally.started === index + 1) tally.straight += 1;
    return index;
  };
}

async function runRaces(cx, plan, tally) {
  const { count, live } = plan;
  if (live === 1) {
    for (let index = 0; index < count; index++) await runRace(cx, plan, tally, index);
    return;
  }
  for (let done = 0; done < count; done += live) {
    const tasks = new Array(live);
    for (let i = 0; i < live; i++) {
      const index = done + i;
      tasks[i] = cx.spawn((child) => runRace(child, plan, tally, index));
    }
    for (const task of tasks) expectOk(await cx.join(task));
  }
}

async function runRace(cx, { branches, cleanUpTurns }, tally, index) {
  let cleaned = 0;
  const loser = async (branch) => {
    tally.entered += 1;
    try {
      await branch.sleep(LOSER_SLEEP_MS);
    } finally {
      for (let turn = 0; turn < cleanUpTurns; turn++) await null;
      cleaned += 1;
    }
  };
  const winner = async (branch) => {
    await branch.checkpoint();
    return index;
  };
  const bodies = new Array(branches).fill(loser);
  bodies[branches - 1] = winner;
  const value = await cx.race(bodies);
  tally.sum += value;
  if (cleaned === branches - 1) tally.drained += 1;
}

async function runSequential(cx, { count }, tally) {
  for (let index = 0; index < count; index++) {
    const outcome = await cx.join(cx.spawn(async () => index));
    tally.sum += expectOk(outcome);
  }
}

async function prepareDeepTree(runtime, plan, tally) {
  const innermost = new CountDown(1);
  const task = runtime.spawn((cx) => descend(cx, plan, tally, 0, innermost));
  await Promise.race([innermost.promise, task.join()]);
  return async () => {
    task.cancel();
    await task.join();
  };
}

async function descend(cx, plan, tally, level, innermost) {
  try {
    if (level < plan.count - 1) {
      await cx.scope((inner) => descend(inner, plan, tally, level + 1, innermost));
    } else {
      innermost.done();
      await cx.sleep(PARKED_MS);
    }
  } finally {
    noteCleaned(tally, plan, level);
  }
}

async function prepareWideCancel(runtime, { count }, tally) {
  const parked = new CountDown(count);
  const scope = runtime.openScope();
  const child = async (cx) => {
    parked.done();
    try {
      await cx.sleep(PARKED_MS);
    } finally {
      await null;
      tally.cleaned += 1;
    }
  };
  for (let i = 0; i < count; i++) scope.spawn(child);
  await parked.promise;
  return async () => {
    scope.cancel();
    await scope.close();
    tally.atEnd = tally.cleaned;
  };
}

async function prepareParked(runtime, { count }, tally) {
  const parked = new CountDown(count);
  const scope = runtime.openScope();
  const child = async (cx) => {
    tally.parked += 1;
    try {
      parked.done();
      await cx.sleep(PARKED_MS);
    } finally {
      tally.released += 1;
    }
  };
  for (let i = 0; i < count; i++) scope.spawn(child);
  await parked.promise;
  return async () => {
    scope.cancel();
    await scope.close();
  };
}

async function runTimeouts(cx, { count }, tally) {
  for (let index = 0; index < count; index++) {
    tally.sum += await cx.timeout(PARKED_MS, async (inner) => {
      await inner.checkpoint();
      return index;
    });
  }
}

async function runChannel(cx, { count, capacity }, tally) {
  const messages = channel(cx, { capacity });
  cx.spawn(async (producer) => {
    for (let message = 0; message < count; message++) {
      await messages.send(producer, message);
      noteSent(tally);
    }
  });
  for (let i = 0; i < count; i++) noteReceived(tally, await messages.receive(cx));
}

async function runPingPong(cx, { count }, tally) {
  const pings = channel(cx, { capacity: 1 });
  const pongs = channel(cx, { capacity: 1 });
  cx.spawn(async (other) => {
    for (let i = 0; i < count; i++) await pongs.send(other, await pings.receive(other));
  });
  for (let i = 0; i < count; i++) {
    await pings.send(cx, i);
    tally.sum += await pongs.receive(cx);
  }
}

async function runOperations(cx, { count, live }, tally) {
  const items = Array.from({ length: count }, (_, index) => index);
  const values = await cx.map(items, { concurrency: live }, async (inner, item) => {
    noteBegun(tally);
    await inner.checkpoint();
    noteDone(tally);
    return item;
  });
  for (const value of values) tally.sum += value;
}

async function runKeystrokes(cx, { count }, tally) {
  const request = (isLast) => async (inner) => {
    try {
      if (isLast) await inner.checkpoint();
      else await inner.sleep(PARKED_MS);
      tally.completed += 1;
    } finally {
      if (inner.cancelled !== undefined) tally.cleaned += 1;
    }
  };
  let latest;
  for (let stroke = 1; stroke <= count; stroke++) {
    if (latest !== undefined) {
      latest.cancel();
      await cx.join(latest);
    }
    latest = cx.spawn(request(stroke === count));
    await cx.checkpoint();
  }
}

async function runSleeps(cx, plan, tally) {
  for (let index = 0; index < plan.count; index++) {
    cx.spawn(async (inner) => {
      const durationMs = sleepMs(plan, index);
      const dueMs = performance.now() + durationMs;
      await inner.sleep(durationMs);
      noteWoken(tally, dueMs);
    });
  }
}

async function runReady(cx, { count }, tally) {
  const body = async (inner) => {
    for (let i = 0; i < READY_YIELDS; i++) {
      await inner.checkpoint();
      tally.yields += 1;
    }
  };
  for (let i = 0; i < count; i++) cx.spawn(body);
}
