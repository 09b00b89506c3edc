/** The end of a worker: it drains, it is bounded, and it says what did not answer. */
import { describe, expect, test } from "vitest";
import { CancelledError } from "../../src/index.js";
import { idle, thrown, withRuntime } from "../support.js";
import { client, errorOf } from "./support.js";

test("cancels what runs with shutdown and waits for its clean-up", async () => {
  const { worker } = client();
  const held = worker.run("hold", 30);
  await worker.run("plain");
  const closing = worker.close();
  expect(worker.state).toBe("closing");
  expect(errorOf(await worker.run("plain"))).toMatchObject({ code: "WORKER_CLOSED" });
  expect(await held).toMatchObject({
    kind: "cancelled",
    cancel: { kind: "parent-cancelled", cause: { kind: "shutdown" } },
  });
  const report = await closing;
  expect(report).toMatchObject({ outcome: "clean", cancelled: 1, revoked: [] });
  expect(report.durationMs).toBeGreaterThanOrEqual(29);
  expect(errorOf(await worker.run("plain"))).toMatchObject({
    code: "WORKER_CLOSED",
    received: 'worker "worker", which is closed',
  });
});

test("ends what waits as cancelled, without sending it", async () => {
  const { worker } = client(undefined, { callsMax: 1 });
  await worker.start();
  const spun = worker.run("spin", 10);
  const waited = worker.run("plain");
  const report = worker.close();
  expect(await waited).toMatchObject({ kind: "cancelled", cancel: { kind: "shutdown" } });
  expect(await spun).toEqual({ kind: "ok", value: "spun" });
  expect(await report).toMatchObject({ outcome: "clean", cancelled: 1 });
});

test("a thread that is stuck is ended after the drain time, and what it ran is revoked", async () => {
  const { worker } = client(undefined, { drainTimeMs: 50, label: "pixels" });
  await worker.start();
  const spun = worker.run("spin", 1e9);
  const report = await worker.close();
  expect(await spun).toMatchObject({ kind: "cancelled", cancel: { kind: "shutdown" } });
  expect(report).toMatchObject({
    outcome: "violations",
    revoked: [{ kind: "task", label: "spin", state: "cancel-requested" }],
  });
  expect(worker.counters()).toMatchObject({ inFlight: 0, revoked: 1 });
});

test("a worker that was never used closes at once, and is never made", async () => {
  const { worker } = client(() => {
    throw new Error("not wanted");
  });
  expect(await worker.close()).toMatchObject({ outcome: "clean", cancelled: 0 });
  await expect(worker.start()).rejects.toMatchObject({ code: "WORKER_CLOSED" });
});

test("closing while it starts ends what waits for it", async () => {
  const { worker } = client();
  const starting = worker.start();
  const waited = worker.run("plain");
  const report = worker.close();
  await expect(starting).rejects.toMatchObject({ code: "WORKER_CLOSED" });
  expect((await waited).kind).toBe("cancelled");
  expect((await report).outcome).toBe("clean");
});

test("a task whose worker is closed gets the cancellation of the worker's task", async () => {
  const { worker } = client();
  await worker.start();
  await withRuntime(async (runtime) => {
    const task = runtime.spawn((cx) => worker.call(cx, "hold", 0));
    await idle(runtime);
    expect(worker.counters().inFlight).toBe(1);
    await worker.close();
    const error = errorOf(await task.join());
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ cancel: { cause: { kind: "shutdown" } } });
  });
});

describe("a graceful close", () => {
  test("takes no more calls and lets those that there are end", async () => {
    const { worker } = client(undefined, { callsMax: 1 });
    const runs = [worker.run("steps", 3), worker.run("plain", "waits")];
    const closing = worker.close({ graceful: true });
    expect(worker.state).toBe("closing");
    expect(errorOf(await worker.run("plain"))).toMatchObject({ code: "WORKER_CLOSED" });
    expect(await Promise.all(runs)).toEqual([
      { kind: "ok", value: 6 },
      { kind: "ok", value: "WAITS" },
    ]);
    expect(await closing).toMatchObject({ outcome: "clean", cancelled: 0 });
  });

  test("becomes a plain one when asked again without", async () => {
    const { worker } = client();
    await worker.start();
    const held = worker.run("hold", 0);
    const closing = worker.close({ graceful: true });
    expect(worker.close()).toBe(closing);
    expect((await held).kind).toBe("cancelled");
    expect(await closing).toMatchObject({ outcome: "clean", cancelled: 1 });
  });

  test("of a worker that crashes meanwhile ends, and its calls say so", async () => {
    const { worker } = client();
    const crashed = worker.run("crash");
    const closing = worker.close({ graceful: true });
    expect(errorOf(await crashed)).toMatchObject({ code: "WORKER_CRASHED" });
    expect(await closing).toMatchObject({ outcome: "clean" });
    expect(worker.state).toBe("closed");
  });

  test("of a worker that does not start ends", async () => {
    const { worker } = client(() => {
      throw new Error("no workers here");
    });
    const run = worker.run("plain");
    const closing = worker.close({ graceful: true });
    expect(errorOf(await run)).toMatchObject({ code: "WORKER_UNAVAILABLE" });
    expect((await closing).outcome).toBe("clean");
  });

  test.each([[{ graceful: 1 }], [{ gracefully: true }], ["graceful"]])(
    "options that are none are refused: %j",
    (options) => {
      const { worker } = client();
      expect(thrown(() => worker.close(options as never))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    },
  );
});

test("leaving an `await using` worker closes it", async () => {
  const { worker } = client();
  {
    await using used = worker;
    await used.run("plain");
  }
  expect(worker.state).toBe("closed");
});

test("more calls than may run wait their turn, and one more than may wait is refused", async () => {
  const { worker } = client(undefined, { callsMax: 2, queueMax: 3 });
  await worker.start();
  const runs = Array.from({ length: 6 }, (_, a) => worker.run("add", { a, b: 0 }));
  expect(worker.counters()).toMatchObject({ inFlight: 2, queued: 3 });
  const outcomes = await Promise.all(runs);
  expect(outcomes.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((value) => ({ kind: "ok", value })));
  expect(errorOf(outcomes[5] as never)).toMatchObject({ code: "LIMIT_REACHED" });
});
