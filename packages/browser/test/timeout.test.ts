/** `cx.timeout` and `cx.mask`. */
import { expect, test } from "vitest";
import { TimeoutError } from "../src/index.js";
import { deferred, forBothKinds, idle, thrown, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("a body in time gives its value", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.timeout(
            60_000,
            body(function* (inner) {
              yield* inner.sleep(1);
              return "in time";
            }),
          );
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "in time" });
      expect(runtime.counters().timers).toBe(0);
    });
  });

  test("a late body is cancelled and drained, and then it is a TimeoutError", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          try {
            yield* cx.timeout(
              200,
              body(function* (inner) {
                inner.defer(async (cleanUp) => {
                  await cleanUp.sleep(5);
                  log.push("cleaned up");
                });
                yield* inner.sleep(60_000);
              }),
            );
          } catch (error) {
            log.push("thrown");
            return error;
          }
          return "no error";
        }),
      );
      expect(outcome.kind === "ok" && outcome.value).toBeInstanceOf(TimeoutError);
      expect(outcome).toMatchObject({
        value: { name: "TimeoutError", code: "TIMEOUT", cause: { cancel: { kind: "timeout" } } },
      });
      expect(log).toEqual(["cleaned up", "thrown"]);
    });
  });

  test("a body that fails by itself keeps its error", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("own");
      const outcome = await runtime.run(
        body(function* (cx) {
          yield* cx.timeout(60_000, () => {
            throw error;
          });
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(error);
    });
  });

  test.each([
    ["outer", 5, 60_000],
    ["inner", 60_000, 5],
  ])("of nested timeouts the smaller one wins: the %s", async (winner, outerMs, innerMs) => {
    await withRuntime(async (runtime) => {
      const fired: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          try {
            yield* cx.timeout(
              outerMs,
              body(function* (outer) {
                try {
                  yield* outer.timeout(
                    innerMs,
                    body(function* (inner) {
                      yield* inner.sleep(60_000);
                    }),
                  );
                } catch (error) {
                  if (error instanceof TimeoutError) fired.push("inner");
                  throw error;
                }
              }),
            );
          } catch (error) {
            if (error instanceof TimeoutError && fired.length === 0) fired.push("outer");
          }
        }),
      );
      expect(outcome.kind).toBe("ok");
      expect(fired).toEqual([winner]);
    });
  });

  test("cx.deadline is the nearest limit around", async () => {
    await withRuntime(async (runtime) => {
      const seen: (number | undefined)[] = [];
      await runtime.run(
        body(function* (cx) {
          seen.push(cx.deadline);
          yield* cx.timeout(
            1_000,
            body(function* (inner) {
              seen.push(inner.deadline);
              yield* inner.timeout(60_000, (innermost) => void seen.push(innermost.deadline));
            }),
          );
        }),
      );
      expect(seen[0]).toBeUndefined();
      expect(seen[1]).toBeGreaterThan(0);
      expect(seen[2]).toBe(seen[1]);
    });
  });

  test("timeout(0) is over before a body that waits can give its value", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.timeout(
            0,
            body(function* (inner) {
              yield* inner.sleep(0);
              yield* inner.sleep(1);
              return "late";
            }),
          );
        }),
      );
      expect(outcome).toMatchObject({ kind: "err", error: { code: "TIMEOUT" } });
    });
  });

  test("a cancelled task's timeout fails with its cancellation, not with a TimeoutError", async () => {
    await withRuntime(async (runtime) => {
      const task = runtime.spawn(
        body(function* (cx) {
          yield* cx.timeout(
            60_000,
            body(function* (inner) {
              yield* inner.sleep(60_000);
            }),
          );
        }),
      );
      await idle(runtime);
      task.cancel("unmount");
      expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
    });
  });

  test("a masked body is not reached by a cancellation, which the next wait notices", async () => {
    await withRuntime(async (runtime) => {
      const log: unknown[] = [];
      const gate = deferred();
      const task = runtime.spawn(
        body(function* (cx) {
          const saved = yield* cx.mask(
            body(function* (inner) {
              yield* inner.foreign(() => gate.promise);
              log.push(inner.cancelled);
              return "saved";
            }),
          );
          log.push(saved);
          yield* cx.checkpoint();
          log.push("not reached");
        }),
      );
      await idle(runtime);
      task.cancel();
      await idle(runtime);
      gate.resolve();
      expect((await task.join()).kind).toBe("cancelled");
      expect(log).toEqual([undefined, "saved"]);
    });
  });
});

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 8.65e15, "5", null, undefined, 5n])(
  "a duration that is none is refused: %s",
  async (ms) => {
    await withRuntime(async (runtime) => {
      await runtime.run((cx) => {
        for (const call of [
          () => cx.timeout(ms as number, () => 1),
          () => cx.sleep(ms as number),
        ]) {
          expect(thrown(call)).toMatchObject({ code: "INVALID_NUMBER" });
        }
      });
      expect(runtime.counters()).toMatchObject({ scopes: 1, timers: 0 });
    });
  },
);
