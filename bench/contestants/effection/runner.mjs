/**
 * Effection: operations spawned into their parent's scope, `try`/`finally`, `halt`.
 *
 * Versions 3 and 4 are given to one text. A task's turn for the others is a promise that has already
 * resolved: `sleep(0)`, which the guides use, would make it wait for a timer.
 */

import { noteReceived, noteSent } from "../../workloads/channel.mjs";
import { PARKED_MS } from "../../workloads/check.mjs";
import { noteCleaned } from "../../workloads/deep-tree.mjs";
import { noteBegun, noteDone } from "../../workloads/operations.mjs";
import { READY_YIELDS } from "../../workloads/ready.mjs";
import { noteWoken, sleepMs } from "../../workloads/sleeps.mjs";
import { CountDown } from "../count-down.mjs";

/**
 * @param {Record<string, any>} library One version's functions, and `yieldOnce`.
 * @returns {import("../index.mjs").ContestantRunner}
 */
export function runnerOf(library) {
  const { createQueue, ensure, race: raceOf, run, sleep, spawn, suspend, yieldOnce } = library;

  /** A spawn for each number, then a join of each. */
  function* spawnAndJoin(begin, end, body, onValue) {
    const spawned = [];
    for (let index = begin; index < end; index++) spawned.push(yield* spawn(() => body(index)));
    for (const task of spawned) onValue(yield* task);
  }

  function* tasks({ count, live }, tally) {
    const body = function* (index) {
      tally.started += 1;
      yield* yieldOnce();
      if (tally.started === index + 1) tally.straight += 1;
      return index;
    };
    for (let done = 0; done < count; done += live) {
      yield* spawnAndJoin(done, done + live, body, (value) => {
        tally.sum += value;
      });
    }
  }

  function* sequential({ count }, tally) {
    for (let index = 0; index < count; index++) {
      // biome-ignore lint/correctness/useYield: a body that waits for nothing.
      const task = yield* spawn(function* () {
        return index;
      });
      tally.sum += yield* task;
    }
  }

  function* ready({ count }, tally) {
    const body = function* () {
      for (let turn = 0; turn < READY_YIELDS; turn++) {
        yield* yieldOnce();
        tally.yields += 1;
      }
    };
    yield* spawnAndJoin(0, count, body, () => {});
  }

  function* race({ branches, cleanUpTurns }, tally, index) {
    let cleaned = 0;
    const lose = function* () {
      tally.entered += 1;
      try {
        yield* sleep(PARKED_MS);
      } finally {
        for (let turn = 0; turn < cleanUpTurns; turn++) yield* yieldOnce();
        cleaned += 1;
      }
    };
    const win = function* () {
      yield* yieldOnce();
      return index;
    };
    const operations = [];
    for (let branch = 0; branch < branches - 1; branch++) operations.push(lose());
    operations.push(win());
    const value = yield* raceOf(operations);
    tally.sum += value;
    if (cleaned === branches - 1) tally.drained += 1;
  }

  function* races(plan, tally) {
    const { count, live } = plan;
    const body = (index) => race(plan, tally, index);
    if (live === 1) {
      for (let index = 0; index < count; index++) yield* body(index);
      return;
    }
    for (let done = 0; done < count; done += live) {
      yield* spawnAndJoin(done, done + live, body, () => {});
    }
  }

  /** `ensure`, not `finally`: a halted task leaves its own body before it halts its children. */
  async function deepTree(plan, tally) {
    const innermost = new CountDown(1);
    const level = function* (depth) {
      yield* ensure(() => noteCleaned(tally, plan, depth));
      if (depth === plan.count - 1) innermost.done();
      else yield* spawn(() => level(depth + 1));
      yield* suspend();
    };
    const root = run(() => level(0));
    await Promise.race([innermost.promise, root]);
    return () => root.halt();
  }

  async function wideCancel({ count }, tally) {
    const begun = new CountDown(count);
    const child = function* () {
      begun.done();
      try {
        yield* sleep(PARKED_MS);
      } finally {
        yield* yieldOnce();
        tally.cleaned += 1;
      }
    };
    const parent = run(function* () {
      for (let index = 0; index < count; index++) yield* spawn(child);
      yield* suspend();
    });
    await begun.promise;
    return async () => {
      await parent.halt();
      tally.atEnd = tally.cleaned;
    };
  }

  async function parked({ count }, tally) {
    const begun = new CountDown(count);
    const child = function* () {
      tally.parked += 1;
      begun.done();
      try {
        yield* sleep(PARKED_MS);
      } finally {
        tally.released += 1;
      }
    };
    const parent = run(function* () {
      for (let index = 0; index < count; index++) yield* spawn(child);
      yield* suspend();
    });
    await begun.promise;
    return () => parent.halt();
  }

  function* sleeps(plan, tally) {
    const sleeper = function* (index) {
      const durationMs = sleepMs(plan, index);
      const dueMs = performance.now() + durationMs;
      yield* sleep(durationMs);
      noteWoken(tally, dueMs);
    };
    yield* spawnAndJoin(0, plan.count, sleeper, () => {});
  }

  /** Queues here have no bound of their own: a second one carries the permits to send. */
  function* channel({ count, capacity }, tally) {
    const queue = createQueue();
    const permits = createQueue();
    for (let permit = 0; permit < capacity; permit++) permits.add();
    const producer = yield* spawn(function* () {
      for (let message = 0; message < count; message++) {
        yield* permits.next();
        queue.add(message);
        noteSent(tally);
      }
    });
    for (let received = 0; received < count; received++) {
      const { value } = yield* queue.next();
      permits.add();
      noteReceived(tally, value);
    }
    yield* producer;
  }

  function* pingPong({ count }, tally) {
    const pings = createQueue();
    const pongs = createQueue();
    const echo = yield* spawn(function* () {
      for (let turn = 0; turn < count; turn++) {
        const { value } = yield* pings.next();
        pongs.add(value);
      }
    });
    for (let turn = 0; turn < count; turn++) {
      pings.add(turn);
      const { value } = yield* pongs.next();
      tally.sum += value;
    }
    yield* echo;
  }

  function* timeouts({ count }, tally) {
    const operation = function* (index) {
      yield* yieldOnce();
      return index;
    };
    const timeout = function* () {
      yield* sleep(PARKED_MS);
      throw new Error(`expected an end within ${PARKED_MS} ms`);
    };
    for (let index = 0; index < count; index++) {
      tally.sum += yield* raceOf([operation(index), timeout()]);
    }
  }

  /** There is no bounded combinator: so many workers take the operations from one queue. */
  function* operations({ count, live }, tally) {
    const queue = createQueue();
    const worker = function* () {
      let sum = 0;
      for (let next = yield* queue.next(); !next.done; next = yield* queue.next()) {
        noteBegun(tally);
        yield* yieldOnce();
        noteDone(tally);
        sum += next.value;
      }
      return sum;
    };
    const workers = [];
    for (let index = 0; index < live; index++) workers.push(yield* spawn(worker));
    for (let index = 0; index < count; index++) queue.add(index);
    for (let index = 0; index < live; index++) queue.close();
    for (const task of workers) tally.sum += yield* task;
  }

  function* keystrokes({ count }, tally) {
    const request = function* (index) {
      let completed = false;
      try {
        if (index === count - 1) yield* yieldOnce();
        else yield* sleep(PARKED_MS);
        completed = true;
        tally.completed += 1;
      } finally {
        if (!completed) tally.cleaned += 1;
      }
    };
    let latest;
    for (let index = 0; index < count; index++) {
      if (latest !== undefined) yield* latest.halt();
      latest = yield* spawn(() => request(index));
      yield* yieldOnce();
    }
    yield* latest;
  }

  const running = (operation) => (plan, tally) => run(() => operation(plan, tally));
  return {
    tasks: running(tasks),
    sequential: running(sequential),
    ready: running(ready),
    races: running(races),
    deepTree,
    wideCancel,
    parked,
    sleeps: running(sleeps),
    channel: running(channel),
    pingPong: running(pingPong),
    timeouts: running(timeouts),
    operations: running(operations),
    keystrokes: running(keystrokes),
    tidy() {},
    close: async () => {},
  };
}
