/** `cx.sleep`, `cx.checkpoint`, `cx.join`, and operations as things to await. */
import { describe, expect, test } from "vitest";
import { CancelledError, type Op, type Task } from "../src/index.js";
import { deferred, forBothKinds, hostTurn, idle, thrown, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("a sleep is never shorter than asked, and equal ones end in order", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const sleeper = (name: string, ms: number) =>
        body(function* (cx) {
          const from = cx.now;
          yield* cx.sleep(ms);
          expect(cx.now - from).toBeGreaterThan(ms - 0.001);
          log.push(name);
        });
      await runtime.run((cx) =>
        cx.all([sleeper("c", 200), sleeper("a", 1), sleeper("b1", 100), sleeper("b2", 100)]),
      );
      expect(log).toEqual(["a", "b1", "b2", "c"]);
    });
  });

  test("tasks at their checkpoints take turns in the order of their start", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const walker = (name: string) =>
        body(function* (cx) {
          for (let step = 1; step <= 3; step += 1) {
            log.push(`${name}${step}`);
            yield* cx.checkpoint();
          }
        });
      await runtime.run((cx) => cx.all([walker("a"), walker("b")]));
      expect(log).toEqual(["a1", "b1", "a2", "b2", "a3", "b3"]);
    });
  });

  test("join gives the outcome of a task that is live, and of one that has ended", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          const child = cx.spawn(
            body(function* (inner) {
              yield* inner.sleep(1);
              return 7;
            }),
          );
          return [yield* cx.join(child), yield* cx.join(child)];
        }),
      );
      const seven = { kind: "ok", value: 7 };
      expect(outcome).toEqual({ kind: "ok", value: [seven, seven] });
    });
  });

  test("a cancelled join leaves the other task alone", async () => {
    await withRuntime(async (runtime) => {
      const gate = deferred();
      const other = runtime.spawn(
        body(function* (cx) {
          yield* cx.foreign(() => gate.promise);
          return "whole";
        }),
      );
      const joiner = runtime.spawn(
        body(function* (cx) {
          yield* cx.join(other);
        }),
      );
      await idle(runtime);
      joiner.cancel();
      expect((await joiner.join()).kind).toBe("cancelled");
      gate.resolve();
      expect(await other.join()).toEqual({ kind: "ok", value: "whole" });
    });
  });

  test("operations start at once: two sleeps side by side end before a longer one", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      await runtime.run(
        body(function* (cx) {
          const first = cx.sleep(40);
          const second = cx.sleep(40);
          cx.spawn(
            body(function* (marker) {
              yield* marker.sleep(60);
              log.push("60 ms");
            }),
          );
          yield* first;
          yield* second;
          log.push("both");
        }),
      );
      expect(log).toEqual(["both", "60 ms"]);
    });
  });

  test("an operation that is not awaited does not hold its task", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(
        body(function* (cx) {
          void cx.sleep(60_000);
          void cx.checkpoint();
          yield* cx.sleep(1);
          return "done";
        }),
      );
      expect(outcome).toEqual({ kind: "ok", value: "done" });
      expect(runtime.counters().timers).toBe(0);
    });
  });

  test("the wrong cx is refused: another body's, and one whose task has ended", async () => {
    await withRuntime(async (runtime) => {
      let kept: import("../src/index.js").Cx | undefined;
      await runtime.run(
        body(function* (outer) {
          kept = outer;
          yield* outer.scope(() => {
            expect(thrown(() => outer.sleep(1))).toMatchObject({ code: "CX_FOREIGN" });
            expect(thrown(() => outer.spawn(() => 1))).toMatchObject({ code: "CX_FOREIGN" });
          });
        }),
      );
      const cx = kept as import("../src/index.js").Cx;
      for (const call of [
        () => cx.checkpoint(),
        () => cx.sleep(1),
        () => cx.spawn(() => 1),
        () => cx.children,
        () => cx.race([() => 1]),
        () => cx.all([]),
        () => cx.scope(() => 1),
        () => cx.timeout(1, () => 1),
        () => cx.mask(() => 1),
        () => cx.defer(() => undefined),
        () => cx.fetch("http://127.0.0.1:1/"),
        () => cx.foreign(() => Promise.resolve()),
        () => cx.random(),
        () => cx.signal,
        () => cx.join(runtime.spawn(() => 1)),
      ]) {
        expect(thrown(call)).toMatchObject({ name: "AsupersyncError", code: "CX_ENDED" });
      }
      expect(cx.label).toBe("task");
    });
  });
});

describe("in a generator", () => {
  test("a plain yield of an operation works as yield* does", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("foreign");
      const outcome = await runtime.run(function* (cx) {
        const child = cx.spawn(() => 5);
        const joined: unknown = yield cx.join(child);
        try {
          yield cx.foreign(() => Promise.reject(error));
        } catch (caught) {
          return [joined, caught];
        }
        return undefined;
      });
      expect(outcome).toEqual({ kind: "ok", value: [{ kind: "ok", value: 5 }, error] });
    });
  });

  test("yielding anything but an operation of its own cx throws at that yield", async () => {
    await withRuntime(async (runtime) => {
      const codes: unknown[] = [];
      const another: { op?: Op<unknown> } = {};
      runtime.spawn(async (cx) => {
        another.op = cx.sleep(60_000);
        await another.op;
      });
      await idle(runtime);
      await runtime.run(function* (): Generator<Op<unknown>, void, unknown> {
        for (const yielded of [Promise.resolve(1), 5, undefined, another.op]) {
          try {
            yield yielded as Op<unknown>;
          } catch (error) {
            codes.push((error as { code: unknown }).code);
          }
        }
      });
      expect(codes).toEqual([
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "CX_FOREIGN",
      ]);
    });
  });
});

describe("then()", () => {
  test("gives a promise of what the callback gives", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        const one = await cx.sleep(0).then(() => "one");
        const two = await cx.sleep(0).then(
          () => "two",
          () => "failed",
        );
        const through = await cx.foreign(() => Promise.resolve("through")).then();
        const caught = await cx
          .foreign(() => Promise.reject(new Error("x")))
          .then(
            () => "value",
            (error: unknown) => (error as Error).message,
          );
        return [one, two, through, caught];
      });
      expect(outcome).toEqual({ kind: "ok", value: ["one", "two", "through", "x"] });
    });
  });

  test("calls back in order, never before it has returned, and for a settled one too", async () => {
    await withRuntime(async (runtime) => {
      await runtime.run(async (cx) => {
        const log: string[] = [];
        const op = cx.checkpoint();
        const ends = [op.then(() => log.push("a")), op.then(() => log.push("b"))];
        await Promise.all(ends);
        const late = op.then(() => log.push("c"));
        log.push("returned");
        await late;
        expect(log).toEqual(["a", "b", "returned", "c"]);
      });
    });
  });

  test("an operation can be given to Promise.all and Promise.race", async () => {
    await withRuntime(async (runtime) => {
      const outcome = await runtime.run(async (cx) => {
        await Promise.all([cx.sleep(1), cx.sleep(1), cx.checkpoint()]);
        return Promise.race([cx.sleep(60_000).then(() => "slow"), cx.sleep(1).then(() => "fast")]);
      });
      expect(outcome).toEqual({ kind: "ok", value: "fast" });
    });
  });

  test("a cancelled operation that nobody awaits is no unhandled rejection, nor are its thens", async () => {
    await withRuntime(
      async (runtime) => {
        const task = runtime.spawn(async (cx) => {
          void cx.sleep(60_000);
          void cx.sleep(60_000).then(() => "never");
          void cx.foreign(() => new Promise(() => undefined)).then(undefined, undefined);
          void cx.scope((inner) => inner.sleep(60_000));
          await cx.sleep(60_000);
        });
        await idle(runtime);
        void task.result();
        task.cancel();
        await idle(runtime);
        await hostTurn();
        await hostTurn();
      },
      { drainTimeMs: 1 },
    );
  });

  test("a callback that throws fails the promise, not the pump", async () => {
    await withRuntime(async (runtime) => {
      const error = new Error("callback");
      const outcome = await runtime.run(async (cx) => {
        await cx.checkpoint().then(() => {
          throw error;
        });
      });
      expect(outcome.kind === "err" && outcome.error).toBe(error);
    });
  });
});

describe("join refuses", () => {
  test("itself, what is no task, and a task of another runtime", async () => {
    await withRuntime(async (runtime) => {
      await withRuntime(async (stranger) => {
        const foreign = stranger.spawn((cx) => cx.sleep(60_000));
        await runtime.run(async (cx) => {
          expect(thrown(() => cx.join(foreign))).toMatchObject({ code: "FOREIGN_HANDLE" });
          for (const target of [{ id: foreign.id }, null, undefined, 5, "task"]) {
            const refused = thrown(() => cx.join(target as unknown as Task<unknown>));
            expect(refused).toMatchObject({ code: "FORGED_HANDLE" });
          }
        });
        const own: Task<void> = runtime.spawn(() => undefined);
        await own.join();
        const self: Task<unknown> = runtime.spawn((cx) => {
          expect(thrown(() => cx.join(self))).toMatchObject({ code: "WRONG_STATE" });
        });
        expect(await self.join()).toEqual({ kind: "ok", value: undefined });
      });
    });
  });
});

test("the error of a cancelled wait says what was cancelled and why, and has no stack to pay for", async () => {
  await withRuntime(async (runtime) => {
    const task = runtime.spawn(async (cx) => {
      await cx.sleep(60_000);
    });
    await idle(runtime);
    task.cancel({ kind: "unmount", message: "panel closed" });
    const error = await task.result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CancelledError);
    expect((error as Error).message).toContain("unmount: panel closed");
    expect((error as Error).cause).toBe((error as CancelledError).cancel);
    expect((error as Error).stack ?? "").not.toContain("    at ");
  });
});
