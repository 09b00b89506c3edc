/** The small door has the core alone; what is more is there once its own line is. */
import { createRuntime } from "@asupersync/browser/core";
import { expect, test } from "vitest";

const OF_CX = ["all", "fetch", "foreign", "race", "retry", "scope", "signal", "timeout"] as const;
const OF_RUNTIMES = ["counters", "events", "fingerprint", "snapshot", "subscribe"] as const;

test("an operation is there once it was loaded", async () => {
  await using runtime = await createRuntime();
  const before = await runtime.run((cx) => OF_CX.filter((name) => name in cx));
  await import("@asupersync/browser/operations/retry");
  const after = await runtime.run((cx) => OF_CX.filter((name) => name in cx));
  const retried = await runtime.run((cx) => cx.retry(() => "done"));
  expect([before, after, retried]).toMatchObject([
    { kind: "ok", value: [] },
    { kind: "ok", value: ["retry"] },
    { kind: "ok", value: "done" },
  ]);
});

test("what a runtime tells of itself is there once it was loaded, of those that are open too", async () => {
  await using runtime = await createRuntime();
  expect(OF_RUNTIMES.filter((name) => name in runtime)).toEqual([]);
  await import("../src/snapshot.js");
  await import("../src/counters.js");
  await import("../src/trace/recorded.js");
  expect(OF_RUNTIMES.filter((name) => name in runtime)).toEqual(OF_RUNTIMES);
  expect(runtime.snapshot().counts.tasks).toBe(runtime.counters().tasks);
});

test("a signal asked for after its file was loaded aborts with the task that runs already", async () => {
  await using runtime = await createRuntime();
  const task = runtime.spawn((cx) => cx.sleep(60_000));
  await runtime.run((cx) => cx.checkpoint());
  expect("signal" in task).toBe(false);
  await import("../src/signal.js");
  const { signal } = task;
  task.cancel("navigation");
  await task.join();
  expect(signal.aborted).toBe(true);
});

test("an option is refused where nothing would come of it", async () => {
  const options = { allowedOrigins: [] };
  await expect(createRuntime(options)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    received: 'the key "allowedOrigins"',
  });
  await import("../src/fetch/fetch.js");
  await using runtime = await createRuntime(options);
  const outcome = await runtime.run((cx) => cx.fetch("https://example.test/"));
  expect(outcome).toMatchObject({ kind: "err", error: { code: "ORIGIN_NOT_ALLOWED" } });
});
