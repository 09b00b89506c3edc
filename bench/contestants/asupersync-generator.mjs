/** The SDK with generator bodies. */

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

function* runRaces(cx, plan, tally) {
  const { count, live } = plan;
  if (live === 1) {
    for (let index = 0; index < count; index++) yield* runRace(cx, plan, tally, index);
    return;
  }
  for (let done = 0; done < count; done += live) {
    const tasks = new Array(live);
    for (let i = 0; i < live; i++) {
      const index = done + i;
      tasks[i] = cx.spawn((child) => runRace(child, plan, tally, index));
    }
    for (const task of tasks) expectOk(yield* cx.join(task));
  }
}

function* runRace(cx, { branches, cleanUpTurns }, tally, index) {
  const losers = { cleaned: 0 };
  const loser =
    cleanUpTurns === 0
      ? (branch) => lose(branch, tally, losers)
      : (branch) => loseSlowly(branch, tally, losers, cleanUpTurns);
  const bodies = new Array(branches).fill(loser);
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

/** A cancelled task waits for nothing more in its body, so a clean-up that waits is registered. */
function* loseSlowly(cx, tally, losers, cleanUpTurns) {
  tally.entered += 1;
  cx.defer(function* (later) {
    for (let turn = 0; turn < cleanUpTurns; turn++) yield* later.checkpoint();
    losers.cleaned += 1;
  });
  yield* cx.sleep(LOSER_SLEEP_MS);
}

function* win(cx, index) {
  yield* cx.checkpoint();
  return index;
}

function* runSequential(cx, { count }, tally) {
  for (let index = 0; index < count; index++) {
    const outcome = yield* cx.join(cx.spawn(() => index));
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

function* descend(cx, plan, tally, level, innermost) {
  try {
    if (level < plan.count - 1) {
      yield* cx.scope((inner) => descend(inner, plan, tally, level + 1, innermost));
    } else {
      innermost.done();
      yield* cx.sleep(PARKED_MS);
    }
  } finally {
    noteCleaned(tally, plan, level);
  }
}

async function prepareWideCancel(runtime, { count }, tally) {
  const parked = new CountDown(count);
  const scope = runtime.openScope();
  const cleanUp = function* (cx) {
    yield* cx.checkpoint();
    tally.cleaned += 1;
  };
  const child = function* (cx) {
    cx.defer(cleanUp);
    parked.done();
    yield* cx.sleep(PARKED_MS);
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
  const child = function* (cx) {
    tally.parked += 1;
    try {
      parked.done();
      yield* cx.sleep(PARKED_MS);
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

function* runTimeouts(cx, { count }, tally) {
  for (let index = 0; index < count; index++) {
    tally.sum += yield* cx.timeout(PARKED_MS, function* (inner) {
      yield* inner.checkpoint();
      return index;
    });
  }
}

function* runChannel(cx, { count, capacity }, tally) {
  const messages = channel(cx, { capacity });
  cx.spawn(function* (producer) {
    for (let message = 0; message < count; message++) {
      yield* messages.send(producer, message);
      noteSent(tally);
    }
  });
  for (let i = 0; i < count; i++) noteReceived(tally, yield* messages.receive(cx));
}

function* runPingPong(cx, { count }, tally) {
  const pings = channel(cx, { capacity: 1 });
  const pongs = channel(cx, { capacity: 1 });
  cx.spawn(function* (other) {
    for (let i = 0; i < count; i++) yield* pongs.send(other, yield* pings.receive(other));
  });
  for (let i = 0; i < count; i++) {
    yield* pings.send(cx, i);
    tally.sum += yield* pongs.receive(cx);
  }
}

function* runOperations(cx, { count, live }, tally) {
  const items = Array.from({ length: count }, (_, index) => index);
  const values = yield* cx.map(items, { concurrency: live }, function* (inner, item) {
    noteBegun(tally);
    yield* inner.checkpoint();
    noteDone(tally);
    return item;
  });
  for (const value of values) tally.sum += value;
}

function* runKeystrokes(cx, { count }, tally) {
  const request = (isLast) =>
    function* (inner) {
      try {
        if (isLast) yield* inner.checkpoint();
        else yield* inner.sleep(PARKED_MS);
        tally.completed += 1;
      } finally {
        if (inner.cancelled !== undefined) tally.cleaned += 1;
      }
    };
  let latest;
  for (let stroke = 1; stroke <= count; stroke++) {
    if (latest !== undefined) {
      latest.cancel();
      yield* cx.join(latest);
    }
    latest = cx.spawn(request(stroke === count));
    yield* cx.checkpoint();
  }
}

function runSleeps(cx, plan, tally) {
  for (let index = 0; index < plan.count; index++) {
    cx.spawn(function* (inner) {
      const durationMs = sleepMs(plan, index);
      const dueMs = performance.now() + durationMs;
      yield* inner.sleep(durationMs);
      noteWoken(tally, dueMs);
    });
  }
}

function runReady(cx, { count }, tally) {
  const body = function* (inner) {
    for (let i = 0; i < READY_YIELDS; i++) {
      yield* inner.checkpoint();
      tally.yields += 1;
    }
  };
  for (let i = 0; i < count; i++) cx.spawn(body);
}
