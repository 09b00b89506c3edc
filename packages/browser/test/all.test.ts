/** `cx.all` and `cx.scope`: every value or the first failure, and nothing left running. */
import { describe, expect, expectTypeOf, test } from "vitest";
import { forBothKinds, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("all gives the values in the order of the bodies", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.all([
            body(function* (branch) {
              yield* branch.sleep(5);
              return "slow";
            }),
            () => 2,
            body(function* (branch) {
              yield* branch.checkpoint();
              return [3];
            }),
          ]);
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: ["slow", 2, [3]] });
    });
  });

  test("all fails with the first failure once the others have drained; later ones are suppressed", async () => {
    await withRuntime(async (runtime) => {
      const first = new Error("first");
      const second = new Error("second");
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.all([
            body(function* (branch) {
              try {
                yield* branch.sleep(60_000);
              } finally {
                log.push("drained");
              }
            }),
            () => {
              throw first;
            },
            () => {
              throw second;
            },
          ]);
        }),
      );
      expect(outcome).toEqual({ kind: "err", error: first, suppressed: [second] });
      expect(outcome.kind === "err" && outcome.error).toBe(first);
      expect(log).toEqual(["drained"]);
    });
  });

  test("scope waits for every child of its body and gives the body's value", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          const value = yield* cx.scope(
            body(function* (inner) {
              inner.spawn(
                body(function* (child) {
                  yield* child.sleep(5);
                  log.push("child");
                }),
              );
              yield* inner.checkpoint();
              return "value";
            }),
          );
          log.push("after");
          return value;
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "value" });
      expect(log).toEqual(["child", "after"]);
    });
  });

  test("scope rethrows the first failure of a child, and its siblings are cancelled", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("child");
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          try {
            yield* cx.scope(
              body(function* (inner) {
                inner.spawn(
                  body(function* (child) {
                    try {
                      yield* child.sleep(60_000);
                    } finally {
                      log.push("sibling");
                    }
                  }),
                );
                inner.spawn(
                  body(function* (child) {
                    yield* child.checkpoint();
                    throw error;
                  }),
                );
                yield* inner.sleep(60_000);
              }),
            );
          } catch (caught) {
            return caught;
          }
          return "nothing";
        }),
      );
      expect(outcome.kind === "ok" && outcome.value).toBe(error);
      expect(log).toEqual(["sibling"]);
    });
  });

  test("scope with collect-all lets the siblings end, then rethrows", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("child");
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          yield* cx.scope(
            body(function* (inner) {
              inner.spawn(() => {
                throw error;
              });
              inner.spawn(
                body(function* (child) {
                  yield* child.sleep(5);
                  log.push("sibling");
                }),
              );
              yield* inner.sleep(1);
              log.push("body");
            }),
            { policy: "collect-all" },
          );
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(error);
      expect(log).toEqual(["body", "sibling"]);
    });
  });

  test("a failed child fails its task, whatever the body makes of the cancellation", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("child");
      const outcome = await runtime.run(
        body(function* (cx) {
          cx.spawn(
            body(function* (child) {
              yield* child.checkpoint();
              throw error;
            }),
          );
          try {
            yield* cx.sleep(60_000);
          } catch {
            return "swallowed";
          }
          return "slept";
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(error);
    });
  });

  test("a task ends only after its children", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          cx.spawn(
            body(function* (child) {
              yield* child.sleep(5);
              log.push("child");
            }),
          );
          yield* cx.checkpoint();
          log.push("body");
          return 1;
        }),
      );
      expect(await task.join()).toEqual({ kind: "ok", value: 1 });
      expect(log).toEqual(["body", "child"]);
    });
  });

  test("a body's own failure comes before a child's later one, which is suppressed", async () => {
    await withRuntime(async (runtime) => {
      const own = new Error("own");
      const later = new Error("later");
      const outcome = await runtime.run(
        body(function* (cx) {
          cx.spawn(() => {
            throw later;
          });
          throw own;
        }),
      );
      expect(outcome.kind === "err" && outcome.error).toBe(own);
    });
  });
});

test("a branch whose child fails in the turn before another throws is the first failure", async () => {
  await withRuntime(async (runtime) => {
    const [first, second] = [new Error("of the child"), new Error("of the other branch")];
    const outcome = await runtime.run((cx) =>
      cx.all([
        (branch) => {
          // Started in the next turn, ahead of what comes after the checkpoint below.
          branch.spawn(() => {
            throw first;
          });
        },
        function* (branch) {
          yield* branch.checkpoint();
          throw second;
        },
      ]),
    );
    expect(outcome).toMatchObject({ kind: "err", error: first, suppressed: [second] });
  });
});

test("a scope that closes failed in the turn before a task fails is the first failure", async () => {
  await withRuntime(async (runtime) => {
    const [first, second] = [new Error("of the scope"), new Error("of the task")];
    const above = runtime.openScope({ label: "above", policy: "collect-all" });
    const below = above.openScope({ label: "below" });
    // Both are started by one turn, in this order.
    below.spawn(() => {
      throw first;
    });
    above.spawn(() => {
      throw second;
    });
    expect(await above.close()).toMatchObject({
      kind: "err",
      error: first,
      suppressed: [second],
    });
  });
});

test("all of nothing is []", async () => {
  await withRuntime(async (runtime) => {
    expect(await runtime.run((cx) => cx.all([]))).toEqual({ kind: "ok", value: [] });
  });
});

describe("types", () => {
  test("values keep their types by position", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        const values = await cx.all([
          () => "text",
          async () => 2,
          function* (branch) {
            yield* branch.checkpoint();
            return true;
          },
        ]);
        expectTypeOf(values).toEqualTypeOf<[string, number, boolean]>();
        const first = await cx.race([() => "text", async () => 2]);
        expectTypeOf(first).toEqualTypeOf<string | number>();
        return values;
      });
      expect(outcome).toEqual({ kind: "ok", value: ["text", 2, true] });
      const generator = await runtime.run(function* (cx) {
        const child = cx.spawn(() => 1);
        const joined = yield* cx.join(child);
        expectTypeOf(joined).toEqualTypeOf<import("../src/index.js").Outcome<number>>();
        return "value";
      });
      expectTypeOf(generator).toEqualTypeOf<import("../src/index.js").Outcome<string>>();
      expect(generator).toEqual({ kind: "ok", value: "value" });
    });
  });
});
