/** The budget of `cx.scope`: time and polls for the body and all that it spawns. */
import { expect, test } from "vitest";
import { forBothKinds, thrown, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("past its deadline everything in it is cancelled and drained, and the scope fails", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const outcome = await runtime.run(
        body(function* (cx) {
          yield* cx.scope(
            body(function* (inner) {
              inner.spawn(
                body(function* (child) {
                  log.push("began");
                  try {
                    yield* child.sleep(60_000);
                  } finally {
                    log.push("drained");
                  }
                }),
              );
              yield* inner.sleep(60_000);
            }),
            { deadlineMs: 50 },
          );
        }),
      );
      expect(outcome).toMatchObject({
        kind: "err",
        error: { code: "CANCELLED", cancel: { kind: "deadline" } },
      });
      // On a machine that stalled for all of its time, the child never began.
      expect(log).toEqual(log.length === 0 ? [] : ["began", "drained"]);
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 1, timers: 0 });
    });
  });

  test("the deadline is what cx.deadline says inside, the tighter one of nested ones", async () => {
    await withRuntime(async (runtime) => {
      const seen: (number | undefined)[] = [];
      await runtime.run(
        body(function* (cx) {
          yield* cx.scope(
            body(function* (outer) {
              seen.push(outer.deadline);
              yield* outer.scope((inner) => void seen.push(inner.deadline), { deadlineMs: 60_000 });
            }),
            { deadlineMs: 1_000 },
          );
          seen.push(cx.deadline);
        }),
      );
      expect(seen[0]).toBeGreaterThan(0);
      expect(seen).toEqual([seen[0], seen[0], undefined]);
    });
  });

  test("a body that uses up its polls is cancelled with poll-quota", async () => {
    await withRuntime(async (runtime) => {
      let turns = 0;
      const outcome = await runtime.run(
        body(function* (cx) {
          yield* cx.scope(
            body(function* (inner) {
              for (;;) {
                yield* inner.checkpoint();
                turns += 1;
              }
            }),
            { polls: 10 },
          );
        }),
      );
      expect(outcome).toMatchObject({ kind: "err", error: { cancel: { kind: "poll-quota" } } });
      expect(turns).toBeLessThanOrEqual(10);
    });
  });

  test("it stands beside label and policy", async () => {
    await withRuntime(async (runtime) => {
      let tree = "";
      const outcome = await runtime.run(
        body(function* (cx) {
          return yield* cx.scope(
            body(function* (inner) {
              inner.spawn(() => {
                throw "collected";
              });
              yield* inner.checkpoint();
              tree = JSON.stringify(runtime.snapshot());
              yield* inner.sleep(1);
              return "not reached by the failure";
            }),
            { label: "budgeted", policy: "collect-all", priority: 3, polls: 1_000 },
          );
        }),
      );
      expect(outcome).toEqual({ kind: "err", error: "collected" });
      expect(tree).toContain('"budgeted"');
    });
  });
});

test("a budget that is none is refused before the scope is opened", async () => {
  await withRuntime(async (runtime) => {
    await runtime.run((cx) => {
      const none = () => undefined;
      for (const options of [
        { deadlineMs: -1 },
        { deadlineMs: Number.NaN },
        { polls: 0 },
        { polls: 1.5 },
        { priority: 8 },
      ]) {
        expect(thrown(() => cx.scope(none, options))).toMatchObject({ code: "INVALID_NUMBER" });
      }
      for (const options of [{ budget: 1 }, { policy: "none" }, 7]) {
        const call = () => cx.scope(none, options as never);
        expect(thrown(call)).toMatchObject({ code: "INVALID_ARGUMENT" });
      }
    });
    expect(runtime.counters().scopes).toBe(1);
  });
});
