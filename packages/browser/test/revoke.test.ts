/** Bodies that ignore cancellation: closing goes on, and what did not answer is named. */
import { expect, test } from "vitest";
import type { CancelledError, Cx } from "../src/index.js";
import { deferred, forBothKinds, hostTurn, idle, thrown, withRuntime } from "./support.js";

const DRAIN = { drainTimeMs: 20 };

test("a body that awaits something of its own is revoked and named; nothing it does later counts", async () => {
  const forever = deferred();
  let kept: Cx | undefined;
  const { report } = await withRuntime(
    async (runtime) => {
      runtime.spawn(
        async (cx) => {
          kept = cx;
          await forever.promise;
          return "too late";
        },
        { label: "stubborn" },
      );
      await idle(runtime);
    },
    { ...DRAIN, spawnSites: true },
  );
  expect(report.outcome).toBe("violations");
  expect(report.cancelled).toBe(1);
  expect(report.revoked).toMatchObject([
    { kind: "task", label: "stubborn", state: "cancel-requested" },
  ]);
  expect(report.revoked[0]?.spawnSite).toContain("revoke.test");
  expect(thrown(() => kept?.sleep(1))).toMatchObject({ code: "CX_ENDED" });
  forever.resolve();
  await hostTurn();
});

test("a revoked body's finalizers and children are taken care of all the same", async () => {
  const log: string[] = [];
  const { report } = await withRuntime(
    async (runtime) => {
      const scope = runtime.openScope();
      scope.defer(() => void log.push("scope finalizer"));
      const task = scope.spawn(async (cx) => {
        cx.defer(async (cleanUp) => {
          await cleanUp.sleep(1);
          log.push("task finalizer");
        });
        cx.spawn(async (child) => {
          try {
            await child.sleep(60_000);
          } finally {
            log.push("child");
          }
        });
        await new Promise(() => undefined);
      });
      await idle(runtime);
      task.cancel("unmount");
      expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
      expect((await scope.close()).kind).toBe("ok");
    },
    // Time for the finalizers, on the slowest machine.
    { drainTimeMs: 500 },
  );
  expect(log).toEqual(["child", "task finalizer", "scope finalizer"]);
  expect(report.revoked).toHaveLength(1);
});

test("a finalizer that does not end is revoked, and the others run", async () => {
  const log: string[] = [];
  const { report } = await withRuntime(async (runtime) => {
    const task = runtime.spawn((cx) => {
      cx.defer(() => void log.push("first registered"));
      cx.defer(() => new Promise(() => undefined));
    });
    expect((await task.join()).kind).toBe("panicked");
  }, DRAIN);
  expect(log).toEqual(["first registered"]);
  expect(report.revoked).toMatchObject([{ kind: "task", state: "finalizing" }]);
});

forBothKinds((body) => {
  test("a loop that swallows cancellation uses up its clean-up, is revoked, and freezes nothing", async () => {
    const { report } = await withRuntime(async (runtime) => {
      let rounds = 0;
      let bystander = 0;
      const greedy = runtime.spawn(
        body(function* (cx) {
          for (;;) {
            rounds += 1;
            try {
              yield* cx.sleep(60_000);
            } catch {
              // Swallowed on purpose.
            }
          }
        }),
        { label: "swallower" },
      );
      const other = runtime.spawn(
        body(function* (cx) {
          for (let turn = 0; turn < 50; turn += 1) {
            yield* cx.checkpoint();
            bystander += 1;
          }
        }),
      );
      await idle(runtime);
      greedy.cancel();
      expect((await greedy.join()).kind).toBe("cancelled");
      await other.join();
      expect(bystander).toBe(50);
      // The cleanup budget of a `user` cancellation is 1,000 polls.
      expect(rounds).toBeLessThan(1_100);
    });
    expect(report.revoked).toMatchObject([
      { kind: "task", label: "swallower", state: "cancelling" },
    ]);
  });
});

test("a runtime with a body that ignores everything still closes, twice with one report", async () => {
  const { report } = await withRuntime(async (runtime) => {
    runtime.spawn(async () => {
      await new Promise(() => undefined);
    });
    await idle(runtime);
    const closing = runtime.close();
    expect(runtime.close()).toBe(closing);
    expect(runtime.state).toBe("closing");
    await closing;
    expect(runtime.state).toBe("closed");
  }, DRAIN);
  expect(report.durationMs).toBeGreaterThanOrEqual(15);
});

test.each(["race", "any"] as const)(
  "what a revoked branch of cx.%s leaves behind is no winner",
  async (operation) => {
    const settled: unknown[] = [];
    await withRuntime(async (runtime) => {
      const task = runtime.spawn(async (cx) => {
        const stubborn = async (branch: Cx) => {
          branch.defer((cleanUp) => cleanUp.checkpoint());
          await new Promise(() => undefined);
        };
        await cx[operation]([stubborn]).then(
          (value) => settled.push(value),
          (error: CancelledError) => settled.push(error.cancel.kind),
        );
      });
      await idle(runtime);
      task.cancel("unmount");
      await task.join();
    }, DRAIN);
    expect(settled).toEqual(["unmount"]);
  },
);

test.each(["race", "any"] as const)(
  "a value that comes after a revoked branch of cx.%s has cleaned up is not lost",
  async (operation) => {
    const settled: unknown[] = [];
    await withRuntime(
      async (runtime) => {
        const cleanedUp = deferred();
        const task = runtime.spawn(async (cx) => {
          const stubborn = async (branch: Cx) => {
            branch.defer(() => cleanedUp.resolve());
            await new Promise(() => undefined);
          };
          const slow = (branch: Cx) => {
            // Its value is there at once, but counts when its clean-up is done: after the other's. Each
            // finalizer has a drain time of its own.
            branch.defer(async (cleanUp) => {
              await cleanedUp.promise;
              await cleanUp.sleep(1);
            });
            branch.defer((cleanUp) => cleanUp.sleep(100));
            return "value";
          };
          settled.push(await cx[operation]([stubborn, slow]));
        });
        await idle(runtime);
        task.cancel("unmount");
        await task.join();
      },
      { drainTimeMs: 200 },
    );
    expect(settled).toEqual(["value"]);
  },
);

test("a value that comes after a revoked branch of cx.race has failed to clean up wins all the same", async () => {
  const broken = new Error("cannot close");
  const settled: unknown[] = [];
  const { failures } = await withRuntime(
    async (runtime) => {
      const hasFailed = deferred();
      const task = runtime.spawn(async (cx) => {
        const stubborn = async (branch: Cx) => {
          branch.defer(() => {
            hasFailed.resolve();
            throw broken;
          });
          await new Promise(() => undefined);
        };
        const slow = (branch: Cx) => {
          // Its value counts when its clean-up is done: after the other's.
          branch.defer(async (cleanUp) => {
            await hasFailed.promise;
            await cleanUp.sleep(1);
          });
          branch.defer((cleanUp) => cleanUp.sleep(100));
          return "value";
        };
        settled.push(await cx.race([stubborn, slow]));
      });
      await idle(runtime);
      task.cancel("unmount");
      await task.join();
    },
    { drainTimeMs: 200 },
  );
  expect(settled).toEqual(["value"]);
  expect(failures).toMatchObject([{ kind: "finalizer", error: broken }]);
});

test("a finalizer that fails for a revoked branch of cx.any is told of", async () => {
  const broken = new Error("cannot close");
  const { failures } = await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.any([
        () => "value",
        async (branch) => {
          branch.defer(() => {
            throw broken;
          });
          await new Promise(() => undefined);
        },
      ]),
    );
    expect(outcome).toMatchObject({ kind: "ok", value: "value" });
  }, DRAIN);
  expect(failures).toMatchObject([{ kind: "finalizer", error: broken }]);
});
