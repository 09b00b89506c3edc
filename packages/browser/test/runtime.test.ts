/** Runtimes: options, closing, hashes, the trace, and what is left of one whose kernel broke. */
import { loadKernelModule } from "@asupersync/browser-core/load";
import { describe, expect, test } from "vitest";
import { createRuntime, type RuntimeOptions } from "../src/index.js";
import { forBothKinds, hostTurn, idle, thrown, withRuntime } from "./support.js";

describe("close()", () => {
  test("cancels with shutdown, drains, and reports", async () => {
    const log: string[] = [];
    const { report } = await withRuntime(async (runtime) => {
      const task = runtime.spawn(async (cx) => {
        cx.defer(() => void log.push("finalizer"));
        await cx.sleep(60_000);
      });
      runtime.openScope().spawn((cx) => cx.sleep(60_000));
      await idle(runtime);
      const report = await runtime.close();
      expect(report).toMatchObject({ outcome: "clean", cancelled: 2, revoked: [], failures: [] });
      expect(task.outcome).toMatchObject({
        kind: "cancelled",
        cancel: { kind: "parent-cancelled", cause: { kind: "shutdown" } },
      });
    });
    expect(log).toEqual(["finalizer"]);
    expect(Object.isFrozen(report)).toBe(true);
  });

  test("of an idle runtime is clean, and leaving `await using` is the same", async () => {
    const runtime = await createRuntime();
    await runtime[Symbol.asyncDispose]();
    expect(runtime.state).toBe("closed");
    expect(await runtime.close()).toMatchObject({ outcome: "clean", cancelled: 0 });
  });

  test("after it every call says RUNTIME_CLOSED, and what only reads still reads", async () => {
    await withRuntime(async (runtime) => {
      const scope = runtime.openScope();
      await runtime.close();
      for (const call of [
        () => runtime.spawn(() => 1),
        () => runtime.openScope(),
        () => runtime.root.defer(() => undefined),
        () => scope.spawn(() => 1),
      ]) {
        expect(thrown(call)).toMatchObject({ name: "AsupersyncError", code: "RUNTIME_CLOSED" });
      }
      expect(await runtime.run(() => 1)).toMatchObject({
        kind: "err",
        error: { code: "RUNTIME_CLOSED" },
      });
      runtime.root.cancel();
      scope.cancel();
      expect((await scope.close()).kind).toBe("cancelled");
      expect(runtime.now()).toBeGreaterThan(0);
      expect(runtime.counters()).toMatchObject({ tasks: 0, scopes: 0 });
      expect(runtime.fingerprint()).toMatch(/^[0-9a-f]{16}$/);
    });
  });

  test("a runtime whose root is closed gracefully waits for its tasks", async () => {
    await withRuntime(async (runtime) => {
      const task = runtime.spawn(async (cx) => {
        await cx.sleep(5);
        return "whole";
      });
      const closing = runtime.root.close();
      expect(runtime.state).toBe("closing");
      expect(await closing).toEqual({ kind: "ok", value: undefined });
      expect(task.outcome).toEqual({ kind: "ok", value: "whole" });
      expect(runtime.state).toBe("closed");
    });
  });
});

describe("options", () => {
  test.each<[string, unknown]>([
    ["INVALID_ARGUMENT", null],
    ["INVALID_ARGUMENT", 7],
    ["INVALID_ARGUMENT", { label: 7 }],
    ["INVALID_ARGUMENT", { trace: 7 }],
    ["INVALID_ARGUMENT", { onFailure: "log" }],
    ["INVALID_NUMBER", { seed: -1 }],
    ["INVALID_NUMBER", { seed: 0.5 }],
    ["INVALID_NUMBER", { seed: 2 ** 53 }],
    ["INVALID_NUMBER", { seed: "7" }],
    ["INVALID_NUMBER", { drainTimeMs: Number.NaN }],
    ["INVALID_NUMBER", { drainTimeMs: -1 }],
    ["INVALID_NUMBER", { sliceMs: Number.POSITIVE_INFINITY }],
    ["INVALID_NUMBER", { trace: { capacity: 2 ** 21 } }],
    ["INVALID_NUMBER", { trace: { capacity: 1.5 } }],
  ])("%s: %o", async (code, options) => {
    await expect(createRuntime(options as RuntimeOptions)).rejects.toMatchObject({
      name: "AsupersyncError",
      code,
    });
  });

  test.each<[string, unknown]>([
    ["INVALID_ARGUMENT", 7],
    ["INVALID_ARGUMENT", { label: Symbol("x") }],
    ["INVALID_NUMBER", { priority: 8 }],
    ["INVALID_NUMBER", { priority: -1 }],
    ["INVALID_NUMBER", { priority: 1.5 }],
    ["INVALID_NUMBER", { polls: 0 }],
    ["INVALID_NUMBER", { polls: 2 ** 32 }],
    ["INVALID_NUMBER", { deadlineMs: Number.NaN }],
    ["INVALID_NUMBER", { deadlineMs: -5 }],
  ])("of a task: %s: %o", async (code, options) => {
    await withRuntime(async (runtime) => {
      const spawn = () => runtime.spawn(() => 1, options as never);
      expect(thrown(spawn)).toMatchObject({ code });
      expect(await runtime.run(() => 1, options as never)).toMatchObject({
        kind: "err",
        error: { code },
      });
      expect(thrown(() => runtime.spawn("body" as never))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
      expect(runtime.counters().tasksSpawned).toBe(0);
    });
  });

  test("a label is kept up to 200 characters; without one the body's name is the label", async () => {
    await withRuntime(async (runtime) => {
      expect(runtime.spawn(() => 1, { label: "x".repeat(300) }).label).toHaveLength(200);
      expect(runtime.spawn(function pollInbox() {}).label).toBe("pollInbox");
      expect(runtime.spawn(() => 1).label).toBe("task");
    });
  });
});

forBothKinds((body) => {
  test("the same seed and the same work give the same numbers and hashes, another seed others", async () => {
    const runOnce = async (seed: number) => {
      const numbers: number[] = [];
      let hashes: string[] = [];
      await withRuntime(
        async (runtime) => {
          await runtime.run(
            body(function* (cx) {
              for (let count = 0; count < 3; count += 1) {
                numbers.push(cx.random());
                cx.spawn(
                  body(function* (child) {
                    yield* child.checkpoint();
                  }),
                );
                yield* cx.checkpoint();
              }
            }),
          );
          hashes = [runtime.certificate(), runtime.fingerprint()];
        },
        // Where a slice ends is an input from the clock, and this run is to have none of those.
        { seed, sliceMs: 600_000 },
      );
      for (const number of numbers) {
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThan(1);
      }
      return { numbers, hashes };
    };
    const first = await runOnce(7);
    expect(await runOnce(7)).toEqual(first);
    expect((await runOnce(8)).numbers).not.toEqual(first.numbers);
  });
});

test("the trace keeps the newest events and counts the ones it dropped", async () => {
  await withRuntime(
    async (runtime) => {
      const task = runtime.spawn((cx) => cx.checkpoint());
      await task.join();
      await idle(runtime);
      const events = runtime.events();
      expect(events).toHaveLength(10);
      const { events: recorded, eventsDropped } = runtime.counters();
      expect(events.at(-1)?.seq).toBe(recorded);
      expect(recorded - eventsDropped).toBe(10);
      for (const { kind, at } of events) {
        expect(kind).toMatch(/^(task|region|timer|hostOp|finalizer)[A-Z]/);
        expect(at).toBeGreaterThanOrEqual(0);
      }
    },
    { trace: { capacity: 10 } },
  );
  await withRuntime(async (runtime) => {
    await idle(runtime);
    expect(runtime.events()).toEqual([]);
  });
});

test("127 runtimes may be open at a time, and a closed one makes room", async () => {
  const runtimes = await Promise.all(Array.from({ length: 127 }, () => createRuntime()));
  await expect(createRuntime()).rejects.toMatchObject({ code: "LIMIT_REACHED" });
  await Promise.all(runtimes.map((runtime) => runtime.close()));
  await withRuntime(async (runtime) => {
    expect(await runtime.run(() => 1)).toEqual({ kind: "ok", value: 1 });
  });
});

test("after a trap all runtimes of the page are poisoned and say so; a new one is sound", async () => {
  const failures: unknown[] = [];
  const onFailure = (failure: unknown): void => void failures.push(failure);
  const broken = await createRuntime({ label: "broken", onFailure });
  const sharing = await createRuntime({ label: "sharing", onFailure });
  const waiting = sharing.spawn(async (cx) => {
    await cx.sleep(60_000);
  });
  const scope = broken.openScope();
  const stepped = scope.spawn(function* (cx) {
    yield* cx.sleep(60_000);
  });
  await idle(sharing);
  await idle(broken);

  // What a trap does to the instance: no call of it can be trusted any more.
  (await loadKernelModule()).die();

  expect(await waiting.join()).toMatchObject({ kind: "panicked", panic: { during: "kernel" } });
  await expect(stepped.result()).rejects.toMatchObject({ code: "POISONED" });
  expect((await scope.close()).kind).toBe("panicked");
  expect(await broken.close()).toMatchObject({ outcome: "violations" });
  for (const runtime of [broken, sharing]) {
    expect(runtime.state).toBe("poisoned");
    expect(await runtime.run(() => 1)).toMatchObject({ error: { code: "POISONED" } });
    expect(thrown(() => runtime.openScope())).toMatchObject({ code: "POISONED" });
    expect(runtime.snapshot()).toMatchObject({ state: "poisoned", root: { children: [] } });
  }
  expect(failures).toMatchObject([
    { kind: "kernel", label: "broken" },
    { kind: "kernel", label: "sharing" },
  ]);
  await hostTurn();

  await withRuntime(async (runtime) => {
    expect(await runtime.run(() => "sound")).toEqual({ kind: "ok", value: "sound" });
  });
});
