/** A page's worker at module level: nothing before its first call, and nothing left by Fast Refresh. */
import { expect, it } from "vitest";
import { createWorkerRuntime } from "../src/index.js";

type Tasks = { readonly any: () => void };

/** A worker that loads for ever, and says whether it was ended. */
class Loading extends EventTarget {
  isTerminated = false;
  postMessage(): void {}
  terminate(): void {
    this.isTerminated = true;
  }
}

function factory(): { readonly made: Loading[]; readonly worker: () => Loading } {
  const made: Loading[] = [];
  const worker = () => {
    const one = new Loading();
    made.push(one);
    return one;
  };
  return { made, worker };
}

it("starts its worker with the first call, not before", async () => {
  const { made, worker } = factory();
  const runtime = createWorkerRuntime<Tasks>({ worker, label: "lazy" });
  expect(made).toHaveLength(0);
  expect(runtime.state).toBe("idle");
  const call = runtime.run("any");
  expect(made).toHaveLength(1);
  expect(runtime.counters()).toMatchObject({ queued: 1 });
  const report = await runtime.close();
  expect((await call).kind).toBe("cancelled");
  expect(report).toMatchObject({ outcome: "clean", cancelled: 1 });
  expect(made[0]?.isTerminated).toBe(true);
});

it("refuses options that are none", () => {
  const { worker } = factory();
  expect(() => createWorkerRuntime<Tasks>({ worker, callsMax: 0 })).toThrow(/^INVALID_NUMBER/);
  expect(() => createWorkerRuntime({} as never)).toThrow(/^INVALID_ARGUMENT/);
});

it("ends an unused worker whose module ran again, and is there again when it is called", async () => {
  const { made, worker } = factory();
  const earlier = createWorkerRuntime<Tasks>({ worker, label: "refreshed" });
  const started = earlier.start();
  const later = createWorkerRuntime<Tasks>({ worker, label: "refreshed" });
  await expect(started).rejects.toMatchObject({ code: "WORKER_CLOSED" });
  expect(made[0]?.isTerminated).toBe(true);
  expect(earlier.state).toBe("idle");
  const call = earlier.run("any");
  expect(made).toHaveLength(2);
  await earlier.close();
  expect((await call).kind).toBe("cancelled");
  expect(later.state).toBe("idle");
  await later.close();
});

it("lets the calls of a worker whose module ran again end first", async () => {
  const { made, worker } = factory();
  const earlier = createWorkerRuntime<Tasks>({ worker, label: "busy" });
  const controller = new AbortController();
  const call = earlier.run("any", undefined, { signal: controller.signal });
  const later = createWorkerRuntime<Tasks>({ worker, label: "busy" });
  expect(made[0]?.isTerminated).toBe(false);
  controller.abort();
  expect((await call).kind).toBe("cancelled");
  expect(made[0]?.isTerminated).toBe(true);
  await later.close();
});

it("is closed for good when it was closed, though its module runs again", async () => {
  const { made, worker } = factory();
  const earlier = createWorkerRuntime<Tasks>({ worker, label: "done" });
  await earlier.close();
  const later = createWorkerRuntime<Tasks>({ worker, label: "done" });
  expect(await earlier.run("any")).toMatchObject({ kind: "err", error: { code: "WORKER_CLOSED" } });
  expect(made).toHaveLength(0);
  await later.close();
});
