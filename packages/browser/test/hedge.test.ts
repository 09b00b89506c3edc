/** `cx.hedge`: further attempts beside a slow one; the first value decides and the rest is drained. */
import { expect, test } from "vitest";
import type { Cx } from "../src/index.js";
import { type BodyKind, deferred, forBothKinds, idle, thrown, withRuntime } from "./support.js";

type Plan = readonly (readonly [takesMs: number, result: unknown])[];

/** An attempt that takes its time, and then throws its result if that is an error, or else gives it. */
function planned(body: BodyKind, plan: Plan, log: string[]) {
  return (cx: Cx, attempt: number) =>
    body(function* (inner) {
      const [takesMs, result] = plan[attempt - 1] as Plan[number];
      log.push(`${attempt} began`);
      try {
        yield* inner.sleep(takesMs);
      } catch (error) {
        log.push(`${attempt} cancelled`);
        throw error;
      }
      if (result instanceof Error) throw result;
      return result;
    })(cx);
}

forBothKinds((body) => {
  test("one that is fast is one attempt", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.hedge(planned(body, [[1, "first"]], log), { afterMs: 60_000 });
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "first" });
      expect(log).toEqual(["1 began"]);
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, timers: 0 });
    });
  });

  test("a slow first attempt is overtaken, and drained before it settles", async () => {
    const { failures, report } = await withRuntime(async (runtime) => {
      const log: string[] = [];
      const slow = planned(
        body,
        [
          [60_000, "first"],
          [1, "second"],
        ],
        log,
      );
      const outcome = await runtime.run(
        body(function* (cx) {
          const value = yield* cx.hedge(
            (inner, attempt) => {
              inner.defer(async (cleanUp) => {
                await cleanUp.sleep(2);
                log.push(`${attempt} cleaned up`);
              });
              return slow(inner, attempt);
            },
            { afterMs: 1 },
          );
          log.push("settled");
          return value;
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "second" });
      expect(log).toEqual([
        "1 began",
        "2 began",
        "2 cleaned up",
        "1 cancelled",
        "1 cleaned up",
        "settled",
      ]);
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, timers: 0 });
    });
    expect(failures).toEqual([]);
    expect(report.outcome).toBe("clean");
  });

  test("a slow first attempt may still win", async () => {
    await withRuntime(async (runtime) => {
      const gate = deferred<string>();
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.hedge(
            (inner, attempt) =>
              body(function* (own) {
                log.push(`${attempt} began`);
                if (attempt === 1) return yield* own.foreign(() => gate.promise);
                gate.resolve("first");
                yield* own.sleep(60_000);
                return "second";
              })(inner),
            { afterMs: 0 },
          );
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "first" });
      expect(log).toEqual(["1 began", "2 began"]);
    });
  });

  test("when the latest attempt fails the next begins at once", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const plan = [
        [1, new Error("one")],
        [1, new Error("two")],
        [1, "third"],
      ] as const;
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.hedge(planned(body, plan, log), { afterMs: 60_000, attempts: 3 });
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "third" });
      expect(log).toEqual(["1 began", "2 began", "3 began"]);
      expect(runtime.counters().timers).toBe(0);
    });
  });

  test("when all fail it is what the first one threw, the others suppressed", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const errors = [new Error("one"), new Error("two"), new Error("three")];
      const plan: Plan = [
        [20, errors[0]],
        [1, errors[1]],
        [1, errors[2]],
      ];
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.hedge(planned(body, plan, []), { afterMs: 1, attempts: 3 });
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(errors[0]);
      expect(outcome).toMatchObject({ suppressed: [errors[1], errors[2]] });
    });
    expect(failures).toEqual([]);
  });

  test("thrown values keep their identity, whatever they are", async () => {
    await withRuntime(async (runtime) => {
      for (const value of [undefined, null, 0, "text"]) {
        const outcome = await runtime.run(
          body(function* (cx) {
            return yield* cx.hedge(
              () => {
                throw value;
              },
              { afterMs: 0, attempts: 3 },
            );
          }),
        );
        expect(outcome).toEqual({ kind: "err", error: value });
      }
    });
  });

  test("cancelled while it waits to begin the next, that never begins", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          const slow = planned(
            body,
            [
              [60_000, 1],
              [0, 2],
            ],
            log,
          );
          return yield* cx.hedge(slow, { afterMs: 60_000 });
        }),
      );
      await idle(runtime);
      task.cancel("navigation");
      expect(await task.join()).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "navigation" },
      });
      expect(log).toEqual(["1 began", "1 cancelled"]);
      expect(runtime.counters()).toMatchObject({ scopes: 1, timers: 0 });
    });
  });

  test("cancelled with all attempts under way, all drain", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const begun = deferred();
      const task = runtime.spawn(
        body(function* (cx) {
          const slow = planned(
            body,
            [
              [60_000, 1],
              [60_000, 2],
              [60_000, 3],
            ],
            log,
          );
          return yield* cx.hedge(
            (inner, attempt) => {
              if (attempt === 3) begun.resolve();
              return slow(inner, attempt);
            },
            { afterMs: 0, attempts: 3 },
          );
        }),
      );
      await begun.promise;
      await idle(runtime);
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      expect(log.slice(0, 3)).toEqual(["1 began", "2 began", "3 began"]);
      expect(log.slice(3).sort()).toEqual(["1 cancelled", "2 cancelled", "3 cancelled"]);
    });
  });

  test.each([1, 2, 3])(
    "a value of attempt %i is not lost because the task was cancelled meanwhile",
    async (decisive) => {
      await withRuntime(async (runtime) => {
        let value: unknown;
        const task = runtime.spawn(
          body(function* (cx) {
            value = yield* cx.hedge(
              (inner, attempt) =>
                body(function* (own) {
                  if (attempt === decisive) {
                    task.cancel();
                    return attempt;
                  }
                  return yield* own.sleep(60_000);
                })(inner),
              { afterMs: 0, attempts: 3 },
            );
            yield* cx.checkpoint();
          }),
        );
        expect((await task.join()).kind).toBe("cancelled");
        expect(value).toBe(decisive);
      });
    },
  );

  test("an attempt whose finalizer fails has given no value, and is told of when another one has", async () => {
    const broken = new Error("cannot close");
    const { failures } = await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.hedge(
            (inner, attempt) => {
              if (attempt > 1) return "second";
              inner.defer(() => {
                throw broken;
              });
              return "first";
            },
            { afterMs: 60_000 },
          );
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "second" });
    });
    expect(failures).toMatchObject([{ kind: "finalizer", error: broken }]);
  });
});

test("at most one attempt is only that", async () => {
  await withRuntime(async (runtime) => {
    const attempts: number[] = [];
    const outcome = await runtime.run((cx) =>
      cx.hedge(
        async (inner, attempt) => {
          attempts.push(attempt);
          await inner.sleep(2);
          throw "no";
        },
        { afterMs: 0, attempts: 1 },
      ),
    );
    expect(outcome).toEqual({ kind: "err", error: "no" });
    expect(attempts).toEqual([1]);
  });
});

test("hostile options are refused before anything begins", async () => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      const none = () => undefined;
      for (const options of [undefined, null, 7, { afterMs: 1, times: 2 }]) {
        const call = () => cx.hedge(none, options as never);
        expect(thrown(call)).toMatchObject({ code: "INVALID_ARGUMENT" });
      }
      for (const options of [
        {},
        { afterMs: Number.NaN },
        { afterMs: -1 },
        { afterMs: 1, attempts: 0 },
        { afterMs: 1, attempts: 101 },
        { afterMs: 1, attempts: 1.5 },
      ]) {
        const call = () => cx.hedge(none, options as never);
        expect(thrown(call)).toMatchObject({ code: "INVALID_NUMBER" });
      }
      const noBody = () => cx.hedge(7 as never, { afterMs: 1 });
      expect(thrown(noBody)).toMatchObject({ code: "INVALID_ARGUMENT" });
    });
    expect(runtime.counters().scopes).toBe(1);
  });
});
