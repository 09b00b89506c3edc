/** `cx.callback` and `onCancel`: work that takes no signal is stopped, once, and what it gives late is swallowed. */
import { describe, expect, test } from "vitest";
import { CancelledError } from "../../src/index.js";
import { deferred, forBothKinds, idle, thrown, withRuntime } from "../support.js";
import { expectNothingLive } from "./support.js";

forBothKinds((body) => {
  describe("cx.callback", () => {
    test("gives the first result, takes the callback away, and swallows what comes later", async () => {
      await withRuntime(async (runtime) => {
        const log: string[] = [];
        let resolve: (value: string) => void = () => undefined;
        let reject: (error: unknown) => void = () => undefined;
        const run = runtime.run(
          body(function* (cx) {
            return yield* cx.callback<string>((onValue, onError) => {
              resolve = onValue;
              reject = onError;
              return () => log.push("taken away");
            });
          }),
        );
        await idle(runtime);
        resolve("first");
        expect(log).toEqual(["taken away"]);
        resolve("second");
        reject(new Error("third"));
        expect(await run).toEqual({ kind: "ok", value: "first" });
        expect(log).toEqual(["taken away"]);
        expectNothingLive(runtime);
      });
    });

    test("a result before start has returned is cleaned up after as well", async () => {
      await withRuntime(async (runtime) => {
        const log: string[] = [];
        const error = new Error("at once");
        const outcome = await runtime.run(
          body(function* (cx) {
            const value = yield* cx.callback<number>((resolve) => {
              resolve(7);
              return () => log.push("value");
            });
            try {
              yield* cx.callback((_, reject) => {
                reject(error);
                return () => log.push("error");
              });
            } catch (caught) {
              return [value, caught];
            }
            return undefined;
          }),
        );
        expect(outcome).toEqual({ kind: "ok", value: [7, error] });
        expect(log).toEqual(["value", "error"]);
      });
    });

    test("a start that throws fails it, unless it had a result by then", async () => {
      await withRuntime(async (runtime) => {
        const error = new Error("start");
        const outcome = await runtime.run(
          body(function* (cx) {
            const value = yield* cx.callback((resolve) => {
              resolve("kept");
              throw error;
            });
            try {
              yield* cx.callback(() => {
                throw error;
              });
            } catch (caught) {
              return [value, caught];
            }
            return undefined;
          }),
        );
        expect(outcome).toEqual({ kind: "ok", value: ["kept", error] });
      });
    });

    test("a cancelled task waits for the clean-up alone, and the late result is swallowed", async () => {
      const { failures } = await withRuntime(async (runtime) => {
        const log: string[] = [];
        let resolve: (value: string) => void = () => undefined;
        const task = runtime.spawn(
          body(function* (cx) {
            try {
              return yield* cx.callback<string>((onValue) => {
                resolve = onValue;
                return () => log.push("taken away");
              });
            } catch (error) {
              log.push(error instanceof CancelledError ? "cancelled" : "failed");
              throw error;
            }
          }),
        );
        await idle(runtime);
        task.cancel();
        expect((await task.join()).kind).toBe("cancelled");
        resolve("late");
        expect([...log].sort()).toEqual(["cancelled", "taken away"]);
        expectNothingLive(runtime);
      });
      expect(failures).toEqual([]);
    });

    test("a clean-up that gives a promise is waited for", async () => {
      await withRuntime(async (runtime) => {
        const gate = deferred();
        const task = runtime.spawn(
          body(function* (cx) {
            yield* cx.callback(() => () => gate.promise);
          }),
        );
        await idle(runtime);
        task.cancel();
        await idle(runtime);
        expect(task.state).toBe("finalizing");
        gate.resolve();
        expect((await task.join()).kind).toBe("cancelled");
        expectNothingLive(runtime);
      });
    });

    test("nothing is started in a task that is cancelled", async () => {
      await withRuntime(async (runtime) => {
        let starts = 0;
        const task = runtime.spawn(
          body(function* (cx) {
            try {
              yield* cx.sleep(60_000);
            } finally {
              yield* cx.callback(() => {
                starts += 1;
                return undefined;
              });
            }
          }),
        );
        await idle(runtime);
        task.cancel();
        await task.join();
        expect(starts).toBe(0);
      });
    });
  });

  describe("onCancel of cx.foreign", () => {
    test("is called once with the reason, and the promise is waited for", async () => {
      await withRuntime(async (runtime) => {
        const theirs = deferred<string>();
        const reasons: unknown[] = [];
        const task = runtime.spawn(
          body(function* (cx) {
            yield* cx.foreign(() => theirs.promise, { onCancel: (why) => void reasons.push(why) });
          }),
        );
        await idle(runtime);
        task.cancel({ kind: "unmount", message: "gone" });
        await idle(runtime);
        task.cancel("timeout");
        await idle(runtime);
        expect(reasons).toMatchObject([{ kind: "unmount", message: "gone" }]);
        expect(task.outcome).toBeUndefined();
        theirs.resolve("late");
        expect((await task.join()).kind).toBe("cancelled");
        expectNothingLive(runtime);
      });
    });

    test("is not called for work that has settled", async () => {
      await withRuntime(async (runtime) => {
        let calls = 0;
        const task = runtime.spawn(
          body(function* (cx) {
            const onCancel = (): void => {
              calls += 1;
            };
            yield* cx.foreign(() => Promise.resolve(), { onCancel });
            yield* cx.sleep(60_000);
          }),
        );
        await idle(runtime);
        task.cancel();
        await task.join();
        expect(calls).toBe(0);
      });
    });

    test("what it begins is waited for, also when the promise settles first", async () => {
      await withRuntime(async (runtime) => {
        const theirs = deferred<string>();
        const stopping = deferred();
        const task = runtime.spawn(
          body(function* (cx) {
            yield* cx.foreign(() => theirs.promise, { onCancel: () => stopping.promise });
          }),
        );
        await idle(runtime);
        task.cancel();
        await idle(runtime);
        theirs.reject(new Error("stopped"));
        await idle(runtime);
        expect(task.outcome).toBeUndefined();
        stopping.resolve();
        expect((await task.join()).kind).toBe("cancelled");
      });
    });
  });
});

test("a clean-up or an onCancel that fails is told once, and stops nothing", async () => {
  const errors = [1, 2, 3, 4].map((index) => new Error(`clean-up ${index}`));
  const fail = (index: number) => (): never => {
    throw errors[index];
  };
  const { failures, report } = await withRuntime(async (runtime) => {
    const task = runtime.spawn(
      async (cx) => {
        await cx.callback((resolve) => {
          resolve(undefined);
          return fail(0);
        });
        void cx.callback(() => async () => fail(1)());
        const theirs = deferred();
        void cx.foreign(() => theirs.promise, { onCancel: fail(2) });
        await cx.foreign(() => theirs.promise, {
          onCancel: async () => {
            theirs.resolve();
            fail(3)();
          },
        });
      },
      { label: "untidy" },
    );
    await idle(runtime);
    task.cancel();
    expect((await task.join()).kind).toBe("cancelled");
    expectNothingLive(runtime);
  });
  const told = failures.map(({ kind, label, error }) => `${kind} of ${label}: ${error}`);
  expect(told.sort()).toEqual(errors.map((error) => `clean-up of untidy: ${error}`));
  expect(report.revoked).toEqual([]);
});

test("an operation that nobody awaits is cleaned up when its task ends", async () => {
  await withRuntime(async (runtime) => {
    const log: string[] = [];
    const outcome = await runtime.run((cx) => {
      void cx.callback(() => () => log.push("taken away"));
      return "done";
    });
    expect(outcome).toEqual({ kind: "ok", value: "done" });
    expect(log).toEqual(["taken away"]);
    expectNothingLive(runtime);
  });
});

test.each<[unknown, unknown]>([
  [undefined, undefined],
  [Promise.resolve(), undefined],
  [() => undefined, 7],
  [() => undefined, { label: 7 }],
  [() => undefined, { onCancel: () => undefined }],
])("arguments that are none are refused: %s, %s", async (start, options) => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      expect(thrown(() => cx.callback(start as never, options as never))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    });
  });
});
