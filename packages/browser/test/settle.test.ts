/** `cx.settle`: how every body ended, in order; none touches another. */
import { expect, test } from "vitest";
import type { Outcome } from "../src/index.js";
import { forBothKinds, idle, thrown, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("waits for all, and gives their outcomes in the order of the bodies", async () => {
    const { failures, report } = await withRuntime(async (runtime) => {
      const error = new Error("own");
      const broken = new Error("cannot close");
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          const outcomes = yield* cx.settle([
            body(function* (branch) {
              branch.defer(() => void log.push("finalizer"));
              yield* branch.sleep(10);
              return "slow";
            }),
            () => {
              throw error;
            },
            body(function* (branch) {
              branch.defer(() => {
                throw broken;
              });
            }),
            () => undefined,
          ]);
          log.push("settled");
          return outcomes;
        }),
      );
      expect(outcome).toMatchObject({
        kind: "ok",
        value: [
          { kind: "ok", value: "slow" },
          { kind: "err" },
          { kind: "panicked", panic: { error: broken } },
          { kind: "ok", value: undefined },
        ],
      });
      const [, failed] = outcome.kind === "ok" ? (outcome.value as Outcome<unknown>[]) : [];
      expect(failed?.kind === "err" && failed.error).toBe(error);
      expect(log).toEqual(["finalizer", "settled"]);
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, timers: 0 });
    });
    expect(failures).toEqual([]);
    expect(report.outcome).toBe("clean");
  });

  test("of nothing it is nothing", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.settle([]);
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: [] });
    });
  });

  test("a body's own failures stand beside its first", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.settle([
            body(function* (branch) {
              yield* branch.scope(
                body(function* (inner) {
                  for (const error of [1, 2]) {
                    inner.spawn(() => {
                      throw error;
                    });
                  }
                  yield* inner.checkpoint();
                }),
                { policy: "collect-all" },
              );
            }),
          ]);
        }),
      );
      expect(outcome).toMatchObject({
        kind: "ok",
        value: [{ kind: "err", error: 1, suppressed: [2] }],
      });
    });
  });

  test("a cancellation shows in the outcomes, where no value is lost, and in the next wait", async () => {
    await withRuntime(async (runtime) => {
      let outcomes: readonly Outcome<unknown>[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          outcomes = yield* cx.settle([
            () => "early",
            body(function* (branch) {
              try {
                yield* branch.sleep(60_000);
              } finally {
                yield* branch.mask(() => undefined);
              }
            }),
          ]);
          yield* cx.checkpoint();
        }),
      );
      await idle(runtime);
      task.cancel("unmount");
      expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
      expect(outcomes).toMatchObject([
        { kind: "ok", value: "early" },
        { kind: "cancelled", cancel: { kind: "parent-cancelled" } },
      ]);
    });
  });

  test("in a task that was cancelled before, nothing starts and it fails", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          task.cancel();
          yield* cx.settle([() => log.push("started")]);
          log.push("settled");
        }),
      );
      expect((await task.join()).kind).toBe("cancelled");
      expect(log).toEqual([]);
    });
  });
});

test("what is no array of bodies is refused", async () => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      for (const call of [
        () => cx.settle(7 as never),
        () => cx.settle([7] as never),
        () => cx.settle([], { lable: "x" } as never),
      ]) {
        expect(thrown(call)).toMatchObject({ code: "INVALID_ARGUMENT" });
      }
    });
    expect(runtime.counters().scopes).toBe(1);
  });
});
