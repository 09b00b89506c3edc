/**
 * The laws of channels and locks under random schedules: tasks of both kinds send, receive, hold and are
 * cancelled at random moments, and what came of it is compared with what no schedule may change.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  AsupersyncError,
  broadcast,
  type Channel,
  type Cx,
  channel,
  createRuntime,
  LaggedError,
  mutex,
  type Outcome,
  type Runtime,
  semaphore,
  type Task,
  watch,
} from "../../src/index.js";
import { asAsync, type Script } from "../support.js";

const RUNS = Number(process.env.LAW_RUNS ?? 60);

/** What one task does: so many rounds with so many turns in between, in a body of one kind. */
interface Part {
  readonly rounds: number;
  readonly turns: number;
  readonly isAsync: boolean;
}

/** After so many turns the task with this number, modulo how many there are, is cancelled. */
interface Cancel {
  readonly after: number;
  readonly task: number;
}

const part = fc.record({
  rounds: fc.nat({ max: 80 }),
  turns: fc.nat({ max: 2 }),
  isAsync: fc.boolean(),
});
const parts = fc.array(part, { minLength: 1, maxLength: 4 });
const cancels = fc.array(fc.record({ after: fc.nat({ max: 6 }), task: fc.nat({ max: 7 }) }), {
  maxLength: 5,
});
const seed = fc.nat();

/** Spawns the script of each part. */
function spawnAll<T>(
  runtime: Runtime,
  parts: readonly Part[],
  script: (part: Part, index: number) => Script<T>,
): Task<T>[] {
  return parts.map((part, index) => {
    const own = script(part, index);
    return runtime.spawn(part.isAsync ? asAsync(own) : own);
  });
}

function* pass(cx: Cx, turns: number): ReturnType<Script<void>> {
  for (let turn = 0; turn < turns; turn += 1) yield cx.checkpoint();
}

/** Cancels tasks at their times, in a task of its own. */
async function cancelAll(
  runtime: Runtime,
  tasks: readonly Task<unknown>[],
  cancels: readonly Cancel[],
): Promise<void> {
  await runtime.run(async (cx) => {
    for (const { after, task } of cancels) {
      for (let turn = 0; turn < after; turn += 1) await cx.checkpoint();
      tasks[task % tasks.length]?.cancel();
    }
  });
}

function endsWell(outcome: Outcome<unknown>): void {
  expect(["ok", "cancelled"]).toContain(outcome.kind);
}

/** A runtime of its own, in which nothing leaks, fails unseen or is left. */
async function lawful(seed: number, law: (runtime: Runtime) => Promise<void>): Promise<void> {
  const runtime = await createRuntime({ seed });
  try {
    await law(runtime);
    expect(runtime.counters()).toMatchObject({ tasks: 0, obligations: 0 });
  } finally {
    const report = await runtime.close();
    expect(report).toMatchObject({ outcome: "clean", failures: [] });
  }
}

/** Receives until the channel has ended. */
function drain<T>(from: Channel<T>, into: T[], turns: number): Script<void> {
  return function* (cx) {
    for (let next = yield from.next(cx); !next.done; next = yield from.next(cx)) {
      into.push(next.value as T);
      yield* pass(cx, turns);
    }
  };
}

test("what is sent is received once, in each sender's order, whoever is cancelled when", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      parts,
      parts,
      cancels,
      fc.boolean(),
      seed,
      async (capacity, senders, receivers, cancels, usesPermits, seed) => {
        await lawful(seed, async (runtime) => {
          const values = channel<readonly [sender: number, nth: number]>(runtime, { capacity });
          const sent = senders.map(() => 0);
          const sending = spawnAll(
            runtime,
            senders,
            ({ rounds, turns }, sender) =>
              function* (cx) {
                for (let nth = 0; nth < rounds; nth += 1) {
                  if (usesPermits && nth % 3 === 0) {
                    const permit = yield values.reserve(cx);
                    yield* pass(cx, turns);
                    if (nth % 2 === 0) permit.send([sender, nth]);
                    else {
                      permit.abort();
                      yield values.send(cx, [sender, nth]);
                    }
                  } else yield values.send(cx, [sender, nth]);
                  // What was sent is counted in the same step: a cancellation comes before or after.
                  sent[sender] = nth + 1;
                  expect(values.length).toBeLessThanOrEqual(capacity);
                  yield* pass(cx, turns);
                }
              },
          );
          const logs = receivers.map(() => [] as (readonly [number, number])[]);
          const receiving = spawnAll(runtime, receivers, ({ turns }, index) =>
            drain(values, logs[index] as (readonly [number, number])[], turns),
          );
          await cancelAll(runtime, [...sending, ...receiving], cancels);
          // Receivers may all be cancelled: one more takes what is left, so that senders end.
          const rest: (readonly [number, number])[] = [];
          const last = runtime.spawn(drain(values, rest, 0));
          for (const task of sending) endsWell(await task.join());
          values.close();
          for (const task of receiving) endsWell(await task.join());
          expect((await last.join()).kind).toBe("ok");

          const all = [...logs, rest];
          for (const log of all) {
            for (const sender of senders.keys()) {
              const own = log.filter(([from]) => from === sender).map(([, nth]) => nth);
              expect(own).toEqual([...own].sort((a, b) => a - b));
            }
          }
          const received = senders.map((_, sender) =>
            all
              .flat()
              .filter(([from]) => from === sender)
              .map(([, nth]) => nth)
              .sort((a, b) => a - b),
          );
          const expected = sent.map((count) => Array.from({ length: count }, (_, nth) => nth));
          expect(received).toEqual(expected);
          expect(values.length).toBe(0);
        });
      },
    ),
    { numRuns: RUNS },
  );
});

test("a channel that drops keeps the newest or the oldest, in order, and counts the others", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom("drop-oldest" as const, "drop-newest" as const),
      fc.array(fc.boolean(), { maxLength: 60 }),
      seed,
      async (capacity, overflow, sends, seed) => {
        await lawful(seed, async (runtime) => {
          const values = channel<number>(runtime, { capacity, overflow });
          const model: number[] = [];
          let dropped = 0;
          const outcome = await runtime.run(async (cx) => {
            for (const [n, isSend] of sends.entries()) {
              if (isSend) {
                await values.send(cx, n);
                if (model.length < capacity) model.push(n);
                else {
                  dropped += 1;
                  if (overflow === "drop-oldest") model.push(n) && model.shift();
                }
              } else if (model.length > 0) expect(await values.receive(cx)).toBe(model.shift());
              else expect(() => values.tryReceive(cx)).toThrow(AsupersyncError);
              expect([values.length, values.dropped]).toEqual([model.length, dropped]);
            }
          });
          expect(outcome.kind).toBe("ok");
        });
      },
    ),
    { numRuns: RUNS },
  );
});

test("a subscriber has each message or is told that it missed it, in order and without a gap", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      parts,
      fc.nat({ max: 80 }),
      fc.nat({ max: 2 }),
      cancels,
      seed,
      async (capacity, listeners, count, turns, cancels, seed) => {
        await lawful(seed, async (runtime) => {
          const numbers = broadcast<number>(runtime, { capacity });
          const positions = listeners.map(() => 0);
          const subscriptions = listeners.map(() => numbers.subscribe());
          const listening = spawnAll(
            runtime,
            listeners,
            (part, index) =>
              function* (cx) {
                const subscription = subscriptions[index] as (typeof subscriptions)[number];
                for (;;) {
                  try {
                    const next: IteratorResult<number> = yield subscription.next(cx);
                    if (next.done) return;
                    expect(next.value).toBe(positions[index]);
                    positions[index] = next.value + 1;
                  } catch (error) {
                    if (!(error instanceof LaggedError)) throw error;
                    expect(error.missed).toBeGreaterThan(0);
                    positions[index] = (positions[index] ?? 0) + error.missed;
                  }
                  yield* pass(cx, part.turns);
                }
              },
          );
          const sending = runtime.spawn(function* (cx): ReturnType<Script<void>> {
            for (let n = 0; n < count; n += 1) {
              expect(numbers.send(n)).toBe(listeners.length);
              yield* pass(cx, turns);
            }
          });
          await cancelAll(runtime, listening, cancels);
          expect((await sending.join()).kind).toBe("ok");
          numbers.close();
          for (const [index, task] of listening.entries()) {
            const outcome = await task.join();
            endsWell(outcome);
            if (outcome.kind === "ok") expect(positions[index]).toBe(count);
            // One that was cancelled has lost nothing that it was not told of.
            else expect(positions[index]).toBeLessThanOrEqual(count);
          }
        });
      },
    ),
    { numRuns: RUNS },
  );
});

test("a watcher never sees an older value after a newer one, and always the last", async () => {
  await fc.assert(
    fc.asyncProperty(
      parts,
      fc.nat({ max: 60 }),
      fc.nat({ max: 2 }),
      seed,
      async (watchers, count, turns, seed) => {
        await lawful(seed, async (runtime) => {
          const value = watch(runtime, 0);
          const lasts = watchers.map(() => 0);
          const watching = spawnAll(runtime, watchers, (part, index) => {
            const watcher = value.subscribe();
            return function* (cx) {
              for (let next = yield watcher.next(cx); !next.done; next = yield watcher.next(cx)) {
                expect(next.value).toBeGreaterThan(lasts[index] ?? 0);
                // An async body goes on some microtasks after it was given its value.
                if (!part.isAsync) expect(next.value).toBe(value.value);
                lasts[index] = next.value;
                yield* pass(cx, part.turns);
              }
            };
          });
          const setting = runtime.spawn(function* (cx): ReturnType<Script<void>> {
            for (let n = 1; n <= count; n += 1) {
              value.set(n);
              yield* pass(cx, turns);
            }
          });
          expect((await setting.join()).kind).toBe("ok");
          value.close();
          for (const task of watching) expect((await task.join()).kind).toBe("ok");
          expect(lasts).toEqual(watchers.map(() => count));
        });
      },
    ),
    { numRuns: RUNS },
  );
});

test("never more hold permits than there are, and all are back at the end", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.tuple(part, fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 6 }),
      cancels,
      seed,
      async (permits, holders, cancels, seed) => {
        await lawful(seed, async (runtime) => {
          const lent = semaphore(runtime, permits);
          const lock = mutex(runtime, 0);
          let held = 0;
          let entered = 0;
          const tasks = spawnAll(
            runtime,
            holders.map(([part]) => part),
            ({ rounds, turns }, index) =>
              function* (cx) {
                const asked = Math.min(holders[index]?.[1] ?? 1, permits);
                for (let round = 0; round < rounds % 20; round += 1) {
                  const permit = yield lent.acquire(cx, asked);
                  held += asked;
                  expect(held).toBeLessThanOrEqual(permits);
                  try {
                    yield* pass(cx, turns);
                    const guard = yield lock.lock(cx);
                    const before = guard.value;
                    entered += 1;
                    try {
                      yield* pass(cx, turns);
                      expect(guard.value).toBe(before);
                    } finally {
                      guard.value = before + 1;
                      guard.release();
                    }
                  } finally {
                    held -= asked;
                    permit.release();
                  }
                }
              },
          );
          await cancelAll(runtime, tasks, cancels);
          for (const task of tasks) endsWell(await task.join());
          expect([held, lent.available, lock.isLocked]).toEqual([0, permits, false]);
          const outcome = await runtime.run((cx) => {
            using guard = lock.tryLock(cx);
            return guard.value;
          });
          expect(outcome).toEqual({ kind: "ok", value: entered });
        });
      },
    ),
    { numRuns: RUNS },
  );
});
