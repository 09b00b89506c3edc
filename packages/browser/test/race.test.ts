/** `cx.race`: the first to end decides, and the losers are drained before it settles. */
import { expect, test } from "vitest";
import { forBothKinds, idle, thrown, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("gives the first value when the losers have been cancelled and drained", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          const value = yield* cx.race([
            body(function* (branch) {
              yield* branch.sleep(1);
              return "fast";
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
      expect(outcome).toEqual({ kind: "ok", value: "fast" });
      expect(log).toEqual(["loser's finally: race-lost", "loser's finalizer", "settled"]);
    });
  });

  test("the first failure decides as a value does, by the very error", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("no mirror");
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.race([
            body(function* (branch) {
              yield* branch.sleep(60_000);
            }),
            body(function* (branch) {
              yield* branch.checkpoint();
              throw error;
            }),
          ]);
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(error);
    });
  });

  test("a cancelled race fails with its task's cancellation once all branches have drained", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const branch = (name: string) =>
        body(function* (cx) {
          try {
            yield* cx.sleep(60_000);
          } finally {
            log.push(name);
          }
        });
      const task = runtime.spawn(
        body(function* (cx) {
          try {
            yield* cx.race([branch("a"), branch("b")]);
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
      expect(log).toEqual(["a", "b", "task"]);
    });
  });

  test("a winner's value is not lost because the task was cancelled meanwhile", async () => {
    await withRuntime(async (runtime) => {
      let won: unknown;
      const task = runtime.spawn(
        body(function* (cx) {
          won = yield* cx.race([
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
});

test("of branches that end in one turn the first in order wins", async () => {
  await withRuntime(async (runtime) => {
    expect(await runtime.run((cx) => cx.race([() => "a", () => "b", () => "c"]))).toEqual({
      kind: "ok",
      value: "a",
    });
  });
});

test("a branch whose last child ends in the turn before another returns has won", async () => {
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.race([
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

test("a loser that fails after the decision is told, for nobody can ask", async () => {
  const error = new Error("late");
  const { failures } = await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.race([
        () => "winner",
        function loser() {
          throw error;
        },
      ]),
    );
    expect(outcome).toEqual({ kind: "ok", value: "winner" });
  });
  expect(failures).toMatchObject([{ kind: "task", label: "loser", error }]);
});

test("a race of nothing is refused", async () => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      expect(thrown(() => cx.race([]))).toMatchObject({ code: "EMPTY_RACE" });
      expect(thrown(() => cx.race("ab" as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
      expect(thrown(() => cx.race([1] as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
    });
    expect(runtime.counters().scopes).toBe(1);
  });
});

test("1,000 races leave nothing behind", async () => {
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run(async (cx) => {
      let wins = 0;
      for (let count = 0; count < 1_000; count += 1) {
        wins += await cx.race([() => 1, (branch) => branch.sleep(60_000).then(() => 0)]);
      }
      return wins;
    });
    expect(outcome).toEqual({ kind: "ok", value: 1_000 });
    expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, hostOps: 0, timers: 0 });
  });
});
