/** `cx.supervise`: a body that fails starts again, unless failures come too often. */
import { expect, test } from "vitest";
import { AsupersyncError, type Cx, type Restart } from "../src/index.js";
import { type BodyKind, deferred, forBothKinds, idle, thrown, withRuntime } from "./support.js";

const AT_ONCE = { pauseMs: 0 };

/** A body that fails `failures` times, then gives how often it ran. */
function failing(body: BodyKind, failures: number, errors: Error[] = []) {
  let runs = 0;
  return body(function* (cx) {
    yield* cx.checkpoint();
    runs += 1;
    if (runs > failures) return runs;
    const error = new Error(`run ${runs}`);
    errors.push(error);
    throw error;
  });
}

forBothKinds((body) => {
  test("starts a body again when it has failed and drained, and gives its value at last", async () => {
    const { failures, report } = await withRuntime(async (runtime) => {
      const log: string[] = [];
      const restarts: Restart[] = [];
      let runs = 0;
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.supervise(
            body(function* (inner) {
              runs += 1;
              log.push(`run ${runs}`);
              inner.defer(async (cleanUp) => {
                await cleanUp.sleep(2);
                log.push("drained");
              });
              yield* inner.checkpoint();
              if (runs < 3) throw runs;
              return "value";
            }),
            { restart: AT_ONCE, onRestart: (restart) => restarts.push(restart) },
          );
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "value" });
      expect(log).toEqual(["run 1", "drained", "run 2", "drained", "run 3", "drained"]);
      expect(restarts).toEqual([
        { error: 1, restarts: 1, pauseMs: 0 },
        { error: 2, restarts: 2, pauseMs: 0 },
      ]);
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, timers: 0 });
    });
    expect(failures).toEqual([]);
    expect(report.outcome).toBe("clean");
  });

  test.each([0, 1, 3])("gives up at one failure more than %i in the time", async (maxRestarts) => {
    const { failures } = await withRuntime(async (runtime) => {
      const errors: Error[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.supervise(failing(body, 9, errors), {
            restart: AT_ONCE,
            maxRestarts,
            withinMs: 60_000,
          });
        }),
      );
      expect(errors).toHaveLength(maxRestarts + 1);
      expect(outcome).toMatchObject({
        kind: "err",
        error: {
          code: "SUPERVISION_FAILED",
          received: `one failure more than ${maxRestarts} in 60000 ms`,
          expected: "failures no more often than it may restart",
        },
      });
      if (outcome.kind !== "err") return;
      expect(outcome.error).toBeInstanceOf(AsupersyncError);
      expect((outcome.error as Error).cause).toBe(errors.at(-1));
      expect(outcome.suppressed ?? []).toEqual(errors.slice(0, -1));
    });
    expect(failures).toEqual([]);
  });

  test("failures that are long past do not count", async () => {
    await withRuntime(async (runtime) => {
      const restarts: number[] = [];
      let runs = 0;
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.supervise(
            body(function* (inner) {
              runs += 1;
              yield* inner.sleep(5);
              if (runs < 6) throw runs;
              return runs;
            }),
            {
              restart: AT_ONCE,
              maxRestarts: 1,
              withinMs: 1,
              onRestart: (restart) => restarts.push(restart.restarts),
            },
          );
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: 6 });
      expect(restarts).toEqual([1, 1, 1, 1, 1]);
    });
  });

  test("a run that panicked counts as failed", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const broken = new Error("cannot close");
      const told: unknown[] = [];
      let runs = 0;
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.supervise(
            body(function* (inner) {
              runs += 1;
              if (runs > 1) return runs;
              inner.defer(() => {
                throw broken;
              });
              return yield* inner.checkpoint();
            }),
            { restart: AT_ONCE, onRestart: ({ error }) => told.push(error) },
          );
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: 2 });
      expect(told).toMatchObject([{ code: "PANICKED", cause: broken }]);
    });
    expect(failures).toEqual([]);
  });

  test("of several, the one that failed starts again and the others go on", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.supervise(
            [
              failing(body, 2),
              body(function* (inner) {
                log.push("steady");
                yield* inner.sleep(10);
                return "steady";
              }),
            ],
            { restart: AT_ONCE },
          );
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: [3, "steady"] });
      expect(log).toEqual(["steady"]);
    });
  });

  test("of several, all failures count together, and giving up drains the others", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          try {
            return yield* cx.supervise(
              [
                failing(body, 2),
                failing(body, 2),
                body(function* (inner) {
                  try {
                    yield* inner.sleep(60_000);
                  } finally {
                    log.push("drained");
                  }
                }),
              ],
              { restart: AT_ONCE, maxRestarts: 3, withinMs: 60_000 },
            );
          } finally {
            log.push("settled");
          }
        }),
      );
      expect(outcome).toMatchObject({ kind: "err", error: { code: "SUPERVISION_FAILED" } });
      expect(outcome.kind === "err" && outcome.suppressed).toHaveLength(3);
      expect(log).toEqual(["drained", "settled"]);
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, timers: 0 });
    });
    expect(failures).toEqual([]);
  });

  test("of none the values are none", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.supervise([]);
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: [] });
    });
  });

  test("cancelled in a run, that drains and nothing starts again", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          yield* cx.supervise(
            body(function* (inner) {
              log.push("run");
              try {
                yield* inner.sleep(60_000);
              } finally {
                log.push("drained");
                // biome-ignore lint/correctness/noUnsafeFinally: a body may do that.
                throw new Error("in clean-up");
              }
            }),
            { restart: AT_ONCE },
          );
        }),
      );
      await idle(runtime);
      task.cancel("navigation");
      expect(await task.join()).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "navigation" },
      });
      expect(log).toEqual(["run", "drained"]);
    });
  });

  test("cancelled in a pause, that ends at once", async () => {
    await withRuntime(async (runtime) => {
      const pausing = deferred();
      let runs = 0;
      const task = runtime.spawn(
        body(function* (cx) {
          yield* cx.supervise(
            () => {
              runs += 1;
              throw runs;
            },
            {
              restart: { pauseMs: 60_000, pauseMaxMs: 60_000, jitter: "none" },
              onRestart: () => pausing.resolve(),
            },
          );
        }),
      );
      await pausing.promise;
      await idle(runtime);
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      expect(runs).toBe(1);
      expect(runtime.counters().timers).toBe(0);
    });
  });

  test("a value that a run gave meanwhile is not lost", async () => {
    await withRuntime(async (runtime) => {
      let value: unknown;
      const task = runtime.spawn(
        body(function* (cx) {
          value = yield* cx.supervise([
            () => "at once",
            body(function* (inner) {
              yield* inner.checkpoint();
              task.cancel();
              return "just in time";
            }),
          ]);
          yield* cx.checkpoint();
        }),
      );
      expect((await task.join()).kind).toBe("cancelled");
      expect(value).toEqual(["at once", "just in time"]);
    });
  });

  test("nested, giving up is a failure of the one above, which starts it all again", async () => {
    await withRuntime(async (runtime) => {
      const flaky = failing(body, 3);
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.supervise(
            (outer: Cx) =>
              body(function* (inner) {
                return yield* inner.supervise(flaky, { restart: AT_ONCE, maxRestarts: 1 });
              })(outer),
            { restart: AT_ONCE },
          );
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: 4 });
    });
  });

  test("what onRestart throws is the failure", async () => {
    await withRuntime(async (runtime) => {
      const broken = new Error("onRestart");
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.supervise(failing(body, 1), {
            onRestart: () => {
              throw broken;
            },
          });
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(broken);
    });
  });
});

test("hostile options are refused before anything begins", async () => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      const none = () => undefined;
      for (const options of [
        7,
        null,
        { restarts: 1 },
        { restart: 7 },
        { restart: { attempts: 3 } },
        { onRestart: 7 },
      ]) {
        const call = () => cx.supervise(none, options as never);
        expect(thrown(call)).toMatchObject({ code: "INVALID_ARGUMENT" });
      }
      for (const options of [
        { maxRestarts: -1 },
        { maxRestarts: 1.5 },
        { maxRestarts: 10_001 },
        { withinMs: Number.NaN },
        { withinMs: -1 },
        { restart: { pauseMs: -1 } },
      ]) {
        const call = () => cx.supervise(none, options as never);
        expect(thrown(call)).toMatchObject({ code: "INVALID_NUMBER" });
      }
      for (const bodies of [7, undefined, [7]]) {
        const call = () => cx.supervise(bodies as never);
        expect(thrown(call)).toMatchObject({ code: "INVALID_ARGUMENT" });
      }
    });
    expect(runtime.counters().scopes).toBe(1);
  });
});
