/** `cx.retry`: attempts one after the other, each drained, with pauses between that can be cancelled. */
import { describe, expect, test } from "vitest";
import {
  CancelledError,
  type Cx,
  type Retry,
  type RetryOptions,
  TimeoutError,
} from "../src/index.js";
import { type BodyKind, deferred, forBothKinds, idle, thrown, withRuntime } from "./support.js";

const AT_ONCE: RetryOptions = { pauseMs: 0 };

/** A body that fails `failures` times, with errors that say which, and then gives the attempt's number. */
function failing(body: BodyKind, failures: number, errors: Error[] = []) {
  return (cx: Cx, attempt: number) =>
    body(function* (inner) {
      yield* inner.checkpoint();
      if (attempt > failures) return attempt;
      const error = new Error(`attempt ${attempt}`);
      errors.push(error);
      throw error;
    })(cx);
}

forBothKinds((body) => {
  test("tries until a value, and gives it", async () => {
    const { failures, report } = await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.retry(failing(body, 2), AT_ONCE);
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: 3 });
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, timers: 0 });
    });
    expect(failures).toEqual([]);
    expect(report.outcome).toBe("clean");
  });

  test("gives up with the very thing that the last attempt threw, the others suppressed", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const errors: Error[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.retry(failing(body, 9, errors), { ...AT_ONCE, attempts: 4 });
        }),
      );
      expect(errors).toHaveLength(4);
      expect(outcome).toMatchObject({ kind: "err" });
      if (outcome.kind !== "err") return;
      expect(outcome.error).toBe(errors[3]);
      expect(outcome.suppressed).toHaveLength(3);
      for (const index of [0, 1, 2]) expect(outcome.suppressed?.[index]).toBe(errors[index]);
    });
    expect(failures).toEqual([]);
  });

  test("thrown values keep their identity, whatever they are", async () => {
    await withRuntime(async (runtime) => {
      for (const value of [undefined, null, 0, "text", Symbol.iterator]) {
        const outcome = await runtime.run(
          body(function* (cx) {
            return yield* cx.retry(() => {
              throw value;
            }, AT_ONCE);
          }),
        );
        expect(outcome).toEqual({ kind: "err", error: value });
      }
    });
  });

  test("an attempt has drained before the next begins", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.retry(
            body(function* (inner) {
              log.push("attempt");
              inner.defer(async (cleanUp) => {
                await cleanUp.sleep(3);
                log.push("finalizer");
              });
              inner.spawn(
                body(function* (child) {
                  try {
                    yield* child.sleep(60_000);
                  } finally {
                    log.push("child");
                  }
                }),
              );
              yield* inner.sleep(1);
              throw new Error("no");
            }),
            { ...AT_ONCE, attempts: 2 },
          );
        }),
      );
      expect(outcome.kind).toBe("err");
      const once = ["attempt", "child", "finalizer"];
      expect(log).toEqual([...once, ...once]);
    });
  });

  test("a timeout inside is tried again, one outside ends it all", async () => {
    await withRuntime(async (runtime) => {
      let attempts = 0;
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.retry(
            body(function* (inner) {
              attempts += 1;
              if (attempts === 3) return "in time";
              return yield* inner.timeout(
                1,
                body(function* (slow) {
                  yield* slow.sleep(60_000);
                }),
              );
            }),
            AT_ONCE,
          );
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "in time" });
      const late = await runtime.run(
        body(function* (cx) {
          return yield* cx.timeout(
            5,
            body(function* (inner) {
              return yield* inner.retry(failing(body, 1e9), {
                pauseMs: 60_000,
                jitter: "none",
                pauseMaxMs: 60_000,
              });
            }),
          );
        }),
      );
      expect(late).toMatchObject({ kind: "err", error: { code: "TIMEOUT" } });
      expect(runtime.counters()).toMatchObject({ scopes: 1, timers: 0 });
    });
  });

  test("nested, the inner one fails an attempt of the outer one", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.retry(
            (outer, attempt) =>
              body(function* (inner) {
                return yield* inner.retry(
                  (_, count) => {
                    log.push(`${attempt}.${count}`);
                    throw new Error(`${attempt}.${count}`);
                  },
                  { ...AT_ONCE, attempts: 2 },
                );
              })(outer),
            { ...AT_ONCE, attempts: 2 },
          );
        }),
      );
      expect(log).toEqual(["1.1", "1.2", "2.1", "2.2"]);
      expect(outcome).toMatchObject({ kind: "err", error: { message: "2.2" } });
      const suppressed = outcome.kind === "err" ? (outcome.suppressed as Error[]) : [];
      expect(suppressed.map((error) => error.message)).toEqual(["2.1", "1.2"]);
    });
  });

  describe("cancelled", () => {
    test("before, no attempt begins", async () => {
      await withRuntime(async (runtime) => {
        const log: string[] = [];
        const task = runtime.spawn(
          body(function* (cx) {
            task.cancel("unmount");
            yield* cx.retry(() => void log.push("attempt"), AT_ONCE);
          }),
        );
        expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
        expect(log).toEqual([]);
      });
    });

    test("in an attempt, that drains, and no other begins", async () => {
      await withRuntime(async (runtime) => {
        const log: string[] = [];
        const task = runtime.spawn(
          body(function* (cx) {
            try {
              yield* cx.retry(
                body(function* (inner) {
                  log.push("attempt");
                  inner.defer(() => void log.push("finalizer"));
                  try {
                    yield* inner.sleep(60_000);
                  } finally {
                    log.push("finally");
                  }
                }),
                AT_ONCE,
              );
            } catch (error) {
              log.push(error instanceof CancelledError ? error.cancel.kind : "another error");
              throw error;
            }
          }),
        );
        await idle(runtime);
        task.cancel("unmount");
        expect((await task.join()).kind).toBe("cancelled");
        expect(log).toEqual(["attempt", "finally", "finalizer", "unmount"]);
      });
    });

    test("in a pause, that ends at once", async () => {
      await withRuntime(async (runtime) => {
        let attempts = 0;
        const pausing = deferred();
        const task = runtime.spawn(
          body(function* (cx) {
            yield* cx.retry(
              () => {
                attempts += 1;
                throw new Error("no");
              },
              {
                pauseMs: 60_000,
                jitter: "half",
                pauseMaxMs: 60_000,
                onRetry: () => pausing.resolve(),
              },
            );
          }),
        );
        await pausing.promise;
        await idle(runtime);
        expect(runtime.counters().timers).toBe(1);
        task.cancel();
        expect((await task.join()).kind).toBe("cancelled");
        expect(attempts).toBe(1);
        expect(runtime.counters()).toMatchObject({ timers: 0, scopes: 1 });
      });
    });

    test("in an attempt's clean-up after a failure, which goes on, no other begins", async () => {
      await withRuntime(async (runtime) => {
        const cleaning = deferred();
        const gate = deferred();
        const log: string[] = [];
        const task = runtime.spawn(
          body(function* (cx) {
            yield* cx.retry(
              body(function* (inner) {
                log.push("attempt");
                inner.defer(async (cleanUp) => {
                  cleaning.resolve();
                  await cleanUp.foreign(() => gate.promise);
                  log.push("cleaned");
                });
                yield* inner.checkpoint();
                throw new Error("no");
              }),
              AT_ONCE,
            );
          }),
        );
        await cleaning.promise;
        task.cancel();
        await idle(runtime);
        gate.resolve();
        expect((await task.join()).kind).toBe("cancelled");
        expect(log).toEqual(["attempt", "cleaned"]);
      });
    });

    test("a value that an attempt gave meanwhile is not lost", async () => {
      await withRuntime(async (runtime) => {
        let value: unknown;
        const task = runtime.spawn(
          body(function* (cx) {
            value = yield* cx.retry(
              body(function* (inner) {
                yield* inner.checkpoint();
                task.cancel();
                return "just in time";
              }),
            );
            yield* cx.checkpoint();
          }),
        );
        expect((await task.join()).kind).toBe("cancelled");
        expect(value).toBe("just in time");
      });
    });

    test("someone else's cancellation is not tried again, nor an AbortError", async () => {
      await withRuntime(async (runtime) => {
        const other = runtime.spawn((cx) => cx.sleep(60_000));
        other.cancel("navigation");
        const { cancel } = (await other.result().catch((error) => error)) as CancelledError;
        for (const [error, kind] of [
          [new CancelledError(cancel), "CancelledError"],
          [new DOMException("aborted", "AbortError"), "AbortError"],
        ] as const) {
          let attempts = 0;
          const outcome = await runtime.run(
            body(function* (cx) {
              return yield* cx.retry(() => {
                attempts += 1;
                throw error;
              }, AT_ONCE);
            }),
          );
          expect(outcome.kind === "err" && outcome.error, kind).toBe(error);
          expect(attempts).toBe(1);
        }
      });
    });
  });

  test("a panic is not tried again", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const broken = new Error("cannot close");
      let attempts = 0;
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.retry(
            body(function* (inner) {
              attempts += 1;
              inner.defer(() => {
                throw broken;
              });
            }),
            AT_ONCE,
          );
        }),
      );
      expect(outcome).toMatchObject({ kind: "err", error: { code: "PANICKED", cause: broken } });
      expect(attempts).toBe(1);
    });
    expect(failures).toEqual([]);
  });

  test("what is not worth another attempt is not tried again", async () => {
    await withRuntime(async (runtime) => {
      const asked: [unknown, number][] = [];
      const told: Retry[] = [];
      const errors: Error[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.retry(failing(body, 9, errors), {
            pauseMs: 0,
            jitter: "none",
            attempts: 9,
            retryIf: (error, attempt) => {
              asked.push([error, attempt]);
              // A cx of the caller may be used here, though an attempt's scope is open.
              return cx.random() < 1 && attempt < 3;
            },
            onRetry: (retry) => told.push(retry),
          });
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(errors[2]);
      expect(asked).toEqual([1, 2, 3].map((attempt) => [errors[attempt - 1], attempt]));
      expect(told).toEqual(
        [1, 2].map((attempt) => ({ error: errors[attempt - 1], attempt, pauseMs: 0 })),
      );
    });
  });

  test("what retryIf and onRetry throw is the failure, that of the attempt suppressed", async () => {
    await withRuntime(async (runtime) => {
      for (const name of ["retryIf", "onRetry"] as const) {
        const broken = new Error(name);
        const errors: Error[] = [];
        const outcome = await runtime.run(
          body(function* (cx) {
            return yield* cx.retry(failing(body, 9, errors), {
              ...AT_ONCE,
              [name]: () => {
                throw broken;
              },
            });
          }),
        );
        expect(errors).toHaveLength(1);
        expect(outcome.kind === "err" && outcome.error).toBe(broken);
        expect(outcome).toMatchObject({ suppressed: [errors[0]] });
      }
    });
  });

  test("after the limit no attempt begins, and one that runs is not cut short", async () => {
    await withRuntime(async (runtime) => {
      let attempts = 0;
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.retry(
            body(function* (inner) {
              attempts += 1;
              yield* inner.sleep(20);
              throw attempts;
            }),
            { ...AT_ONCE, attempts: Number.POSITIVE_INFINITY, limitMs: 10 },
          );
        }),
      );
      expect(outcome).toEqual({ kind: "err", error: 1 });
    });
  });
});

test("the same seed gives the same pauses and the same fingerprint, another one others", async () => {
  const runOf = async (seed: number) => {
    const pauses: number[] = [];
    let fingerprint = "";
    await withRuntime(
      async (runtime) => {
        await runtime.run(function* (cx) {
          yield* cx.retry(
            () => {
              throw new Error("no");
            },
            { pauseMs: 2, attempts: 5, onRetry: ({ pauseMs }) => pauses.push(pauseMs) },
          );
        });
        fingerprint = runtime.fingerprint();
      },
      { seed, sliceMs: 60_000 },
    );
    return { pauses, fingerprint };
  };
  const first = await runOf(7);
  expect(first.pauses).toHaveLength(4);
  first.pauses.forEach((pause, index) => {
    expect(pause).toBeGreaterThanOrEqual(0);
    expect(pause).toBeLessThan(2 * 2 ** index);
  });
  const again = await runOf(7);
  expect(again.pauses).toEqual(first.pauses);
  expect(again.fingerprint).toBe(first.fingerprint);
  expect((await runOf(8)).pauses).not.toEqual(first.pauses);
});

test("an answer of retryIf that is no yes or no is refused: a promise is always true", async () => {
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.retry(
        () => {
          throw new Error("no");
        },
        { ...AT_ONCE, retryIf: (async () => false) as never },
      ),
    );
    expect(outcome).toMatchObject({ kind: "err", error: { code: "INVALID_ARGUMENT" } });
  });
});

test("hostile options are refused before anything begins", async () => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      const none = () => undefined;
      for (const options of [
        { tries: 1 },
        7,
        null,
        { retryIf: 1 },
        { onRetry: {} },
        { label: 1 },
      ]) {
        const call = () => cx.retry(none, options as never);
        expect(thrown(call)).toMatchObject({ code: "INVALID_ARGUMENT" });
      }
      for (const options of [{ attempts: 0 }, { pauseMs: Number.NaN }, { limitMs: -1 }]) {
        expect(thrown(() => cx.retry(none, options))).toMatchObject({ code: "INVALID_NUMBER" });
      }
      expect(thrown(() => cx.retry(7 as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
    });
    expect(runtime.counters().scopes).toBe(1);
  });
});

test("what was thrown before is bounded, however many attempts there are", async () => {
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.retry(
        (_, attempt) => {
          throw attempt;
        },
        { ...AT_ONCE, attempts: 500 },
      ),
    );
    expect(outcome).toMatchObject({ kind: "err", error: 500 });
    const suppressed = outcome.kind === "err" ? outcome.suppressed : [];
    expect(suppressed).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  });
});

test("a TimeoutError of an attempt is a failure like another", async () => {
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.retry((attempt) => attempt.timeout(0, (inner) => inner.sleep(60_000)), AT_ONCE),
    );
    expect(outcome).toMatchObject({ kind: "err", suppressed: [{ code: "TIMEOUT" }, {}] });
    expect(outcome.kind === "err" && outcome.error).toBeInstanceOf(TimeoutError);
  });
});
