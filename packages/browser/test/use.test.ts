/** `cx.use`: what is acquired is released, once, in turn, with the outcome, however the task ends. */
import { describe, expect, test } from "vitest";
import type { Acquisition, Cx, Outcome } from "../src/index.js";
import { type BodyKind, deferred, forBothKinds, idle, thrown, withRuntime } from "./support.js";

/** A resource that logs its acquisition and its release, each of which takes a while. */
function logged(body: BodyKind, log: string[], name: string, outcomes: Outcome<unknown>[] = []) {
  return {
    acquire: body(function* (cx) {
      yield* cx.sleep(1);
      log.push(`${name} acquired`);
      return name;
    }),
    release: (cx: Cx, resource: string, outcome: Outcome<unknown>) =>
      body(function* (inner) {
        yield* inner.sleep(1);
        outcomes.push(outcome);
        log.push(`${resource} released: ${outcome.kind}`);
      })(cx),
  } satisfies Acquisition<string>;
}

forBothKinds((body) => {
  test("the last one is released first, in turn with what was deferred, after the children", async () => {
    const { failures, report } = await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcomes: Outcome<unknown>[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          const a = yield* cx.use(logged(body, log, "a", outcomes));
          cx.defer(() => void log.push("deferred"));
          const b = yield* cx.use(logged(body, log, "b", outcomes));
          cx.spawn(
            body(function* (child) {
              yield* child.sleep(3);
              log.push("child ended");
            }),
          );
          log.push("body ended");
          return a + b;
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "ab" });
      expect(outcomes).toEqual([outcome, outcome]);
      expect(log).toEqual([
        "a acquired",
        "b acquired",
        "body ended",
        "child ended",
        "b released: ok",
        "deferred",
        "a released: ok",
      ]);
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, timers: 0 });
    });
    expect(failures).toEqual([]);
    expect(report.outcome).toBe("clean");
  });

  test("a failure is the outcome that the release is given", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("broken");
      const outcomes: Outcome<unknown>[] = [];
      await runtime.run(
        body(function* (cx) {
          yield* cx.use(logged(body, [], "a", outcomes));
          throw error;
        }),
      );
      expect(outcomes).toEqual([{ kind: "err", error }]);
      expect(outcomes[0]?.kind === "err" && outcomes[0].error).toBe(error);
    });
  });

  test("so is that of a child, and a cancellation, observed or not, and a panic before it", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const seen: Outcome<unknown>[] = [];
      const a = logged(body, [], "a", seen);
      const ends: Outcome<unknown>[] = [];
      ends.push(
        await runtime.run(
          body(function* (cx) {
            yield* cx.use(a);
            cx.spawn(() => {
              throw "child";
            });
            yield* cx.sleep(60_000);
          }),
        ),
        await runtime.run(
          body(function* (cx) {
            yield* cx.use(a);
            cx.spawn(
              body(function* (child) {
                yield* child.checkpoint();
                throw "late child";
              }),
            );
            return "value";
          }),
        ),
      );
      const cancelled = runtime.spawn(
        body(function* (cx) {
          yield* cx.use(a);
          cancelled.cancel("unmount");
          yield* cx.checkpoint();
        }),
      );
      ends.push(await cancelled.join());
      const swallowing = runtime.spawn(
        body(function* (cx) {
          yield* cx.use(a);
          swallowing.cancel("unmount");
          try {
            yield* cx.checkpoint();
          } catch {
            return "swallowed";
          }
          return "not cancelled";
        }),
      );
      ends.push(await swallowing.join());
      const unaware = runtime.spawn(
        body(function* (cx) {
          yield* cx.use(a);
          unaware.cancel("unmount");
          return "kept";
        }),
      );
      ends.push(await unaware.join());
      const panicked = await runtime.run(
        body(function* (cx) {
          yield* cx.use(a);
          cx.defer(() => {
            throw "finalizer";
          });
        }),
      );
      ends.push(panicked);
      expect(ends.map((end) => end.kind)).toEqual([
        "err",
        "err",
        "cancelled",
        "cancelled",
        "ok",
        "panicked",
      ]);
      expect(seen).toEqual(ends);
    });
    expect(failures).toEqual([]);
  });

  test("what acquire throws is the failure, and nothing is released", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const error = new Error("cannot open");
      const outcome = await runtime.run(
        body(function* (cx) {
          yield* cx.use({
            acquire: body(function* (inner) {
              yield* inner.checkpoint();
              throw error;
            }),
            release: () => void log.push("released"),
          });
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(error);
      expect(log).toEqual([]);
    });
  });

  test("a release that fails makes the task panicked, and the others run all the same", async () => {
    const { failures } = await withRuntime(async (runtime) => {
      const broken = new Error("cannot close");
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          yield* cx.use(logged(body, log, "a"));
          yield* cx.use({
            acquire: () => "b",
            release: () => {
              throw broken;
            },
          });
        }),
      );
      expect(outcome).toMatchObject({
        kind: "panicked",
        panic: { error: broken, during: "finalizer" },
      });
      expect(log).toEqual(["a acquired", "a released: panicked"]);
    });
    expect(failures).toEqual([]);
  });

  describe("cancelled", () => {
    test("before, nothing is acquired", async () => {
      await withRuntime(async (runtime) => {
        const log: string[] = [];
        const task = runtime.spawn(
          body(function* (cx) {
            task.cancel();
            yield* cx.use(logged(body, log, "a"));
          }),
        );
        expect((await task.join()).kind).toBe("cancelled");
        expect(log).toEqual([]);
        expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, timers: 0 });
      });
    });

    test("while it acquires, that ends in peace, and it is released", async () => {
      await withRuntime(async (runtime) => {
        const acquiring = deferred();
        const gate = deferred();
        const log: string[] = [];
        const task = runtime.spawn(
          body(function* (cx) {
            yield* cx.use({
              acquire: body(function* (inner) {
                acquiring.resolve();
                yield* inner.foreign(() => gate.promise);
                log.push(`acquired, ${inner.cancelled === undefined ? "shielded" : "cancelled"}`);
              }),
              release: (_, __, outcome) => void log.push(`released: ${outcome.kind}`),
            });
            log.push("got it");
            yield* cx.checkpoint();
            log.push("not reached");
          }),
        );
        await acquiring.promise;
        task.cancel("unmount");
        await idle(runtime);
        gate.resolve();
        expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
        expect(log).toEqual(["acquired, shielded", "got it", "released: cancelled"]);
      });
    });

    test("while it releases, that ends in peace", async () => {
      await withRuntime(async (runtime) => {
        const releasing = deferred();
        const gate = deferred();
        const log: string[] = [];
        const task = runtime.spawn(
          body(function* (cx) {
            yield* cx.use({
              acquire: () => "a",
              release: (inner, resource) =>
                body(function* (own) {
                  releasing.resolve();
                  yield* own.foreign(() => gate.promise);
                  log.push(`${resource} released`);
                })(inner),
            });
            return "value";
          }),
        );
        await releasing.promise;
        task.cancel();
        await idle(runtime);
        gate.resolve();
        expect(await task.join()).toEqual({ kind: "ok", value: "value" });
        expect(log).toEqual(["a released"]);
      });
    });

    test("a finalizer may use a resource of its own", async () => {
      await withRuntime(async (runtime) => {
        const log: string[] = [];
        const task = runtime.spawn(
          body(function* (cx) {
            cx.defer((cleanUp) =>
              body(function* (own) {
                const resource = yield* own.use(logged(body, log, "journal"));
                log.push(`${resource} used`);
              })(cleanUp),
            );
            yield* cx.sleep(60_000);
          }),
        );
        await idle(runtime);
        task.cancel();
        expect((await task.join()).kind).toBe("cancelled");
        expect(log).toEqual(["journal acquired", "journal used", "journal released: cancelled"]);
      });
    });
  });

  test("what can be disposed of is, the asynchronous way first", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const both = {
        [Symbol.dispose]: () => void log.push("both, at once"),
        [Symbol.asyncDispose]: async () => {
          await undefined;
          log.push("both, later");
        },
      };
      class Lock {
        readonly name = "lock";
        [Symbol.dispose](): void {
          log.push(this.name);
        }
      }
      const lock = new Lock();
      const task = runtime.spawn(
        body(function* (cx) {
          expect(yield* cx.use(lock)).toBe(lock);
          expect(yield* cx.use(both)).toBe(both);
          yield* cx.sleep(60_000);
        }),
      );
      await idle(runtime);
      task.cancel();
      expect((await task.join()).kind).toBe("cancelled");
      expect(log).toEqual(["both, later", "lock"]);
    });
  });

  test("in a scope of its own it is released at the end of that", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      await runtime.run(
        body(function* (cx) {
          for (const name of ["a", "b"]) {
            yield* cx.scope(
              body(function* (inner) {
                yield* inner.use(logged(body, log, name));
              }),
            );
          }
        }),
      );
      expect(log).toEqual(["a acquired", "a released: ok", "b acquired", "b released: ok"]);
    });
  });
});

test("what nobody awaited is released too", async () => {
  await withRuntime(async (runtime) => {
    const log: string[] = [];
    const outcome = await runtime.run((cx) => {
      void cx.use({
        acquire: async (inner) => {
          await inner.sleep(1);
          return "forgotten";
        },
        release: (_, resource) => void log.push(resource),
      });
    });
    expect(outcome.kind).toBe("ok");
    expect(log).toEqual(["forgotten"]);
  });
});

test("what is no resource is refused", async () => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      const acquire = () => 1;
      for (const resource of [
        undefined,
        null,
        7,
        "text",
        {},
        { acquire },
        { acquire, release: 7 },
        { acquire: 7, release: acquire },
        { acquire, release: acquire, close: acquire },
        { acquire, release: acquire, label: 7 },
        { [Symbol.dispose]: 7 },
      ]) {
        expect(thrown(() => cx.use(resource as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
      }
    });
    expect(runtime.counters().scopes).toBe(1);
  });
});
