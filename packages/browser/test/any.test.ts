/** `cx.any`: the first value decides, failures are passed over, and the losers are drained first. */
import { expect, expectTypeOf, test } from "vitest";
import { AllFailedError, AsupersyncError, type Runtime } from "../src/index.js";
import { forBothKinds, idle, thrown, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("passes over a failure, and gives the first value when the losers have drained", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          const value = yield* cx.any([
            body(function* (branch) {
              yield* branch.checkpoint();
              throw new Error("no mirror");
            }),
            body(function* (branch) {
              yield* branch.sleep(5);
              return "value";
            }),
            body(function* (branch) {
              branch.defer(async (cleanUp) => {
                await cleanUp.sleep(10);
                log.push("loser's finalizer");
              });
              try {
                yield* branch.sleep(60_000);
              } finally {
                log.push(`loser's finally: ${branch.cancelled?.cause?.kind}`);
              }
              return "slow";
            }),
          ]);
          log.push("settled");
          return value;
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "value" });
      expect(log).toEqual(["loser's finally: race-lost", "loser's finalizer", "settled"]);
    });
    expect(failures).toEqual([]);
  });

  test("of failures alone it fails with all of them, in the order of the bodies", async () => {
    await withRuntime(async (runtime) => {
      const slow = new Error("slow");
      const fast = new TypeError("fast");
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.any([
            body(function* (branch) {
              yield* branch.sleep(5);
              throw slow;
            }),
            () => {
              throw fast;
            },
            () => {
              throw undefined;
            },
          ]);
        }),
      );
      const error = (outcome.kind === "err" ? outcome.error : undefined) as AllFailedError;
      expect(error).toBeInstanceOf(AllFailedError);
      expect(error).toBeInstanceOf(AsupersyncError);
      expect(error).toMatchObject({
        name: "AllFailedError",
        code: "ALL_FAILED",
        expected: "a value of at least one body",
        received: "3 failures, the first Error: slow",
        mend: "see `errors`, in the order of the bodies",
      });
      expect(error.errors).toHaveLength(3);
      expect(error.errors[0]).toBe(slow);
      expect(error.errors[1]).toBe(fast);
      expect(error.errors[2]).toBe(undefined);
      expect(Object.isFrozen(error.errors)).toBe(true);
      // The failures are one: nothing stands beside it.
      expect(outcome).toEqual({ kind: "err", error });
    });
  });

  test("a body may catch that all failed, and go on", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          try {
            return yield* cx.any([
              () => {
                throw 1;
              },
            ]);
          } catch (error) {
            return (error as AllFailedError).errors;
          }
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: [1] });
    });
    expect(failures).toEqual([]);
  });

  test("cancelled, it fails with its task's cancellation once all have drained, failures or not", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const log: string[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          try {
            yield* cx.any([
              () => {
                throw new Error("before");
              },
              body(function* (branch) {
                try {
                  yield* branch.sleep(60_000);
                } finally {
                  log.push("branch");
                }
              }),
            ]);
          } finally {
            log.push("task");
          }
        }),
      );
      await idle(runtime);
      task.cancel("navigation");
      expect(await task.join()).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "navigation" },
      });
      expect(log).toEqual(["branch", "task"]);
    });
    expect(failures).toEqual([]);
  });

  test("a value is not lost because the task was cancelled meanwhile", async () => {
    await withRuntime(async (runtime) => {
      let won: unknown;
      const task = runtime.spawn(
        body(function* (cx) {
          won = yield* cx.any([
            body(function* (branch) {
              yield* branch.checkpoint();
              task.cancel();
              return "just in time";
            }),
          ]);
          yield* cx.checkpoint();
        }),
      );
      expect((await task.join()).kind).toBe("cancelled");
      expect(won).toBe("just in time");
    });
  });

  test("in a task that was cancelled before, no body starts", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          task.cancel("unmount");
          return yield* cx.any([() => log.push("started")]);
        }),
      );
      expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
      expect(log).toEqual([]);
    });
  });

  test("a body whose finalizer fails has given no value, and is told of when another one has", async () => {
    const broken = new Error("cannot close");
    const panicking = (runtime: Runtime) =>
      runtime.run(
        body(function* (cx) {
          return yield* cx.any([
            body(function* panics(branch) {
              branch.defer(() => {
                throw broken;
              });
              return "never";
            }),
            body(function* (branch) {
              yield* branch.sleep(5);
              return "value";
            }),
          ]);
        }),
      );
    const { failures } = await withRuntime(async (runtime) => {
      expect(await panicking(runtime)).toEqual({ kind: "ok", value: "value" });
    });
    expect(failures).toMatchObject([{ kind: "finalizer", error: broken }]);
  });

  test("failures of finalizers are among all failures", async () => {
    const broken = new Error("cannot close");
    const { failures } = await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.any([
            body(function* (branch) {
              branch.defer(() => {
                throw broken;
              });
            }),
          ]);
        }),
      );
      expect(outcome).toMatchObject({
        kind: "err",
        error: { code: "ALL_FAILED", errors: [{ code: "PANICKED", cause: broken }] },
      });
    });
    expect(failures).toEqual([]);
  });
});

test("of values that come in one turn the first in order wins", async () => {
  await withRuntime(async (runtime) => {
    const fail = () => {
      throw 1;
    };
    expect(await runtime.run((cx) => cx.any([fail, () => "b", fail, () => "d"]))).toEqual({
      kind: "ok",
      value: "b",
    });
  });
});

test("a branch whose last child ends in the turn before another returns has won", async () => {
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.any([
        (branch) => {
          // Started in the next turn, ahead of what comes after the checkpoint below.
          branch.spawn(() => undefined);
          return "ended with its child";
        },
        function* (branch) {
          yield* branch.checkpoint();
          return "returned later";
        },
      ]),
    );
    expect(outcome).toEqual({ kind: "ok", value: "ended with its child" });
  });
});

test("a loser that fails after the decision is passed over like one before it", async () => {
  const { failures } = await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.any([
        () => "winner",
        () => {
          throw new Error("late");
        },
      ]),
    );
    expect(outcome).toEqual({ kind: "ok", value: "winner" });
  });
  expect(failures).toEqual([]);
});

test("any of nothing is refused", async () => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      expect(thrown(() => cx.any([]))).toMatchObject({ code: "EMPTY_RACE" });
      expect(thrown(() => cx.any([1] as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
      expect(thrown(() => cx.any([() => 1], 7 as never))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    });
    expect(runtime.counters().scopes).toBe(1);
  });
});

test("its value has the type of any of the bodies, and its scope the label asked for", async () => {
  await withRuntime(async (runtime) => {
    const labels: unknown[] = [];
    await runtime.run(async (cx) => {
      const first = await cx.any([() => "text", async () => 2]);
      expectTypeOf(first).toEqualTypeOf<string | number>();
      for (const label of [undefined, "mirrors"]) {
        await cx.any(
          [
            async (branch) => {
              await branch.checkpoint();
              labels.push(JSON.stringify(runtime.snapshot()).includes(`"${label ?? "any"}"`));
            },
          ],
          label === undefined ? undefined : { label },
        );
      }
    });
    expect(labels).toEqual([true, true]);
  });
});

test("1,000 of them leave nothing behind", async () => {
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run(async (cx) => {
      let values = 0;
      for (let count = 0; count < 1_000; count += 1) {
        values += await cx.any([
          () => {
            throw count;
          },
          () => 1,
          (branch) => branch.sleep(60_000).then(() => 0),
        ]);
      }
      return values;
    });
    expect(outcome).toEqual({ kind: "ok", value: 1_000 });
    expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, hostOps: 0, timers: 0 });
  });
});
