/**
 * redux-saga: sagas called and forked, `race`, `delay`, channels with a buffer, `takeLatest`,
 * `finally` with `cancelled()`. A saga gives the others a turn by a promise.
 *
 * An effect that is done at once resumes its saga from inside, deeper on the stack each time.
 * Hence `all` of whole lists, and a turn now and then in loops of such effects.
 */

import { buffers, channel as openChannel, runSaga } from "redux-saga";
import {
  all,
  call,
  cancelled,
  delay,
  fork,
  join,
  put,
  race,
  take,
  takeLatest,
} from "redux-saga/effects";
import { noteReceived, noteSent } from "../workloads/channel.mjs";
import { PARKED_MS } from "../workloads/check.mjs";
import { noteCleaned } from "../workloads/deep-tree.mjs";
import { noteBegun, noteDone } from "../workloads/operations.mjs";
import { READY_YIELDS } from "../workloads/ready.mjs";
import { noteWoken, sleepMs } from "../workloads/sleeps.mjs";

/** @returns {Promise<import("./index.mjs").ContestantRunner>} */
export async function open() {
  const running = (saga) => (plan, tally) => runSaga({}, saga, plan, tally).toPromise();
  return {
    tasks: running(runTasks),
    sequential: running(runSequential),
    ready: running(runReady),
    races: running(runRaces),
    deepTree: prepareDeepTree,
    wideCancel: prepareWideCancel,
    parked: prepareParked,
    sleeps: running(runSleeps),
    channel: running(runChannel),
    pingPong: running(runPingPong),
    timeouts: running(runTimeouts),
    operations: running(runOperations),
    keystrokes: runKeystrokes,
    tidy() {},
    close: async () => {},
  };
}

/** Yielded by a saga that gives the others a turn. */
const TURN = Promise.resolve();

/** Effects that may be done at once, between two turns. */
const STRAIGHT_MAX = 128;

/** Called sagas are tasks as forked ones are; those are quadratic in how many a parent has. */
function* callAll(begin, length, body) {
  return yield all(numbers(begin, length).map((index) => call(body, index)));
}

function* runTasks({ count, live }, tally) {
  const body = function* (index) {
    tally.started += 1;
    yield TURN;
    if (tally.started === index + 1) tally.straight += 1;
    return index;
  };
  for (let done = 0; done < count; done += live) {
    for (const value of yield call(callAll, done, live, body)) tally.sum += value;
  }
}

function* runSequential({ count }, tally) {
  // biome-ignore lint/correctness/useYield: a body that waits for nothing.
  const body = function* (index) {
    return index;
  };
  for (let index = 0; index < count; index++) {
    const task = yield fork(body, index);
    tally.sum += yield join(task);
    if (index % STRAIGHT_MAX === 0) yield TURN;
  }
}

function* runReady({ count }, tally) {
  yield call(callAll, 0, count, function* () {
    for (let turn = 0; turn < READY_YIELDS; turn++) {
      yield TURN;
      tally.yields += 1;
    }
  });
}

function* runRaces(plan, tally) {
  const { count, live } = plan;
  if (live === 1) {
    for (let index = 0; index < count; index++) yield call(runRace, plan, tally, index);
    return;
  }
  for (let done = 0; done < count; done += live) {
    yield call(callAll, done, live, (index) => runRace(plan, tally, index));
  }
}

function* runRace({ branches, cleanUpTurns }, tally, index) {
  let cleaned = 0;
  const lose = function* () {
    tally.entered += 1;
    try {
      yield delay(PARKED_MS);
    } finally {
      for (let turn = 0; turn < cleanUpTurns; turn++) yield TURN;
      cleaned += 1;
    }
  };
  const win = function* () {
    yield TURN;
    return index;
  };
  const effects = new Array(branches).fill(call(lose));
  effects[branches - 1] = call(win);
  const values = yield race(effects);
  tally.sum += values[branches - 1];
  if (cleaned === branches - 1) tally.drained += 1;
}

/** Each level calls the next: a saga of its own, which a cancelled caller cancels first. */
async function prepareDeepTree(plan, tally) {
  let parked = false;
  const level = function* (depth) {
    try {
      if (depth < plan.count - 1) yield call(level, depth + 1);
      else {
        parked = true;
        yield delay(PARKED_MS);
      }
    } finally {
      noteCleaned(tally, plan, depth);
    }
  };
  // Without a listener an error is logged, with the name of each level.
  const root = runSaga({ onError() {} }, level, 0);
  // An overflow of the stack on the way down may leave the root waiting for ever.
  if (!parked) throw new Error(`expected ${plan.count} levels, the calls ended before`);
  return cancelling(root);
}

async function prepareWideCancel({ count }, tally) {
  const child = function* () {
    try {
      yield delay(PARKED_MS);
    } finally {
      yield TURN;
      tally.cleaned += 1;
    }
  };
  const parent = runSaga({}, callAll, 0, count, child);
  return async () => {
    parent.cancel();
    // The task says that it is over when `cancel` returns; its promise has settled by then too.
    tally.atEnd = tally.cleaned;
    await parent.toPromise();
  };
}

async function prepareParked({ count }, tally) {
  const child = function* () {
    tally.parked += 1;
    try {
      yield delay(PARKED_MS);
    } finally {
      tally.released += 1;
    }
  };
  return cancelling(runSaga({}, callAll, 0, count, child));
}

function cancelling(task) {
  return async () => {
    task.cancel();
    await task.toPromise();
  };
}

function* runSleeps(plan, tally) {
  yield call(callAll, 0, plan.count, function* (index) {
    const durationMs = sleepMs(plan, index);
    const dueMs = performance.now() + durationMs;
    yield delay(durationMs);
    noteWoken(tally, dueMs);
  });
}

/** A full buffer throws or drops here, a `put` never waits: a second channel carries the permits. */
function* runChannel({ count, capacity }, tally) {
  const messages = yield call(openChannel, buffers.fixed(capacity));
  const permits = yield call(openChannel, buffers.fixed(capacity));
  yield all(numbers(0, capacity).map((permit) => put(permits, permit)));
  yield fork(function* () {
    for (let message = 0; message < count; message++) {
      yield take(permits);
      yield put(messages, message);
      noteSent(tally);
    }
  });
  for (let received = 0; received < count; received++) {
    const message = yield take(messages);
    noteReceived(tally, message);
    yield put(permits, message);
  }
}

function* runPingPong({ count }, tally) {
  const pings = yield call(openChannel, buffers.fixed(1));
  const pongs = yield call(openChannel, buffers.fixed(1));
  yield fork(function* () {
    for (let turn = 0; turn < count; turn++) yield put(pongs, yield take(pings));
  });
  for (let turn = 0; turn < count; turn++) {
    yield put(pings, turn);
    tally.sum += yield take(pongs);
  }
}

function* runTimeouts({ count }, tally) {
  const operation = function* (index) {
    yield TURN;
    return index;
  };
  for (let index = 0; index < count; index++) {
    const { value } = yield race({ value: call(operation, index), timeout: delay(PARKED_MS) });
    tally.sum += value;
  }
}

/** As the documentation limits concurrency: so many workers take from one channel. */
function* runOperations({ count, live }, tally) {
  const queue = yield call(openChannel, buffers.expanding());
  const worker = function* () {
    while (true) {
      const index = yield take(queue);
      noteBegun(tally);
      yield TURN;
      noteDone(tally);
      tally.sum += index;
    }
  };
  yield all(numbers(0, live).map(() => fork(worker)));
  for (let index = 0; index < count; index++) yield put(queue, index);
  queue.close();
}

async function runKeystrokes({ count }, tally) {
  const strokes = openChannel();
  const request = function* (index) {
    try {
      if (index === count - 1) yield TURN;
      else yield delay(PARKED_MS);
      tally.completed += 1;
    } finally {
      if (yield cancelled()) tally.cleaned += 1;
    }
  };
  const root = runSaga({}, function* () {
    yield takeLatest(strokes, request);
  });
  for (let stroke = 0; stroke < count; stroke++) strokes.put(stroke);
  strokes.close();
  await root.toPromise();
}

function numbers(begin, length) {
  return Array.from({ length }, (_, offset) => begin + offset);
}
