/** Cancellation across the port: acknowledged, drained there before it ends here, bounded when nobody answers. */
import { expect, test } from "vitest";
import { CancelledError } from "../../src/index.js";
import { hostTurn, idle, withRuntime } from "../support.js";
import { client, errorOf } from "./support.js";

test("a cancelled task ends only when the worker's task has cleaned up", async () => {
  const { worker } = client();
  await worker.start();
  const { report } = await withRuntime(async (runtime) => {
    const seen: unknown[] = [];
    const task = runtime.spawn(async (cx) => {
      try {
        await worker.call(cx, "hold", 30);
      } catch (error) {
        seen.push(error instanceof CancelledError, cx.cancelled?.kind);
        throw error;
      }
    });
    // The worker answers in order, so it holds by the time that it has answered this.
    await idle(runtime);
    expect(worker.counters().inFlight).toBe(1);
    await worker.run("plain");
    task.cancel({ kind: "unmount", message: "left" });
    expect((await task.join()).kind).toBe("cancelled");
    expect(seen).toEqual([true, "unmount"]);
    expect(worker.counters().inFlight).toBe(0);
    expect(await worker.run("takeNotes")).toEqual({
      kind: "ok",
      value: ["woke: unmount left", "cleaned up"],
    });
    expect(runtime.counters()).toMatchObject({ hostOps: 0, obligations: 0, timers: 0 });
  });
  expect(report.outcome).toBe("clean");
});

test("a timeout of the page crosses as what it is to the task", async () => {
  const { worker } = client();
  await worker.start();
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) =>
      cx.timeout(1_000, (inner) => worker.call(inner, "hold", 0)),
    );
    expect(errorOf(outcome)).toMatchObject({ code: "TIMEOUT" });
    expect(await worker.run("takeNotes")).toMatchObject({
      value: ["woke: parent-cancelled timeout", "cleaned up"],
    });
  });
});

test("run is cancelled by its signal, and lets go of the signal", async () => {
  const { worker } = client();
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  };
  expect(await worker.run("plain", "a", { signal })).toEqual({ kind: "ok", value: "A" });
  await hostTurn();
  expect(listeners).toBe(0);
  const held = worker.run("hold", 0, { signal });
  await worker.run("plain");
  controller.abort(new Error("enough"));
  expect(await held).toMatchObject({ kind: "cancelled", cancel: { message: "enough" } });
  await hostTurn();
  expect(listeners).toBe(0);
});

test("a signal that aborted before starts nothing, not even the worker", async () => {
  let made = 0;
  const { worker } = client(() => {
    made += 1;
    throw new Error("not wanted");
  });
  const signal = AbortSignal.abort("early");
  expect(await worker.run("plain", "a", { signal })).toMatchObject({
    kind: "cancelled",
    cancel: { kind: "user", message: "early" },
  });
  expect(made).toBe(0);
  expect(worker.state).toBe("idle");
});

test("a call that waits is cancelled without being sent", async () => {
  const { worker } = client(undefined, { callsMax: 1 });
  await worker.start();
  const controller = new AbortController();
  const first = worker.run("spin", 20);
  const second = worker.run("hold", 0, { signal: controller.signal });
  expect(worker.counters()).toMatchObject({ inFlight: 1, queued: 1 });
  controller.abort();
  expect((await second).kind).toBe("cancelled");
  expect(await first).toEqual({ kind: "ok", value: "spun" });
  expect(await worker.run("takeNotes")).toEqual({ kind: "ok", value: [] });
});

test("a value given before the cancellation was observed is kept", async () => {
  const { worker } = client();
  await worker.start();
  const controller = new AbortController();
  const spun = worker.run("spin", 50, { signal: controller.signal });
  controller.abort();
  expect(await spun).toEqual({ kind: "ok", value: "spun" });
});

test("a body that ignores its cancellation is revoked there and named in the report", async () => {
  const { worker } = client(undefined, { drainTimeMs: 20 });
  const controller = new AbortController();
  const deaf = worker.run("deaf", undefined, { signal: controller.signal });
  await worker.run("plain");
  controller.abort();
  expect((await deaf).kind).toBe("cancelled");
  expect(worker.counters()).toMatchObject({ inFlight: 0, revoked: 0 });
  expect(await worker.close()).toMatchObject({
    outcome: "violations",
    revoked: [{ kind: "task", label: "deaf" }],
  });
});

test("a thread that is stuck answers no cancellation: the call ends all the same, once", async () => {
  const { worker } = client(undefined, { drainTimeMs: 10 });
  await worker.start();
  const controller = new AbortController();
  const spun = worker.run("spin", 1_500, { signal: controller.signal });
  controller.abort();
  expect((await spun).kind).toBe("cancelled");
  expect(worker.counters()).toMatchObject({ inFlight: 1, revoked: 1 });
  // The late answer frees its place and changes nothing else.
  expect(await worker.run("plain", "on")).toEqual({ kind: "ok", value: "ON" });
  expect(worker.counters().inFlight).toBe(0);
  expect(await worker.close()).toMatchObject({
    outcome: "violations",
    revoked: [{ kind: "task", label: "spin", state: "cancel-requested" }],
  });
});

test("with restart a worker that is stuck is replaced, and what waited goes on", async () => {
  const { worker } = client(undefined, { drainTimeMs: 10, callsMax: 1, restart: { max: 1 } });
  await worker.start();
  const controller = new AbortController();
  const spun = worker.run("spin", 1e9, { signal: controller.signal });
  const next = worker.run("plain", "next");
  controller.abort();
  expect((await spun).kind).toBe("cancelled");
  expect(await next).toEqual({ kind: "ok", value: "NEXT" });
  expect(worker.counters()).toMatchObject({ restarts: 1, revoked: 1 });
});
