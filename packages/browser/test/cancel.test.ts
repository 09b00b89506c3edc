/** Cancellation: reasons and how they strengthen, level-triggered waits, and what a cancel reaches. */
import { expect, test } from "vitest";
import { type CancelInfo, CancelledError } from "../src/index.js";
import { forBothKinds, idle, thrown, withRuntime } from "./support.js";

forBothKinds((body) => {
  test("cancelling wakes a waiting task at once, and a task that did not start never does", async () => {
    await withRuntime(async (runtime) => {
      const log: string[] = [];
      const waiting = runtime.spawn(
        body(function* (cx) {
          log.push("started");
          yield* cx.sleep(60_000);
        }),
      );
      await idle(runtime);
      const unstarted = runtime.spawn(() => void log.push("never"));
      unstarted.cancel();
      waiting.cancel();
      const from = runtime.now();
      expect((await waiting.join()).kind).toBe("cancelled");
      expect((await unstarted.join()).kind).toBe("cancelled");
      expect(runtime.now() - from).toBeLessThan(1_000);
      expect(log).toEqual(["started"]);
    });
  });

  test("a body that passes on what a refused spawn threw ends cancelled", async () => {
    await withRuntime(async (runtime) => {
      const task = runtime.spawn(
        body(function* (cx) {
          task.cancel("unmount");
          cx.spawn(() => 1);
        }),
      );
      expect(await task.join()).toMatchObject({ kind: "cancelled", cancel: { kind: "unmount" } });
    });
  });

  test("from the first failed wait on, every wait fails with the same error", async () => {
    await withRuntime(async (runtime) => {
      const errors: unknown[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          for (const wait of [
            () => cx.sleep(60_000),
            () => cx.checkpoint(),
            () => cx.sleep(0),
            () => cx.foreign(() => Promise.resolve(1)),
            () => cx.join(other),
            () => cx.race([() => 1]),
            () => cx.all([]),
            () => cx.timeout(5, () => 1),
            () => cx.scope(() => 1),
          ]) {
            try {
              yield* wait();
            } catch (error) {
              errors.push(error);
            }
          }
        }),
      );
      const other = runtime.spawn((cx) => cx.sleep(60_000));
      await idle(runtime);
      task.cancel({ message: "enough" });
      await task.join();
      other.cancel();
      expect(errors).toHaveLength(9);
      expect(errors[0]).toBeInstanceOf(CancelledError);
      for (const error of errors) expect(error).toBe(errors[0]);
    });
  });

  test("a cancelled task's children are cancelled with it as their cause", async () => {
    await withRuntime(async (runtime) => {
      let inner: CancelInfo | undefined;
      const task = runtime.spawn(
        body(function* (cx) {
          cx.spawn(
            body(function* (child) {
              try {
                yield* child.sleep(60_000);
              } finally {
                inner = child.cancelled;
              }
            }),
          );
          yield* cx.sleep(60_000);
        }),
      );
      await idle(runtime);
      task.cancel({ kind: "navigation", message: "away" });
      const outcome = await task.join();
      expect(outcome).toMatchObject({ kind: "cancelled", cancel: { kind: "navigation" } });
      const chain: string[] = [];
      for (let at = inner; at !== undefined; at = at.cause) chain.push(at.kind);
      expect(chain).toEqual(["parent-cancelled", "parent-cancelled", "navigation"]);
    });
  });

  test("cancelling twice is cancelling once, with the stronger reason", async () => {
    await withRuntime(async (runtime) => {
      const wakes: unknown[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          try {
            yield* cx.sleep(60_000);
          } catch (error) {
            wakes.push(error);
            throw error;
          }
        }),
      );
      await idle(runtime);
      task.cancel({ kind: "user", message: "first" });
      task.cancel({ kind: "resource-unavailable", message: "stronger" });
      task.cancel({ kind: "user", message: "weaker" });
      expect(await task.join()).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "resource-unavailable", message: "stronger" },
      });
      expect(wakes).toHaveLength(1);
    });
  });

  test("cx.cancelled says why before any wait has failed", async () => {
    await withRuntime(async (runtime) => {
      const seen: unknown[] = [];
      const task = runtime.spawn(
        body(function* (cx) {
          seen.push(cx.cancelled);
          task.cancel("unmount");
          seen.push(cx.cancelled?.kind);
          yield* cx.checkpoint();
        }),
      );
      expect((await task.join()).kind).toBe("cancelled");
      expect(seen).toEqual([undefined, "unmount"]);
    });
  });

  test("a deadline and a quota of polls cancel with their own kinds", async () => {
    await withRuntime(async (runtime) => {
      const late = await runtime.run(
        body(function* (cx) {
          expect(cx.deadline).toBeGreaterThan(0);
          yield* cx.sleep(60_000);
        }),
        { deadlineMs: 5 },
      );
      expect(late).toMatchObject({ kind: "cancelled", cancel: { kind: "deadline" } });
      const busy = await runtime.run(
        body(function* (cx) {
          for (;;) yield* cx.checkpoint();
        }),
        { polls: 10 },
      );
      expect(busy).toMatchObject({ kind: "cancelled", cancel: { kind: "poll-quota" } });
    });
  });
});

test("cancelling what has ended changes nothing", async () => {
  await withRuntime(async (runtime) => {
    const task = runtime.spawn(() => 1);
    const scope = runtime.openScope();
    const outcome = await task.join();
    await scope.close();
    task.cancel("unmount");
    scope.cancel("unmount");
    expect(task.outcome).toBe(outcome);
    expect(await scope.close()).toEqual({ kind: "ok", value: undefined });
  });
});

test("one error object serves all that one cancellation reaches", async () => {
  await withRuntime(async (runtime) => {
    const errors = new Set<unknown>();
    const scope = runtime.openScope();
    for (let count = 0; count < 100; count += 1) {
      scope.spawn(async (cx) => {
        await cx.sleep(60_000).then(undefined, (error: unknown) => errors.add(error));
      });
    }
    await idle(runtime);
    scope.cancel();
    await scope.close();
    expect(errors.size).toBe(1);
  });
});

test("a message is kept up to 256 bytes", async () => {
  await withRuntime(async (runtime) => {
    const task = runtime.spawn((cx) => cx.sleep(60_000));
    task.cancel({ message: "é".repeat(200) });
    expect(await task.join()).toMatchObject({ cancel: { message: "é".repeat(128) } });
  });
});

test.each([
  "shutdown",
  "fail-fast",
  "",
  7,
  null,
  { kind: "deadline" },
  { kind: 3 },
  { message: 5 },
  Symbol("user"),
])("a request that is none is refused: %s", async (request) => {
  await withRuntime(async (runtime) => {
    const task = runtime.spawn((cx) => cx.sleep(60_000));
    const refused = thrown(() => task.cancel(request as never));
    expect(refused).toMatchObject({ name: "AsupersyncError", code: "INVALID_ARGUMENT" });
    expect(thrown(() => runtime.root.cancel(request as never))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    task.cancel();
    await task.join();
  });
});

test("a tree 20,000 levels deep is cancelled from the top", async () => {
  await withRuntime(async (runtime) => {
    const ended: number[] = [];
    const LEVELS = 20_000;
    function* level(this: void, cx: import("../src/index.js").Cx, depth: number) {
      if (depth < LEVELS) cx.spawn((child) => level(child, depth + 1));
      try {
        yield* cx.sleep(600_000);
      } finally {
        ended.push(depth);
      }
    }
    const top = runtime.spawn((cx) => level(cx, 1));
    await runtime.run(async (cx) => {
      while (runtime.counters().tasks < LEVELS + 1) await cx.sleep(1);
    });
    await idle(runtime);
    top.cancel();
    await top.join();
    expect(ended).toHaveLength(LEVELS);
    expect(runtime.counters().tasks).toBe(0);
  });
});
