/** A worker that does not start, dies, or is gone: a typed outcome for every call, and an explicit way on. */
import { describe, expect, test } from "vitest";
import { createWorker, type WorkerOptions } from "../../src/worker/worker-client.js";
import { thrown, withRuntime } from "../support.js";
import { client, errorOf, rawWorker, SOON, tasksWorker, workerOf } from "./support.js";

describe("a worker that does not start is WORKER_UNAVAILABLE", () => {
  test.each<[string, () => ReturnType<typeof rawWorker>, RegExp, WorkerOptions?]>([
    [
      "its file throws",
      () => rawWorker("throw new Error('at load')"),
      /got a worker that did not start: .*at load/,
    ],
    [
      "it cannot be made",
      () => {
        throw new DOMException("cross-origin", "SecurityError");
      },
      /got a worker that did not start: cross-origin/,
    ],
    [
      "it defines no tasks",
      () => rawWorker("post('not ours')"),
      /it did not answer in 200 ms/,
      { startTimeMs: 200 },
    ],
  ])("%s", async (_, make, message, options) => {
    const { worker } = client(make, options);
    const [first, second] = await Promise.all([worker.run("plain"), worker.run("plain")]);
    expect(errorOf(first)).toMatchObject({ code: "WORKER_UNAVAILABLE" });
    expect((errorOf(first) as Error).message).toMatch(message);
    expect(errorOf(second)).toBe(errorOf(first));
    await expect(worker.start()).rejects.toMatchObject({ code: "WORKER_UNAVAILABLE" });
    expect(worker.counters()).toEqual({ inFlight: 0, queued: 0, revoked: 0, restarts: 1 });
    expect((await worker.close()).outcome).toBe("clean");
  });

  test("its file is not there", async () => {
    const { worker } = client(() => workerOf("/nothing/here.js"));
    const error = errorOf(await worker.run("plain"));
    expect(error).toMatchObject({ code: "WORKER_UNAVAILABLE" });
    expect(((error as Error).cause as Error).message).toMatch(
      /its file could not be loaded|Cannot find module/,
    );
  });

  test("and the next call tries again", async () => {
    let tries = 0;
    const { worker } = client(() => {
      tries += 1;
      if (tries === 1) throw new Error("offline");
      return tasksWorker();
    });
    expect(errorOf(await worker.run("plain"))).toMatchObject({ code: "WORKER_UNAVAILABLE" });
    expect(await worker.run("plain", "online")).toEqual({ kind: "ok", value: "ONLINE" });
  });
});

test("what gives no worker is said so", async () => {
  const { worker } = client(() => ({}) as never);
  expect(errorOf(await worker.run("plain"))).toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("a worker of another version is WORKER_VERSION, whoever notices", async () => {
  const older = client(() => rawWorker("post({ asupersync: true, v: 0, type: 'ready' })"));
  expect(errorOf(await older.worker.run("plain"))).toMatchObject({
    code: "WORKER_VERSION",
    received: "protocol 0 instead of 1",
  });
});

test("a crash ends every call in flight with WORKER_CRASHED, and later ones", async () => {
  const { worker, failures } = client();
  const held = worker.run("hold", 0);
  const crashed = await worker.run("crash");
  expect(errorOf(crashed)).toMatchObject({ code: "WORKER_CRASHED" });
  expect((errorOf(crashed) as Error).message).toContain("outside of any task");
  expect(errorOf(await held)).toBe(errorOf(crashed));
  expect(worker.state).toBe("crashed");
  expect(errorOf(await worker.run("plain"))).toBe(errorOf(crashed));
  await expect(worker.start()).rejects.toBe(errorOf(crashed));
  expect(failures).toEqual([]);
  expect(worker.counters()).toMatchObject({ inFlight: 0, queued: 0 });
  expect((await worker.close()).outcome).toBe("clean");
});

test("a crash fails the operation of a task, which has ended with it", async () => {
  const { worker } = client();
  await withRuntime(async (runtime) => {
    const outcome = await runtime.run((cx) => worker.call(cx, "crash"));
    expect(errorOf(outcome)).toMatchObject({ code: "WORKER_CRASHED" });
    expect(runtime.counters()).toMatchObject({ hostOps: 0, obligations: 0 });
  });
});

test("a worker that ends by itself has crashed", async () => {
  const { worker } = client();
  expect(errorOf(await worker.run("leave"))).toMatchObject({ code: "WORKER_CRASHED" });
});

test("a worker that was terminated behind its back has crashed", async () => {
  let made: ReturnType<typeof tasksWorker> | undefined;
  const { worker } = client(() => {
    made = tasksWorker();
    return made;
  });
  const held = worker.run("hold", 0);
  await worker.run("plain");
  made?.terminate();
  expect(errorOf(await held)).toMatchObject({ code: "WORKER_CRASHED" });
});

test("a crash that no call was told of is told to onFailure", async () => {
  let made: ReturnType<typeof tasksWorker> | undefined;
  const { worker, failures } = client(() => {
    made = tasksWorker();
    return made;
  });
  await worker.start();
  made?.terminate();
  await expect.poll(() => worker.state, SOON).toBe("crashed");
  expect(failures).toMatchObject([
    { kind: "worker", label: "worker", error: { code: "WORKER_CRASHED" } },
  ]);
});

describe("restart", () => {
  test("goes on with a new worker; what was in flight fails, what waited runs", async () => {
    const { worker } = client(undefined, { callsMax: 1, restart: { max: 1 } });
    await worker.start();
    const crashed = worker.run("crash");
    const waited = worker.run("plain", "waited");
    expect(errorOf(await crashed)).toMatchObject({ code: "WORKER_CRASHED" });
    expect(await waited).toEqual({ kind: "ok", value: "WAITED" });
    expect(worker.counters()).toMatchObject({ restarts: 1 });
  });

  test("is given up after as many crashes as were asked for", async () => {
    const { worker } = client(undefined, { restart: { max: 1 } });
    await worker.run("crash");
    expect(worker.state).toBe("idle");
    expect(await worker.run("plain", "second")).toEqual({ kind: "ok", value: "SECOND" });
    await worker.run("crash");
    expect(worker.state).toBe("crashed");
  });
});

test.each<[unknown]>([
  [{ restart: 1 }],
  [{ restart: {} }],
  [{ restart: { max: 0 } }],
  [{ restart: { max: 1, times: 2 } }],
  [{ callsMax: 0 }],
  [{ callsMax: 1.5 }],
  [{ queueMax: -1 }],
  [{ reportsMax: 0 }],
  [{ startTimeMs: Number.NaN }],
  [{ drainTimeMs: -1 }],
  [{ onFailure: "log" }],
  [{ label: 7 }],
  [{ lable: "typo" }],
])("options that are none are refused: %j", (options) => {
  expect(thrown(() => createWorker(tasksWorker, options as never))).toMatchObject({
    code: expect.stringMatching(/^INVALID_(ARGUMENT|NUMBER)$/),
  });
});

test("what makes no worker is refused at once", () => {
  expect(thrown(() => createWorker({} as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
});
