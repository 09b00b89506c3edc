/** `cx.foreign` and `cx.signal`: somebody else's promise, its abort, its drain, its late result. */
import { describe, expect, test } from "vitest";
import { CancelledError } from "../src/index.js";
import { deferred, forBothKinds, hostTurn, idle, thrown, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("gives what the promise gives, and fails with what it is rejected with", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("theirs");
      const outcome = await runtime.run(
        body(function* (cx) {
          const value = yield* cx.foreign(() => Promise.resolve({ theirs: true }));
          try {
            yield* cx.foreign(() => Promise.reject(error));
          } catch (caught) {
            return [value, caught];
          }
          return undefined;
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: [{ theirs: true }, error] });
      expect(runtime.counters().hostOps).toBe(0);
    });
  });

  test("a start that throws is a promise that is rejected", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("at once");
      const outcome = await runtime.run(
        body(function* (cx) {
          yield* cx.foreign(() => {
            throw error;
          });
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(error);
    });
  });

  test("a cancellation aborts the signal with an AbortError, and the task drains it", async () => {
    await withRuntime(async (runtime) => {
      const theirs = deferred<string>();
      const log: unknown[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          try {
            yield* cx.foreign((signal) => {
              signal.addEventListener("abort", () => log.push(signal.reason));
              return theirs.promise;
            });
          } finally {
            log.push("body woke");
          }
        }),
      );
      await idle(runtime);
      task.cancel("unmount");
      await idle(runtime);
      expect(log).toHaveLength(2);
      expect(log[0]).toMatchObject({ name: "AbortError", cause: { code: "CANCELLED" } });
      expect(log[1]).toBe("body woke");
      expect(task.outcome).toBeUndefined();
      expect(task.state).toBe("finalizing");
      theirs.resolve("late");
      expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
    });
  });

  test("nothing is started in a task that is cancelled already", async () => {
    await withRuntime(async (runtime) => {
      let starts = 0;
      const task = runtime.spawn(
        body(function* (cx) {
          try {
            yield* cx.sleep(60_000);
          } finally {
            yield* cx.foreign(() => {
              starts += 1;
              return Promise.resolve();
            });
          }
        }),
      );
      await idle(runtime);
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      expect(starts).toBe(0);
    });
  });

  test("a masked body's operation is not aborted", async () => {
    await withRuntime(async (runtime) => {
      const theirs = deferred<string>();
      let aborted: boolean | undefined;
      const task = runtime.spawn(
        body(function* (cx) {
          return yield* cx.mask(
            body(function* (inner) {
              return yield* inner.foreign(async (signal) => {
                const value = await theirs.promise;
                aborted = signal.aborted;
                return value;
              });
            }),
          );
        }),
      );
      await idle(runtime);
      task.cancel();
      await idle(runtime);
      theirs.resolve("whole");
      await task.join();
      expect(aborted).toBe(false);
    });
  });
});

test("an operation that nobody awaits is aborted when its task ends", async () => {
  await withRuntime(async (runtime) => {
    let reason: unknown;
    const task = runtime.spawn((cx) => {
      void cx.foreign(
        (signal) =>
          new Promise<void>((resolve) => {
            signal.addEventListener("abort", () => {
              reason = signal.reason;
              resolve();
            });
          }),
      );
      return "done";
    });
    expect(await task.join()).toEqual({ kind: "ok", value: "done" });
    expect(reason).toMatchObject({ cause: { cancel: { kind: "linked-exit" } } });
  });
});

test("a failure that nobody awaits is told once", async () => {
  const error = new Error("unheard");
  const { failures } = await withRuntime(async (runtime) => {
    await runtime.run(
      async function forgetful(cx) {
        void cx.foreign(() => Promise.reject(error));
        await cx.sleep(1);
        await cx.foreign(hostTurn);
        await cx.foreign(hostTurn);
      },
      { label: "forgetful" },
    );
  });
  expect(failures).toMatchObject([{ kind: "operation", label: "forgetful", error }]);
});

test("an operation that is cancelled while nobody awaits it is no failure", async () => {
  const { failures } = await withRuntime(async (runtime) => {
    const task = runtime.spawn(async (cx) => {
      void cx.foreign(() => Promise.resolve().then(() => cx.label));
      void cx.sleep(60_000);
      await cx.sleep(60_000);
    });
    await idle(runtime);
    task.cancel();
    expect((await task.join()).kind).toBe("cancelled");
    await hostTurn();
  });
  expect(failures).toEqual([]);
});

test("a promise that does not settle is revoked after the drain time, and named", async () => {
  const { report } = await withRuntime(
    async (runtime) => {
      const task = runtime.spawn(async (cx) => {
        await cx.foreign(() => new Promise(() => undefined), { label: "deaf picker" });
      });
      await idle(runtime);
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      expect(runtime.counters()).toMatchObject({ hostOps: 0, hostOpsRevoked: 1 });
    },
    { drainTimeMs: 10, spawnSites: false },
  );
  expect(report.outcome).toBe("violations");
  expect(report.revoked).toEqual([
    { kind: "host-op", label: "deaf picker", spawnSite: undefined, state: "draining" },
  ]);
});

describe("cx.signal", () => {
  test("is one signal, aborts with an AbortError, and does not hold the task", async () => {
    await withRuntime(async (runtime) => {
      let signal: AbortSignal | undefined;
      const task = runtime.spawn(async (cx) => {
        signal = cx.signal;
        expect(cx.signal).toBe(signal);
        await cx.sleep(60_000);
      });
      await idle(runtime);
      expect(signal?.aborted).toBe(false);
      task.cancel({ message: "stop" });
      expect((await task.join()).kind).toBe("cancelled");
      expect(signal?.reason).toMatchObject({
        name: "AbortError",
        message: "cancelled: user: stop",
      });
      expect(signal?.reason.cause).toBeInstanceOf(CancelledError);
      expect(signal?.reason.cause).toMatchObject({ cancel: { message: "stop" } });
    });
  });

  test("asked for under a cancellation it is aborted already", async () => {
    await withRuntime(async (runtime) => {
      const seen: unknown[] = [];
      const task = runtime.spawn(async (cx) => {
        try {
          await cx.sleep(60_000);
        } finally {
          seen.push(cx.signal.aborted, cx.signal.reason.cause instanceof CancelledError);
        }
      });
      await idle(runtime);
      task.cancel();
      await task.join();
      expect(seen).toEqual([true, true]);
    });
  });

  test("ends silently with its task", async () => {
    await withRuntime(async (runtime) => {
      let signal: AbortSignal | undefined;
      const outcome = await runtime.run((cx) => {
        signal = cx.signal;
        return 1;
      });
      expect(outcome).toEqual({ kind: "ok", value: 1 });
      await idle(runtime);
      expect(signal?.aborted).toBe(false);
      expect(runtime.counters().hostOps).toBe(0);
    });
  });
});

test.each<[unknown, unknown]>([
  [undefined, undefined],
  [Promise.resolve(), undefined],
  [() => Promise.resolve(), 7],
  [() => Promise.resolve(), { label: 7 }],
])("arguments that are none are refused: %s, %s", async (start, options) => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      expect(thrown(() => cx.foreign(start as never, options as never))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    });
  });
});
