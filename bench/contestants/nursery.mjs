/** The hand-written nursery of `lib/nursery.mjs`. */

import { CancelledError, openNursery } from "../lib/nursery.mjs";
import { Channel } from "../lib/nursery-channel.mjs";
import { map, timeout } from "../lib/nursery-combinators.mjs";
import { noteReceived, noteSent } from "../workloads/channel.mjs";
import { PARKED_MS } from "../workloads/check.mjs";
import { noteCleaned } from "../workloads/deep-tree.mjs";
import { noteBegun, noteDone } from "../workloads/operations.mjs";
import { LOSER_SLEEP_MS } from "../workloads/races.mjs";
import { READY_YIELDS } from "../workloads/ready.mjs";
import { noteWoken, sleepMs } from "../workloads/sleeps.mjs";
import { CountDown } from "./count-down.mjs";

/** @returns {Promise<import("./index.mjs").ContestantRunner>} */
export async function open() {
  return {
    tasks: (plan, tally) => openNursery((root) => runTasks(root, plan, tally)),
    races: (plan, tally) => openNursery((root) => runRaces(root, plan, tally)),
    sequential: (plan, tally) => openNursery((root) => runSequential(root, plan, tally)),
    deepTree: prepareDeepTree,
    wideCancel: prepareWideCancel,
    timeouts: (plan, tally) => openNursery((root) => runTimeouts(root, plan, tally)),
    channel: (plan, tally) => openNursery((root) => runChannel(root, plan, tally)),
    pingPong: (plan, tally) => openNursery((root) => runPingPong(root, plan, tally)),
    operations: (plan, tally) => openNursery((root) => runOperations(root, plan, tally)),
    keystrokes: (plan, tally) => openNursery((root) => runKeystrokes(root, plan, tally)),
    sleeps: (plan, tally) => openNursery((root) => runSleeps(root, plan, tally)),
    parked: prepareParked,
    ready: (plan, tally) => openNursery((root) => runReady(root, plan, tally)),
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

async function runRaces(root, plan, tally) {
  const { count, live } = plan;
  if (live === 1) {
    for (let index = 0; index < count; index++) await runRace(root, plan, tally, index);
    return;
  }
  for (let done = 0; done < count; done += live) {
    const tasks = new Array(live);
    for (let i = 0; i < live; i++) {
      const index = done + i;
      tasks[i] = root.spawn((child) => runRace(child, plan, tally, index));
    }
    for (const task of tasks) expectOk(await task.join());
  }
}

async function runRace(owner, { branches, cleanUpTurns }, tally, index) {
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
  const value = await owner.race(bodies);
  tally.sum += value;
  if (cleaned === branches - 1) tally.drained += 1;
}

async function runSequential(root, { count }, tally) {
  for (let index = 0; index < count; index++) {
    const outcome = await root.spawn(async () => index).join();
    tally.sum += expectOk(outcome);
  }
}

async function prepareDeepTree(plan, tally) {
  const innermost = new CountDown(1);
  const descend = async (task, level) => {
    try {
      if (level < plan.count - 1) {
        // Bodies start at once, so without it the levels would lie on one stack.
        await task.checkpoint();
        await task.spawn((child) => descend(child, level + 1)).join();
      } else {
        innermost.done();
        await task.sleep(PARKED_MS);
      }
    } finally {
      noteCleaned(tally, plan, level);
    }
  };
  return prepareCancel((root) => descend(root, 0), innermost);
}

async function prepareWideCancel({ count }, tally) {
  const parked = new CountDown(count);
  const child = async (task) => {
    try {
      parked.done();
      await task.sleep(PARKED_MS);
    } finally {
      await null;
      tally.cleaned += 1;
    }
  };
  const cancel = await prepareCancel(async (parent) => {
    for (let i = 0; i < count; i++) parent.spawn(child);
  }, parked);
  return async () => {
    await cancel();
    tally.atEnd = tally.cleaned;
  };
}

async function prepareParked({ count }, tally) {
  const parked = new CountDown(count);
  const child = async (task) => {
    tally.parked += 1;
    try {
      parked.done();
      await task.sleep(PARKED_MS);
    } finally {
      tally.released += 1;
    }
  };
  return prepareCancel(async (parent) => {
    for (let i = 0; i < count; i++) parent.spawn(child);
  }, parked);
}

/** Starts `body` in a nursery, waits until it has parked; then gives what cancels it and sees it out. */
async function prepareCancel(body, parked) {
  let parent;
  const nursery = openNursery(async (root) => {
    parent = root.spawn(body);
    await parent.join();
  });
  await Promise.race([parked.promise, nursery]);
  return async () => {
    parent.cancel(new CancelledError("enough"));
    await nursery;
  };
}

async function runTimeouts(root, { count }, tally) {
  for (let index = 0; index < count; index++) {
    tally.sum += await timeout(root, PARKED_MS, async (task) => {
      await task.checkpoint();
      return index;
    });
  }
}

async function runChannel(root, { count, capacity }, tally) {
  const channel = new Channel(capacity);
  root.spawn(async (producer) => {
    for (let message = 0; message < count; message++) {
      await channel.send(producer, message);
      noteSent(tally);
    }
  });
  for (let i = 0; i < count; i++) noteReceived(tally, await channel.receive(root));
}

async function runPingPong(root, { count }, tally) {
  const pings = new Channel(1);
  const pongs = new Channel(1);
  root.spawn(async (other) => {
    for (let i = 0; i < count; i++) await pongs.send(other, await pings.receive(other));
  });
  for (let i = 0; i < count; i++) {
    await pings.send(root, i);
    tally.sum += await pongs.receive(root);
  }
}

async function runOperations(root, { count, live }, tally) {
  const items = Array.from({ length: count }, (_, index) => index);
  const values = await map(root, items, live, async (task, item) => {
    noteBegun(tally);
    await task.checkpoint();
    noteDone(tally);
    return item;
  });
  for (const value of values) tally.sum += value;
}

async function runKeystrokes(root, { count }, tally) {
  const request = (isLast) => async (task) => {
    try {
      if (isLast) await task.checkpoint();
      else await task.sleep(PARKED_MS);
      tally.completed += 1;
    } finally {
      if (task.cancelled !== undefined) tally.cleaned += 1;
    }
  };
  let latest;
  for (let stroke = 1; stroke <= count; stroke++) {
    if (latest !== undefined) {
      latest.cancel(SUPERSEDED);
      await latest.join();
    }
    latest = root.spawn(request(stroke === count));
    await root.checkpoint();
  }
}

/** Shared: making an error with its stack would cost more than the rest. */
const SUPERSEDED = new CancelledError("superseded");

async function runSleeps(root, plan, tally) {
  for (let index = 0; index < plan.count; index++) {
    root.spawn(async (task) => {
      const durationMs = sleepMs(plan, index);
      const dueMs = performance.now() + durationMs;
      await task.sleep(durationMs);
      noteWoken(tally, dueMs);
    });
  }
}

async function runReady(root, { count }, tally) {
  const body = async (task) => {
    for (let i = 0; i < READY_YIELDS; i++) {
      await task.checkpoint();
      tally.yields += 1;
    }
  };
  for (let i = 0; i < count; i++) root.spawn(body);
}

function expectOk(outcome) {
  if (outcome.kind !== "ok") throw outcome.error;
  return outcome.value;
}
