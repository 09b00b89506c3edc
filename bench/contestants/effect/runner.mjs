/**
 * Effect: fibers forked and joined in `Effect.gen`, scopes that own them, clean-ups by `ensuring`.
 *
 * Versions 3 and 4 differ here in names alone, so both are given to one text. Everything else is as
 * it comes: the default runtime, scheduler and fork options.
 */

import { noteReceived, noteSent } from "../../workloads/channel.mjs";
import { PARKED_MS } from "../../workloads/check.mjs";
import { noteCleaned } from "../../workloads/deep-tree.mjs";
import { noteBegun, noteDone } from "../../workloads/operations.mjs";
import { READY_YIELDS } from "../../workloads/ready.mjs";
import { noteWoken, sleepMs } from "../../workloads/sleeps.mjs";
import { CountDown } from "../count-down.mjs";

/**
 * @param {Record<string, any>} library The modules of one version, and the two of its functions
 *   whose names differ.
 * @returns {import("../index.mjs").ContestantRunner}
 */
export function runnerOf(library) {
  const { Effect, Exit, Fiber, FiberHandle, Queue, Scope, fork, yieldNow } = library;

  const numbers = (count) => Array.from({ length: count }, (_, index) => index);
  const parkedFor = Effect.sleep(PARKED_MS);

  /** A fork for each number, then a join of each. */
  const forkAndJoin = (begin, end, body, onValue) =>
    Effect.gen(function* () {
      const fibers = [];
      for (let index = begin; index < end; index++) fibers.push(yield* fork(body(index)));
      for (const fiber of fibers) onValue(yield* Fiber.join(fiber));
    });

  const tasks = ({ count, live }, tally) => {
    const body = (index) =>
      Effect.gen(function* () {
        tally.started += 1;
        yield* yieldNow;
        if (tally.started === index + 1) tally.straight += 1;
        return index;
      });
    return Effect.gen(function* () {
      for (let done = 0; done < count; done += live) {
        yield* forkAndJoin(done, done + live, body, (value) => {
          tally.sum += value;
        });
      }
    });
  };

  const sequential = ({ count }, tally) =>
    Effect.gen(function* () {
      for (let index = 0; index < count; index++) {
        const fiber = yield* fork(Effect.sync(() => index));
        tally.sum += yield* Fiber.join(fiber);
      }
    });

  const ready = ({ count }, tally) => {
    const body = () =>
      Effect.gen(function* () {
        for (let turn = 0; turn < READY_YIELDS; turn++) {
          yield* yieldNow;
          tally.yields += 1;
        }
      });
    return forkAndJoin(0, count, body, () => {});
  };

  const race = ({ branches, cleanUpTurns }, tally, index) =>
    Effect.gen(function* () {
      let cleaned = 0;
      let cleanUp = Effect.sync(() => {
        cleaned += 1;
      });
      for (let turn = 0; turn < cleanUpTurns; turn++) {
        cleanUp = yieldNow.pipe(Effect.andThen(cleanUp));
      }
      const loser = Effect.suspend(() => {
        tally.entered += 1;
        return parkedFor;
      }).pipe(Effect.ensuring(cleanUp));
      const effects = new Array(branches).fill(loser);
      effects[branches - 1] = yieldNow.pipe(Effect.as(index));
      const value = yield* Effect.raceAll(effects);
      tally.sum += value;
      if (cleaned === branches - 1) tally.drained += 1;
    });

  const races = (plan, tally) =>
    Effect.gen(function* () {
      const { count, live } = plan;
      const body = (index) => race(plan, tally, index);
      if (live === 1) {
        for (let index = 0; index < count; index++) yield* body(index);
        return;
      }
      for (let done = 0; done < count; done += live) {
        yield* forkAndJoin(done, done + live, body, () => {});
      }
    });

  /** Each level has a scope, which holds its clean-up and then the fiber of the level below. */
  const deepTree = async (plan, tally) => {
    const innermost = new CountDown(1);
    const level = (depth) =>
      Effect.scoped(
        Effect.gen(function* () {
          yield* Effect.addFinalizer(() => Effect.sync(() => noteCleaned(tally, plan, depth)));
          if (depth < plan.count - 1) return yield* level(depth + 1);
          innermost.done();
          yield* Effect.never;
        }),
      );
    const root = Effect.runFork(level(0));
    await Promise.race([innermost.promise, Effect.runPromise(Fiber.join(root))]);
    return () => Effect.runPromise(Fiber.interrupt(root));
  };

  const wideCancel = async ({ count }, tally) => {
    const begun = new CountDown(count);
    const cleanUp = yieldNow.pipe(
      Effect.andThen(
        Effect.sync(() => {
          tally.cleaned += 1;
        }),
      ),
    );
    const child = Effect.suspend(() => {
      begun.done();
      return parkedFor;
    }).pipe(Effect.ensuring(cleanUp));
    const parent = Effect.runFork(
      Effect.gen(function* () {
        for (let index = 0; index < count; index++) yield* fork(child);
        yield* Effect.never;
      }),
    );
    await begun.promise;
    return async () => {
      await Effect.runPromise(Fiber.interrupt(parent));
      tally.atEnd = tally.cleaned;
    };
  };

  const parked = async ({ count }, tally) => {
    const begun = new CountDown(count);
    const task = Effect.suspend(() => {
      tally.parked += 1;
      begun.done();
      return parkedFor;
    }).pipe(
      Effect.ensuring(
        Effect.sync(() => {
          tally.released += 1;
        }),
      ),
    );
    const scope = await Effect.runPromise(Scope.make());
    await Effect.runPromise(
      Effect.gen(function* () {
        for (let index = 0; index < count; index++) yield* Effect.forkIn(task, scope);
      }),
    );
    await begun.promise;
    return () => Effect.runPromise(Scope.close(scope, Exit.void));
  };

  const sleeps = (plan, tally) => {
    const sleeper = (index) =>
      Effect.suspend(() => {
        const durationMs = sleepMs(plan, index);
        const dueMs = performance.now() + durationMs;
        return Effect.sleep(durationMs).pipe(
          Effect.andThen(Effect.sync(() => noteWoken(tally, dueMs))),
        );
      });
    return Effect.forEach(numbers(plan.count), sleeper, {
      concurrency: "unbounded",
      discard: true,
    });
  };

  const channel = ({ count, capacity }, tally) =>
    Effect.gen(function* () {
      const queue = yield* Queue.bounded(capacity);
      const producer = yield* fork(
        Effect.gen(function* () {
          for (let message = 0; message < count; message++) {
            yield* Queue.offer(queue, message);
            noteSent(tally);
          }
        }),
      );
      for (let received = 0; received < count; received++) {
        noteReceived(tally, yield* Queue.take(queue));
      }
      yield* Fiber.join(producer);
    });

  const pingPong = ({ count }, tally) =>
    Effect.gen(function* () {
      const pings = yield* Queue.bounded(1);
      const pongs = yield* Queue.bounded(1);
      const echo = yield* fork(
        Effect.gen(function* () {
          for (let turn = 0; turn < count; turn++) {
            yield* Queue.offer(pongs, yield* Queue.take(pings));
          }
        }),
      );
      for (let turn = 0; turn < count; turn++) {
        yield* Queue.offer(pings, turn);
        tally.sum += yield* Queue.take(pongs);
      }
      yield* Fiber.join(echo);
    });

  const timeouts = ({ count }, tally) =>
    Effect.gen(function* () {
      for (let index = 0; index < count; index++) {
        tally.sum += yield* yieldNow.pipe(Effect.as(index), Effect.timeout(PARKED_MS));
      }
    });

  const operations = ({ count, live }, tally) => {
    const operation = (index) =>
      Effect.gen(function* () {
        noteBegun(tally);
        yield* yieldNow;
        noteDone(tally);
        return index;
      });
    return Effect.gen(function* () {
      const values = yield* Effect.forEach(numbers(count), operation, { concurrency: live });
      for (const value of values) tally.sum += value;
    });
  };

  /** A `FiberHandle` holds one fiber: running the next one interrupts it. */
  const keystrokes = ({ count }, tally) => {
    const request = (index) =>
      (index === count - 1 ? yieldNow : parkedFor).pipe(
        Effect.andThen(
          Effect.sync(() => {
            tally.completed += 1;
          }),
        ),
        Effect.onInterrupt(() =>
          Effect.sync(() => {
            tally.cleaned += 1;
          }),
        ),
      );
    return Effect.scoped(
      Effect.gen(function* () {
        const latest = yield* FiberHandle.make();
        for (let index = 0; index < count; index++) {
          yield* FiberHandle.run(latest, request(index));
        }
        yield* FiberHandle.awaitEmpty(latest);
      }),
    );
  };

  const run = (program) => (plan, tally) => Effect.runPromise(program(plan, tally));
  return {
    tasks: run(tasks),
    sequential: run(sequential),
    ready: run(ready),
    races: run(races),
    deepTree,
    wideCancel,
    parked,
    sleeps: run(sleeps),
    channel: run(channel),
    pingPong: run(pingPong),
    timeouts: run(timeouts),
    operations: run(operations),
    keystrokes: run(keystrokes),
    tidy() {},
    close: async () => {},
  };
}
