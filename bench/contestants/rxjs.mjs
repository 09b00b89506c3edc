/**
 * RxJS: a task is an observable, cancelling it is unsubscribing, its clean-up is `finalize`, and it
 * gives the others a turn by a promise: `asapScheduler` is quadratic in what is scheduled at once.
 *
 * `finalize` cannot be waited for: an asynchronous clean-up is started there and left to itself.
 */

import {
  asapScheduler,
  concatMap,
  defer,
  finalize,
  forkJoin,
  from,
  lastValueFrom,
  map,
  mergeMap,
  Observable,
  observeOn,
  of,
  race,
  range,
  Subject,
  switchMap,
  tap,
  timeout,
  timer,
} from "rxjs";
import { PARKED_MS } from "../workloads/check.mjs";
import { noteCleaned } from "../workloads/deep-tree.mjs";
import { noteBegun, noteDone } from "../workloads/operations.mjs";
import { READY_YIELDS } from "../workloads/ready.mjs";
import { noteWoken, sleepMs } from "../workloads/sleeps.mjs";

/** @returns {Promise<import("./index.mjs").ContestantRunner>} */
export async function open() {
  return {
    tasks: runTasks,
    sequential: runSequential,
    ready: runReady,
    races: runRaces,
    deepTree: prepareDeepTree,
    wideCancel: prepareWideCancel,
    parked: prepareParked,
    sleeps: runSleeps,
    pingPong: runPingPong,
    timeouts: runTimeouts,
    operations: runOperations,
    keystrokes: runKeystrokes,
    tidy() {},
    close: async () => {},
  };
}

/** What one value later becomes, after the others had a turn. */
const yieldOnce = (value) => from(Promise.resolve(value));

/** All of a batch at once and joined, one batch after another; `onValues` gets those of each. */
function inBatches({ count, live }, task, onValues = () => {}) {
  const batches = range(0, count / live).pipe(
    concatMap((batch) => forkJoin(numbers(batch * live, live).map(task))),
    tap(onValues),
  );
  return lastValueFrom(batches);
}

async function runTasks(plan, tally) {
  const task = (index) =>
    defer(() => {
      tally.started += 1;
      return yieldOnce(index).pipe(
        tap(() => {
          if (tally.started === index + 1) tally.straight += 1;
        }),
      );
    });
  await inBatches(plan, task, (values) => {
    for (const value of values) tally.sum += value;
  });
}

async function runSequential({ count }, tally) {
  await lastValueFrom(
    range(0, count).pipe(
      concatMap((index) => defer(() => of(index))),
      tap((value) => {
        tally.sum += value;
      }),
    ),
  );
}

async function runReady({ count }, tally) {
  const task = () => {
    let running = of(0);
    for (let turn = 0; turn < READY_YIELDS; turn++) {
      running = running.pipe(
        concatMap(yieldOnce),
        tap(() => {
          tally.yields += 1;
        }),
      );
    }
    return running;
  };
  await lastValueFrom(range(0, count).pipe(mergeMap(task)));
}

async function runRaces(plan, tally) {
  const runRace = (index) =>
    defer(() => {
      let cleaned = 0;
      const cleanUp = () => {
        cleaned += 1;
      };
      const cleanUpLater = async () => {
        for (let turn = 0; turn < plan.cleanUpTurns; turn++) await null;
        cleanUp();
      };
      const loser = defer(() => {
        tally.entered += 1;
        return timer(PARKED_MS);
      }).pipe(finalize(plan.cleanUpTurns > 0 ? cleanUpLater : cleanUp));
      const branches = new Array(plan.branches).fill(loser);
      branches[plan.branches - 1] = yieldOnce(index);
      return race(branches).pipe(
        tap((value) => {
          tally.sum += value;
          if (cleaned === plan.branches - 1) tally.drained += 1;
        }),
      );
    });
  if (plan.live === 1) await lastValueFrom(range(0, plan.count).pipe(concatMap(runRace)));
  else await inBatches(plan, runRace);
}

/** Each observable owns its subscription to the next, and ends it before its own clean-up. */
async function prepareDeepTree(plan, tally) {
  let parked = false;
  const level = (depth) =>
    new Observable((subscriber) => {
      const isInnermost = depth === plan.count - 1;
      const next = isInnermost ? timer(PARKED_MS) : level(depth + 1);
      subscriber.add(next.subscribe({ error: (error) => subscriber.error(error) }));
      subscriber.add(() => noteCleaned(tally, plan, depth));
      if (isInnermost) parked = true;
    });
  const root = level(0).subscribe();
  // No observer hears of a stack that overflows on the way down.
  if (!parked) throw new Error(`expected ${plan.count} levels, the subscription ended before`);
  return async () => root.unsubscribe();
}

async function prepareWideCancel({ count }, tally) {
  const cleanUp = async () => {
    await null;
    tally.cleaned += 1;
  };
  const task = () => timer(PARKED_MS).pipe(finalize(cleanUp));
  const parent = range(0, count).pipe(mergeMap(task)).subscribe();
  return async () => {
    parent.unsubscribe();
    tally.atEnd = tally.cleaned;
  };
}

async function prepareParked({ count }, tally) {
  const task = () =>
    defer(() => {
      tally.parked += 1;
      return timer(PARKED_MS);
    }).pipe(
      finalize(() => {
        tally.released += 1;
      }),
    );
  const parent = range(0, count).pipe(mergeMap(task)).subscribe();
  return async () => parent.unsubscribe();
}

async function runSleeps(plan, tally) {
  const sleeper = (index) =>
    defer(() => {
      const durationMs = sleepMs(plan, index);
      const dueMs = performance.now() + durationMs;
      return timer(durationMs).pipe(tap(() => noteWoken(tally, dueMs)));
    });
  await lastValueFrom(range(0, plan.count).pipe(mergeMap(sleeper)));
}

/** Two subjects; each side answers on a turn of its own, for a subject calls its observers. */
async function runPingPong({ count }, tally) {
  const pings = new Subject();
  const pongs = new Subject();
  const echo = pings.pipe(observeOn(asapScheduler)).subscribe(pongs);
  const done = lastValueFrom(
    pongs.pipe(
      observeOn(asapScheduler),
      tap((value) => {
        tally.sum += value;
        if (value + 1 < count) pings.next(value + 1);
        else pings.complete();
      }),
    ),
  );
  pings.next(0);
  await done;
  echo.unsubscribe();
}

async function runTimeouts({ count }, tally) {
  await lastValueFrom(
    range(0, count).pipe(
      concatMap((index) => yieldOnce(index).pipe(timeout(PARKED_MS))),
      tap((value) => {
        tally.sum += value;
      }),
    ),
  );
}

async function runOperations({ count, live }, tally) {
  const operation = (index) =>
    defer(() => {
      noteBegun(tally);
      return yieldOnce(index).pipe(tap(() => noteDone(tally)));
    });
  await lastValueFrom(
    range(0, count).pipe(
      mergeMap(operation, live),
      tap((value) => {
        tally.sum += value;
      }),
    ),
  );
}

async function runKeystrokes({ count }, tally) {
  const request = (index) =>
    defer(() => {
      let completed = false;
      const answer =
        index === count - 1 ? yieldOnce(index) : timer(PARKED_MS).pipe(map(() => index));
      return answer.pipe(
        tap(() => {
          completed = true;
          tally.completed += 1;
        }),
        finalize(() => {
          if (!completed) tally.cleaned += 1;
        }),
      );
    });
  const strokes = new Subject();
  const done = lastValueFrom(strokes.pipe(switchMap(request)));
  for (let stroke = 0; stroke < count; stroke++) strokes.next(stroke);
  strokes.complete();
  await done;
}

function numbers(begin, length) {
  return Array.from({ length }, (_, offset) => begin + offset);
}
